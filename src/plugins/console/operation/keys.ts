/** GET /admin/keys: the signing keys and their states; rotating them, and revoking one. Never their private parts. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import fp from 'fastify-plugin'
import { ok } from '../../../domain/protocol/result.ts'
import { listKeys, revokeKey, rotateKeys } from '../../../operations/keys.ts'
import { IdForm, NoMembers } from '../../../schemas/console.ts'
import type { ConsoleFormBody } from '../../../schemas/console.ts'
import { CONSOLE } from '../../../schemas/paths.ts'
import { createActions, createPages, mayDo } from '../actions.ts'
import type { Console } from '../actions.ts'
import { found } from '../missing.ts'
import { code, formOf, mark, tableOf, text } from '../parts.ts'
import type { Row } from '../parts.ts'
import { say } from '../show.ts'

/** Which states a key can be revoked in: others sign and verify nothing any more. */
const REVOCABLE = ['next', 'current', 'retired']

const keys: FastifyPluginAsyncTypebox<Console> = async (app, console) => {
  const page = createPages(app, console)
  const act = createActions(app, console)
  const path = app.settings.base + CONSOLE.keys
  const section = 'keys'

  page({ path: CONSOLE.keys }, async ({ visit, moment }) => {
    const rows = found(await listKeys(visit.context)).map(({ key: { kid, alg, createdAt, activeAt }, state }): Row => ({
      cells: [
        code(kid),
        text(alg),
        mark(state === 'current' ? 'good' : state === 'revoked' ? 'bad' : 'plain', `console.key.${state}`),
        text(moment(createdAt)),
        text(moment(activeAt)),
      ],
      button: REVOCABLE.includes(state) ? { value: kid, about: kid } : undefined,
    }))
    const columns = ['key', 'algorithm', 'state', 'created', 'signs'].map((name) => `console.column.${name}`)
    const table = tableOf('keys', columns, rows, {
      empty: 'console.keys.none',
      buttons: { visit, operation: 'key.revoke', action: `${path}/revoke`, name: 'id', say: 'console.do.revoke' },
    })
    const rotate = formOf('rotate', visit, {
      title: say('console.keys.rotate'),
      note: say('console.keys.rotate.note'),
      action: `${path}/rotate`,
      submit: 'console.do.rotate',
    })
    const parts = mayDo(visit, 'key.rotate') ? [table, rotate] : [table]
    return { section, heading: say('console.keys'), parts }
  })

  act({
    path: `${CONSOLE.keys}/rotate`,
    form: NoMembers,
    operation: 'key.rotate',
    section,
    back: () => CONSOLE.keys,
    ask: () => ({ heading: say('console.ask.rotate'), lead: say('console.keys.rotate.note'), submit: say('console.do.rotate') }),
    async run({ context }) {
      const rotated = await rotateKeys(context)
      return rotated.ok ? ok({ notice: 'done' }) : rotated
    },
  })

  act<ConsoleFormBody & { readonly id: string }>({
    path: `${CONSOLE.keys}/revoke`,
    form: IdForm,
    operation: 'key.revoke',
    section,
    back: () => CONSOLE.keys,
    ask: (_visit, { id }) => ({
      heading: say('console.ask.revoke-key', { key: id }),
      lead: say('console.ask.revoke-key.note'),
      submit: say('console.do.revoke'),
    }),
    async run({ context }, { id }) {
      const revoked = await revokeKey(context, id)
      return revoked.ok ? ok({ notice: 'ended' }) : revoked
    },
  })
}

export default fp(keys, { name: 'console-keys', encapsulate: true, dependencies: ['settings', 'storage', 'pages'] })
