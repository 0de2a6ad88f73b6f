/** GET /admin/grants: which apps act for whom, of everybody, one person or one app; ending one. Owns no grant (operations/grants.ts). */
import type { FastifyPluginAsync } from 'fastify'
import { Type } from '@sinclair/typebox'
import fp from 'fastify-plugin'
import { displayName } from '../../../domain/client/client-display.ts'
import { ok } from '../../../domain/protocol/result.ts'
import { listGrants, revokeGrant } from '../../../operations/grants.ts'
import type { ListedGrant } from '../../../operations/grants.ts'
import { ConsoleForm, ConsoleQuery } from '../../../schemas/console.ts'
import type { ConsoleFormBody } from '../../../schemas/console.ts'
import { CONSOLE } from '../../../schemas/paths.ts'
import { Parameter } from '../../../schemas/primitives.ts'
import { createActions, createPages } from '../actions.ts'
import type { Console } from '../actions.ts'
import { code, fieldOf, searchOf, tableOf, text } from '../parts.ts'
import type { Row } from '../parts.ts'
import { PAGE, afterOf, pagerOf, say } from '../show.ts'

const GrantQuery = Type.Object({
  ...ConsoleQuery.properties,
  user: Type.Optional(Parameter(256)),
  client: Type.Optional(Parameter(2048)),
})
type Ended = ConsoleFormBody & Readonly<Record<'id' | 'user' | 'client', string>>

const grants: FastifyPluginAsync<Console> = async (app, console) => {
  const page = createPages(app, console)
  const act = createActions(app, console)
  const { base } = app.settings
  const path = base + CONSOLE.grants
  const section = 'grants'

  page({ path: CONSOLE.grants, query: GrantQuery }, async ({ visit, query, language, moment }) => {
    const searched = wordsOf(query)
    const search = searchOf(path, [
      fieldOf('user', 'console.column.username', { value: query.user ?? '' }),
      fieldOf('client', 'console.grants.client', { value: query.client ?? '', maxlength: 2048 }),
    ])
    const shown = { section, heading: say('console.grants') }
    const [at, id] = afterOf(query, [0, ''] as [number, string]) ?? []
    const after = at === undefined || id === undefined ? undefined : { at, id }
    const listed = await listGrants(visit.context, { ...searched, limit: PAGE, after })
    if (!listed.ok) return { ...shown, parts: [search], problem: listed.error.message, status: 404 }
    const { grants: live, next } = listed.value
    const columns = ['username', 'app', 'resource', 'scopes', 'since', 'used'].map((name) => `console.column.${name}`)
    const table = tableOf(
      'grants',
      columns,
      live.map((each) => describe(each, language, moment)),
      {
        empty: 'console.grants.none',
        buttons: {
          ...{ visit, operation: 'grant.revoke', action: `${path}/end`, name: 'id', say: 'console.do.disconnect' },
          hidden: { user: query.user ?? '', client: query.client ?? '' },
        },
        ...pagerOf(path, query, searched, next && [next.at, next.id]),
      },
    )
    return { ...shown, lead: say('console.grants.lead'), parts: [search, table] }
  })

  function describe(listed: ListedGrant, language: string, moment: (at: number) => string): Row {
    const { grant, username, client, refreshedAt = grant.createdAt } = listed
    const name = displayName(client, language)
    return {
      cells: [
        { text: username, link: `${base}${CONSOLE.people}/${encodeURIComponent(grant.userId)}` },
        { text: name, link: `${base}${CONSOLE.clients}/client?id=${encodeURIComponent(client.id)}` },
        code(grant.resources.join(' ')),
        text(grant.scopes.join(' ')),
        text(moment(grant.createdAt)),
        text(moment(refreshedAt)),
      ],
      button: { value: grant.id, about: `${name}, ${username}` },
    }
  }

  act<Ended>({
    path: `${CONSOLE.grants}/end`,
    form: ConsoleForm({ id: Parameter(64), user: Parameter(256), client: Parameter(2048) }),
    operation: 'grant.revoke',
    section,
    back: (body) => pageOf(wordsOf(body)),
    async ask(_visit, { id }) {
      const found = await app.storage.grants.find(id, app.now())
      if (found === undefined) return undefined
      return {
        heading: say('console.ask.end-grant', { user: found.username, client: displayName(found.client, 'en') }),
        lead: say('console.person.disconnect.note'),
        submit: say('console.do.disconnect'),
      }
    },
    async run({ context }, { id }) {
      const ended = await revokeGrant(context, id)
      return ended.ok ? ok({ notice: 'ended' }) : ended
    },
  })
}

/** What is looked for, without what was left empty. */
function wordsOf({ user, client }: { user?: string; client?: string }): Record<string, string> {
  return Object.fromEntries(Object.entries({ user, client }).filter((each): each is [string, string] => Boolean(each[1]?.trim())))
}

function pageOf(searched: Record<string, string>): string {
  const query = new URLSearchParams(searched).toString()
  return query === '' ? CONSOLE.grants : `${CONSOLE.grants}?${query}`
}

export default fp(grants, { name: 'console-grants', encapsulate: true, dependencies: ['settings', 'storage', 'clock', 'pages'] })
