/** Clients as people read them. */
import { displayName } from '../../domain/client/client-display.ts'
import type { Display } from '../../domain/client/client-display.ts'
import { redirectDisplay } from '../../domain/protocol/redirect-uri.ts'
import type { Call } from '../command.ts'
import type { Answer, Item } from '../managed.ts'
import { dayOf, printMembers, printTable } from '../terminal/print.ts'

type Client = Item<'client.list'>

const ORIGINS = { registration: 'registered itself', operator: 'made by an operator', document: 'by its document' } as const

/** How many places a row of a list names. */
const MAX_PLACES = 2

export function printClients(call: Call, clients: readonly Client[]): void {
  printTable(call, ['Client', 'Name', 'Answers go to', 'Origin', 'Status', 'Since'], clients.map(row))
}

function row(client: Client): string[] {
  const { client_id: id, origin, created_at: since } = client
  // What it says about itself has the names of its registration.
  const name = displayName({ id, metadata: { display: client as unknown as Display } }, 'en')
  return [id, name === id ? '' : name, places(client), ORIGINS[origin], status(client), dayOf(since)]
}

/** All that is known of one, a line for each member. */
export function printClient(call: Call, client: Answer<'client.show'>): void {
  printMembers(call, { ...client, origin: ORIGINS[client.origin] })
}

function places({ redirect_uris: uris }: Client): string {
  const all = [...new Set(uris.map(redirectDisplay))]
  return [...all.slice(0, MAX_PLACES), ...(all.length > MAX_PLACES ? [`and ${all.length - MAX_PLACES} more`] : [])].join('\n')
}

const APPROVALS = { waiting: 'waits for approval', refused: 'refused' } as const

function status({ disabled, last_used_at: usedAt, approval }: Client): string {
  if (disabled) return 'disabled'
  if (approval === 'waiting' || approval === 'refused') return APPROVALS[approval]
  return usedAt === undefined ? 'never allowed' : `used ${dayOf(usedAt)}`
}
