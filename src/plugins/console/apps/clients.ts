/**
 * GET /admin/clients: every client, in the order of one of the indexes; those that wait; and looking for some by name, host or id. Owns no
 * client (client.ts).
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import fp from 'fastify-plugin'
import { displayName } from '../../../domain/client/client-display.ts'
import type { Client } from '../../../domain/client/client.ts'
import { redirectDisplay } from '../../../domain/protocol/redirect-uri.ts'
import { searchKey } from '../../../domain/client/search-keys.ts'
import { ConsoleClients } from '../../../schemas/console.ts'
import type { ConsoleQuery } from '../../../schemas/console.ts'
import { CONSOLE } from '../../../schemas/paths.ts'
import type { Cell, ConsolePart, Field } from '../../pages/console-models.ts'
import { createPages } from '../actions.ts'
import type { Console } from '../actions.ts'
import { fieldOf, mark, searchOf, tableOf, text, words } from '../parts.ts'
import { PAGE, afterOf, pagerOf, say } from '../show.ts'

/** Of how many clients that nobody has allowed names and hosts are compared: that takes milliseconds. */
const MOST_UNUSED = 10_000
/** How many places a row of the list names. */
const MAX_PLACES = 2
const COLUMNS = ['id', 'app', 'answers', 'origin', 'created', 'used', 'state'].map((name) => `console.column.${name}`)

/** What a client is looked for by, and the orders of a list of all. */
const SEARCHES = ['name', 'host', 'id'] as const
const ORDERS = ['made', 'used', 'id'] as const

const clients: FastifyPluginAsyncTypebox<Console> = async (app, console) => {
  const page = createPages(app, console)
  const { clients: store } = app.storage
  const path = app.settings.base + CONSOLE.clients

  page({ path: CONSOLE.clients, query: ConsoleClients }, async ({ query, language, moment }) => {
    const q = (query.q ?? '').trim()
    const by = SEARCHES.find((each) => each === query.by) ?? 'name'
    const order = ORDERS.find((each) => each === query.order) ?? 'made'
    const isWaiting = query.waiting === 'yes'
    const found = q !== '' ? await search(query, by, q) : isWaiting ? await listByAge(query, true) : await list(query, order)
    const listed = found.slice(0, PAGE)
    const next = found.length > PAGE ? listed.at(-1)?.key : undefined
    const searched = q !== '' ? { q, by } : isWaiting ? { waiting: 'yes' } : order === 'made' ? {} : { order }
    const table = tableOf(
      'clients',
      COLUMNS,
      listed.map(({ client }) => ({ cells: describe(client, language, moment) })),
      {
        empty: isWaiting ? 'console.clients.waiting.none' : 'console.clients.none',
        ...(q === '' && !isWaiting && order === 'used' && { note: say('console.clients.used') }),
        link: isWaiting
          ? { to: path, say: say('console.clients.all') }
          : { to: `${path}?waiting=yes`, say: say('console.clients.waiting') },
        ...pagerOf(path, query, searched, next),
      },
    )
    const others = q === '' || by === 'id' || query.after !== undefined ? [] : [await unusedOnes(by, q, language, moment)]
    const fields = [
      fieldOf('q', 'console.clients.search', { type: 'search', value: q, hint: say('console.clients.search.hint') }),
      choiceOf('by', SEARCHES, by),
      choiceOf('order', ORDERS, order),
    ]
    return { section: 'clients', heading: say('console.clients'), parts: [searchOf(path, fields), table, ...others] }
  })

  async function list(query: ConsoleQuery, order: (typeof ORDERS)[number]): Promise<Listed[]> {
    if (order === 'made') return listByAge(query, false)
    if (order === 'id') return listById(query, '')
    const [at, id] = afterOf(query, [0, ''] as [number, string]) ?? []
    const found = await store.listUsed({ limit: PAGE + 1, after: at === undefined || id === undefined ? undefined : { at, id } })
    return found.map((client) => ({ client, key: [client.lastUsedAt!, client.id] }))
  }

  async function search(query: ConsoleQuery, by: (typeof SEARCHES)[number], q: string): Promise<Listed[]> {
    if (by === 'id') return listById(query, q)
    const [key, createdAt, id] = afterOf(query, ['', 0, ''] as [string, number, string]) ?? []
    const after = key === undefined || createdAt === undefined || id === undefined ? undefined : { key, createdAt, id }
    const found = await store.listByKey(by, searchKey(q), { limit: PAGE + 1, after })
    return found.map(({ client, key: own }) => ({ client, key: [own, client.createdAt, client.id] }))
  }

  /** Those that nobody has allowed have no index by name or host, so that a registration doesn't pay for any. */
  async function unusedOnes(by: 'name' | 'host', q: string, language: string, moment: (at: number) => string): Promise<ConsolePart> {
    const found = await store.listUnused(by, searchKey(q), { among: MOST_UNUSED, limit: PAGE })
    const rows = found.map((client) => ({ cells: describe(client, language, moment) }))
    const note = say('console.clients.unused.note', { count: MOST_UNUSED, page: PAGE })
    return tableOf('unused', COLUMNS, rows, { title: say('console.clients.unused'), note, empty: 'console.clients.none' })
  }

  async function listByAge(query: ConsoleQuery, isWaiting: boolean): Promise<Listed[]> {
    const [createdAt, id] = afterOf(query, [0, ''] as [number, string]) ?? []
    const after = createdAt === undefined || id === undefined ? undefined : { createdAt, id }
    const found = await store.list({ limit: PAGE + 1, isWaiting, ...(after !== undefined && { after }) })
    return found.map((client) => ({ client, key: [client.createdAt, client.id] }))
  }

  async function listById(query: ConsoleQuery, prefix: string): Promise<Listed[]> {
    const [after] = afterOf(query, ['']) ?? []
    return (await store.listFrom({ after, prefix, limit: PAGE + 1 })).map((client) => ({ client, key: [client.id] }))
  }

  function describe(client: Client, language: string, moment: (at: number) => string): Cell[] {
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
}

/** One of a list, with what the next page begins behind. */
interface Listed {
  readonly client: Client
  readonly key: readonly (string | number)[]
}

const choiceOf = (name: 'by' | 'order', values: readonly string[], chosen: string): Field =>
  fieldOf(name, `console.clients.${name}`, {
    type: 'select',
    options: values.map((value) => ({ value, isChosen: value === chosen, say: say(`console.clients.${name}.${value}`) })),
  })

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
