/** A client as people and programs read it: by the wire names of its metadata, never with a secret's hash. */
import Table from 'cli-table3'
import { displayName } from '../domain/client/client-display.ts'
import { renderClientMetadata } from '../domain/client/client-information.ts'
import type { Client } from '../domain/client/client.ts'
import { redirectDisplay } from '../domain/protocol/redirect-uri.ts'
import { renderPolicy } from './render-policy.ts'

const ORIGINS = { registration: 'registered itself', operator: 'made by an operator', document: 'by its document' } as const

/** How many places a row of a list names. */
const MAX_PLACES = 2

/** For programs. */
export function clientJson(client: Client) {
  return {
    client_id: client.id,
    ...renderClientMetadata(client.metadata),
    origin: client.origin,
    policy: client.origin === 'registration' && client.policy !== undefined ? renderPolicy(client.policy) : undefined,
    shared: client.origin === 'registration' && client.shared === true,
    has_secret: client.secretHash !== undefined,
    disabled: client.disabledAt !== undefined,
    created_at: instant(client.createdAt),
    authorized_at: instant(client.authorizedAt),
    last_used_at: instant(client.lastUsedAt),
    disabled_at: instant(client.disabledAt),
    document_fetched_at: client.origin === 'document' ? instant(client.documentFetchedAt) : undefined,
  }
}

/** A row for each. Without colours: the table may go into a file. */
export function renderClientTable(clients: readonly Client[]): string {
  const table = new Table({ head: ['Client', 'Name', 'Answers go to', 'Origin', 'Status', 'Since'], style: { head: [], border: [] } })
  for (const client of clients) {
    const name = displayName(client, 'en')
    table.push([client.id, name === client.id ? '' : name, places(client), ORIGINS[client.origin], status(client), day(client.createdAt)])
  }
  return table.toString()
}

/** All that is known of one, a line for each member. */
export function renderClientSheet(client: Client, liveGrants: number): string {
  const table = new Table({ style: { head: [], border: [] } })
  const { origin, ...told } = clientJson(client)
  for (const [name, value] of Object.entries({ ...told, origin: ORIGINS[origin], live_grants: liveGrants })) {
    if (value !== undefined) table.push([name, cell(value)])
  }
  return table.toString()
}

function cell(value: unknown): string {
  const text = Array.isArray(value) ? value.join('\n') : typeof value === 'object' ? JSON.stringify(value, undefined, 2) : String(value)
  // A key may hold any text: what could move the cursor is taken out.
  return text.replace(/[^\P{C}\n]/gu, '')
}

function places({ metadata }: Client): string {
  const all = [...new Set(metadata.redirectUris.map(redirectDisplay))]
  return [...all.slice(0, MAX_PLACES), ...(all.length > MAX_PLACES ? [`and ${all.length - MAX_PLACES} more`] : [])].join('\n')
}

function status({ disabledAt, lastUsedAt }: Client): string {
  if (disabledAt !== undefined) return 'disabled'
  return lastUsedAt === undefined ? 'never allowed' : `used ${day(lastUsedAt)}`
}

const instant = (at: number | undefined): string | undefined => (at === undefined ? undefined : new Date(at).toISOString())
const day = (at: number): string => new Date(at).toISOString().slice(0, 10)
