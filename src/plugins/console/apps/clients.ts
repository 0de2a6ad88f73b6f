/** GET /admin/clients: every client, the newest first, those that wait, and looking for one by its id. Owns no client (client.ts). */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import fp from 'fastify-plugin'
import { displayName } from '../../../domain/client/client-display.ts'
import type { Client } from '../../../domain/client/client.ts'
import { redirectDisplay } from '../../../domain/protocol/redirect-uri.ts'
import { ConsoleClients } from '../../../schemas/console.ts'
import { CONSOLE } from '../../../schemas/paths.ts'
import type { Cell } from '../../pages/console-models.ts'
import { createPages } from '../actions.ts'
import type { Console } from '../actions.ts'
import { fieldOf, mark, searchOf, tableOf, text, words } from '../parts.ts'
import { PAGE, afterOf, pagerOf, say } from '../show.ts'

/** How many places a row of the list names. */
const MAX_PLACES = 2
const COLUMNS = ['id', 'app', 'answers', 'origin', 'created', 'used', 'state'].map((name) => `console.column.${name}`)

const clients: FastifyPluginAsyncTypebox<Console> = async (app, console) => {
  const page = createPages(app, console)
  const { base } = app.settings
  const { clients: store } = app.storage
  const path = base + CONSOLE.clients

  page({ path: CONSOLE.clients, query: ConsoleClients }, async ({ query, language, moment }) => {
    const q = (query.q ?? '').trim()
    const isWaiting = query.waiting === 'yes'
    const found = q === '' ? await listByAge() : await listById()
    const listed = found.slice(0, PAGE)
    const last = found.length > PAGE ? listed.at(-1) : undefined
    const searched = { ...(q !== '' && { q }), ...(isWaiting && { waiting: 'yes' }) }
    const next = last && (q === '' ? [last.createdAt, last.id] : [last.id])
    const table = tableOf(
      'clients',
      COLUMNS,
      listed.map((client) => ({ cells: describe(client) })),
      {
        empty: isWaiting ? 'console.clients.waiting.none' : 'console.clients.none',
        link: isWaiting
          ? { to: path, say: say('console.clients.all') }
          : { to: `${path}?waiting=yes`, say: say('console.clients.waiting') },
        ...pagerOf(path, query, searched, next),
      },
    )
    const search = searchOf(path, [
      fieldOf('q', 'console.clients.search', { type: 'search', value: q, hint: say('console.clients.search.hint') }),
    ])
    return { section: 'clients', heading: say('console.clients'), parts: [search, table] }

    async function listByAge(): Promise<Client[]> {
      const [createdAt, id] = afterOf(query, [0, '']) ?? []
      const after = createdAt === undefined || id === undefined ? undefined : { createdAt, id }
      return store.list({ limit: PAGE + 1, isWaiting, ...(after !== undefined && { after }) })
    }

    async function listById(): Promise<Client[]> {
      const [after] = afterOf(query, ['']) ?? []
      return store.listFrom({ after, prefix: q, limit: PAGE + 1 })
    }

    function describe(client: Client): Cell[] {
      const { id, origin, metadata, createdAt, lastUsedAt } = client
      const name = displayName(client, language)
      return [
        { text: id, link: `${path}/client?id=${encodeURIComponent(id)}`, code: true },
        text(name === id ? undefined : name),
        text(placesOf(metadata.redirectUris)),
        words(`console.client.origin.${origin}`),
        text(moment(createdAt)),
        text(lastUsedAt === undefined ? undefined : moment(lastUsedAt)),
        stateOf(client) ?? text(undefined),
      ]
    }
  })
}

function placesOf(redirectUris: readonly string[]): string {
  const all = [...new Set(redirectUris.map(redirectDisplay))]
  return [...all.slice(0, MAX_PLACES), ...(all.length > MAX_PLACES ? ['…'] : [])].join(' ')
}

/** What an operator looks for first. */
export function stateOf({ disabledAt, approval }: Client): Cell | undefined {
  if (disabledAt !== undefined) return mark('bad', 'console.state.disabled')
  if (approval === undefined) return undefined
  return mark(approval === 'approved' ? 'good' : 'bad', `console.state.${approval}`)
}

export default fp(clients, { name: 'console-clients', encapsulate: true, dependencies: ['settings', 'storage', 'pages'] })
