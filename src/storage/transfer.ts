/** The interface of an engine for export and import: all rows of all tables, in one transaction. */

import type { Parameter } from './driver.ts'

/**
 * The tables of an export, parents before children. The database tells their columns. A migration that adds a column must give it a
 * default or let it be null, so that older exports can still be imported.
 */
export const TABLES = [
  'signing_keys',
  'sealed_secrets',
  'resources',
  'users',
  'groups',
  'group_members',
  'providers',
  'identities',
  'provider_attempts',
  'access_rules',
  'admission_rules',
  'clients',
  'sessions',
  'passkeys',
  'one_time_codes',
  'recovery_codes',
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
  'links',
  'initial_access_tokens',
  'personal_tokens',
  'audit_events',
  'logout_notices',
  'rules_in_force',
] as const

/** Tables that describe the database itself: who is working on it and receives its events, and which migrations ran. */
export const TABLES_THAT_STAY = ['leases', 'event_receivers', 'schema_version'] as const

export type Table = (typeof TABLES)[number]

/** The values of a record, in the order of its columns. */
export type Values = readonly Parameter[]

export interface Column {
  readonly name: string
  readonly type: 'text' | 'bigint'
  readonly nullable: boolean
  /** Whether an insert may leave it out. */
  readonly optional: boolean
}

/** A database as one transaction sees it. */
export interface Transfer {
  columns(table: Table): Promise<Column[]>
  /** All records, in chunks of at most `CHUNK_SIZE`. */
  read(table: Table, columns: readonly string[]): AsyncIterable<Values[]>
  /** @throws {RecordsRefused} if a record is a duplicate, or refers to a missing one */
  insert(table: Table, columns: readonly Column[], records: readonly Values[]): Promise<void>
}

/** `export` sees the database at one instant, while others write. `import` writes alone, and all or nothing. */
export type Direction = 'export' | 'import'

/** How many records are in memory at a time. */
export const CHUNK_SIZE = 500

/** A record is a duplicate, or refers to a missing one; `message` is that of the database. */
export class RecordsRefused extends Error {
  constructor(cause: unknown) {
    super((cause as Error).message, { cause })
    this.name = 'RecordsRefused'
  }
}
