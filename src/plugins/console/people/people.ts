/** GET /admin/people: everybody who has an account, by name, and looking for somebody. Owns no account (person.ts). */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import fp from 'fastify-plugin'
import { canonicalUsername } from '../../../domain/user/username.ts'
import { roleOf } from '../../../domain/user/role.ts'
import type { User } from '../../../domain/user/user.ts'
import { CONSOLE } from '../../../schemas/paths.ts'
import type { Cell } from '../../pages/console-models.ts'
import { createPages } from '../actions.ts'
import type { Console } from '../actions.ts'
import { fieldOf, mark, searchOf, tableOf, text } from '../parts.ts'
import { PAGE, afterOf, pagerOf, say } from '../show.ts'

const people: FastifyPluginAsyncTypebox<Console> = async (app, console) => {
  const page = createPages(app, console)
  const { base } = app.settings
  const { users } = app.storage
  const path = base + CONSOLE.people

  page({ path: CONSOLE.people }, async ({ query }) => {
    const q = (query.q ?? '').trim()
    const [after] = afterOf(query, ['']) ?? []
    const exact = after === undefined && q !== '' ? await findExactly(q) : []
    const found = await users.listFrom({ after, prefix: canonicalUsername(q), limit: PAGE + 1 })
    const listed = found.slice(0, PAGE)
    const all = [...exact.filter(({ id }) => !listed.some((other) => other.id === id)), ...listed]
    const last = found.length > PAGE ? listed.at(-1) : undefined
    const rows = all.map((user) => ({ cells: describe(user) }))
    const columns = ['console.column.username', 'console.column.name', 'console.column.email', 'console.column.state']
    const search = searchOf(path, [
      fieldOf('q', 'console.people.search', { type: 'search', value: q, hint: say('console.people.search.hint') }),
    ])
    const table = tableOf('people', columns, rows, {
      empty: 'console.people.none',
      link: { to: base + CONSOLE.links, say: say('console.people.invite') },
      ...pagerOf(path, query, q === '' ? {} : { q }, last && [last.username]),
    })
    return { section: 'people', heading: say('console.people'), parts: [search, table] }
  })

  /** By id or by address: these have indices of their own. */
  async function findExactly(q: string): Promise<User[]> {
    const byId = await users.find(q)
    const byAddress = q.includes('@') ? await users.findByEmail(q.toLowerCase()) : []
    return [...(byId === undefined ? [] : [byId]), ...byAddress.filter(({ id }) => id !== byId?.id)]
  }

  const describe = (user: User): Cell[] => [
    { text: user.username, link: `${path}/${encodeURIComponent(user.id)}` },
    text(user.profile.name),
    text(user.email),
    stateOf(user),
  ]
}

/** What an operator looks for first. */
export function stateOf(user: User): Cell {
  if (user.disabledAt !== undefined) return mark('bad', 'console.state.disabled')
  const role = roleOf(user)
  return role === undefined ? text(undefined) : mark('good', `console.role.${role}`)
}

export default fp(people, { name: 'console-people', encapsulate: true, dependencies: ['settings', 'storage', 'pages'] })
