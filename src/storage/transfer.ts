/** What moves between databases, and what an engine does for it: all rows of all tables, within one transaction. */

import type { Parameter } from './driver.ts'

/**
 * Every table that moves, parents before their children. What their columns are is asked of the database: a migration
 * that adds a column has to give it a default or let it be null, so that older exports can still be read.
 */
export const TABLES = [
  'signing_keys',
  'sealed_secrets',
  'resources',
  'users',
  'clients',
  'sessions',
  'consents',
  'grants',
  'refresh_tokens',
  'access_tokens',
  'client_tokens',
  'device_authorizations',
  'pushed_requests',
  'revoked_access_tokens',
  'login_attempts',
  'replays',
  'initial_access_tokens',
  'audit_events',
  'logout_notices',
] as const

/** Who is at work now, and which migrations ran: another database's own. */
export const TABLES_THAT_STAY = ['leases', 'schema_version'] as const

export type Table = (typeof TABLES)[number]

/** The values of a record, in the order of its columns. */
export type Values = readonly Parameter[]

export interface Column {
  readonly name: string
  readonly type: 'text' | 'bigint'
  readonly nullable: boolean
  /** Has a value where none is given. */
  readonly optional: boolean
}

/** The database as one transaction sees it. */
export interface Transfer {
  columns(table: Table): Promise<Column[]>
  /** Every record, in pieces of at most `CHUNK_SIZE`. */
  read(table: Table, columns: readonly string[]): AsyncIterable<Values[]>
  /** @throws {RecordsRefused} if one of them doesn't fit what is there */
  insert(table: Table, columns: readonly Column[], records: readonly Values[]): Promise<void>
}

/** `export`: sees one instant, while others write. `import`: nobody else writes, and all of it counts or nothing does. */
export type Direction = 'export' | 'import'

/** Records that are in memory at a time. */
export const CHUNK_SIZE = 500

/** A record is there twice, or what it hangs on isn't; `message` is the database's. */
export class RecordsRefused extends Error {
  constructor(cause: unknown) {
    super((cause as Error).message, { cause })
    this.name = 'RecordsRefused'
  }
}
