/** GET /admin/registration: initial access tokens, by which clients may register; making one, and ending one. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import fp from 'fastify-plugin'
import { ok } from '../../../domain/protocol/result.ts'
import { createInitialAccessToken, deleteInitialAccessToken } from '../../../operations/clients/initial-access-tokens.ts'
import { ConsoleForm, IdForm } from '../../../schemas/console.ts'
import type { ConsoleFormBody } from '../../../schemas/console.ts'
import { CONSOLE } from '../../../schemas/paths.ts'
import { Parameter } from '../../../schemas/primitives.ts'
import { createActions, createPages, mayDo } from '../actions.ts'
import type { Console } from '../actions.ts'
import { fieldOf, formOf, tableOf, text, words, wordsOf } from '../parts.ts'
import type { Row } from '../parts.ts'
import { say } from '../show.ts'

type Asked = ConsoleFormBody & Readonly<Record<'name' | 'days' | 'uses' | 'hosts', string>>

const DAY = 86_400

const initialAccessTokens: FastifyPluginAsyncTypebox<Console> = async (app, console) => {
  const page = createPages(app, console)
  const act = createActions(app, console)
  const path = app.settings.base + CONSOLE.registration
  const section = 'registration'

  page({ path: CONSOLE.registration }, async ({ visit, moment }) => {
    const rows = (await app.storage.initialAccessTokens.list()).map(({ name, usesLeft, createdAt, expiresAt, policy }): Row => {
      return {
        cells: [
          text(name),
          usesLeft === undefined ? words('console.registration.any') : text(usesLeft),
          text(moment(createdAt)),
          expiresAt === undefined ? words('console.registration.always') : text(moment(expiresAt)),
          text(policy.redirectHosts?.join(' ')),
        ],
        button: { value: name, about: name },
      }
    })
    const columns = ['name', 'uses', 'created', 'until', 'hosts'].map((name) => `console.column.${name}`)
    const table = tableOf('tokens', columns, rows, {
      empty: 'console.registration.none',
      buttons: { visit, operation: 'initial-access-token.delete', action: `${path}/delete`, name: 'id', say: 'console.do.delete' },
    })
    const add = formOf('add', visit, {
      title: say('console.registration.add'),
      action: `${path}/add`,
      fields: [
        fieldOf('name', 'console.column.name', { id: 'tokenName', maxlength: 64, required: true }),
        fieldOf('days', 'console.registration.days', { maxlength: 4, hint: say('console.registration.bound.hint') }),
        fieldOf('uses', 'console.column.uses', { maxlength: 7, hint: say('console.registration.bound.hint') }),
        fieldOf('hosts', 'console.column.hosts', { maxlength: 1024, hint: say('console.registration.hosts.hint') }),
      ],
      submit: 'console.do.add',
      weight: 'primary',
    })
    const parts = mayDo(visit, 'initial-access-token.create') ? [table, add] : [table]
    return { section, heading: say('console.registration'), parts }
  })

  act<Asked>({
    path: `${CONSOLE.registration}/add`,
    form: ConsoleForm({ name: Parameter(256), days: Parameter(16), uses: Parameter(16), hosts: Parameter(1024) }),
    operation: 'initial-access-token.create',
    section,
    back: () => CONSOLE.registration,
    async run({ context }, { name, days, uses, hosts }) {
      const redirectHosts = wordsOf(hosts)
      const made = await createInitialAccessToken(context, {
        name: name.trim(),
        ...(days.trim() !== '' && { expires: Number(days) * DAY }),
        ...(uses.trim() !== '' && { uses: Number(uses) }),
        ...(redirectHosts.length > 0 && { redirectHosts }),
      })
      if (!made.ok) return made
      return ok({
        heading: say('console.registration.made', { name: made.value.record.name }),
        parts: [{ id: 'made', once: made.value.token }],
      })
    },
  })

  act<ConsoleFormBody & { readonly id: string }>({
    path: `${CONSOLE.registration}/delete`,
    form: IdForm,
    operation: 'initial-access-token.delete',
    section,
    back: () => CONSOLE.registration,
    ask: (_visit, { id }) => ({
      heading: say('console.ask.delete-token', { name: id }),
      lead: say('console.ask.delete-token.note'),
      submit: say('console.do.delete'),
    }),
    async run({ context }, { id }) {
      const deleted = await deleteInitialAccessToken(context, id)
      return deleted.ok ? ok({ notice: 'deleted' }) : deleted
    },
  })
}

export default fp(initialAccessTokens, { name: 'console-registration', encapsulate: true, dependencies: ['settings', 'storage', 'pages'] })
