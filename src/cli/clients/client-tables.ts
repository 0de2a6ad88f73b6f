/** Clients as people read them. */
import { displayName } from '../../domain/client/client-display.ts'
import type { Client } from '../../domain/client/client.ts'
import { redirectDisplay } from '../../domain/protocol/redirect-uri.ts'
import { clientJson } from '../../operations/clients/client-json.ts'
import type { Call } from '../command.ts'
import { day, printMembers, printTable } from '../terminal/print.ts'

const ORIGINS = { registration: 'registered itself', operator: 'made by an operator', document: 'by its document' } as const

/** How many places a row of a list names. */
const MAX_PLACES = 2

export function printClients(call: Call, clients: readonly Client[]): void {
  printTable(call, ['Client', 'Name', 'Answers go to', 'Origin', 'Status', 'Since'], clients.map(row))
}

function row(client: Client): string[] {
  const name = displayName(client, 'en')
  return [client.id, name === client.id ? '' : name, places(client), ORIGINS[client.origin], status(client), day(client.createdAt)]
}

/** All that is known of one, a line for each member. */
export function printClient(call: Call, client: Client, liveGrants: number): void {
  const members = { ...clientJson(client), origin: ORIGINS[client.origin], live_grants: liveGrants }
  printMembers(call, members)
}

function places({ metadata }: Client): string {
  const all = [...new Set(metadata.redirectUris.map(redirectDisplay))]
  return [...all.slice(0, MAX_PLACES), ...(all.length > MAX_PLACES ? [`and ${all.length - MAX_PLACES} more`] : [])].join('\n')
}

const APPROVALS = { waiting: 'waits for approval', refused: 'refused' } as const

function status({ disabledAt, lastUsedAt, approval }: Client): string {
  if (disabledAt !== undefined) return 'disabled'
  if (approval === 'waiting' || approval === 'refused') return APPROVALS[approval]
  return lastUsedAt === undefined ? 'never allowed' : `used ${day(lastUsedAt)}`
}
