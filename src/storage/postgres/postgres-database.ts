/** Opens a PostgreSQL database for the first time: TLS or not, and migrations. */
import pg from 'pg'
import type { ClientConfig } from 'pg'
import { linesFor, migrate } from '../migrate.ts'
import { isTlsMissing } from './postgres-errors.ts'
import type { PostgresTarget } from './postgres-url.ts'
import { StorageRefused } from '../storage.ts'

/** How long a request waits for a connection, new or of the pool, in ms. */
export const CONNECT_LIMIT_MS = 3000
/** Any number that no other program takes for itself: nodes that start together migrate one after the other. */
const MIGRATION_LOCK = 7_651_822_304

/** Brings the database to this version over a connection of its own; the target with what was found out about TLS. */
export async function prepareDatabase(target: PostgresTarget, migrations: URL | undefined): Promise<PostgresTarget> {
  const client = new pg.Client({ ...connection(target), connectionTimeoutMillis: CONNECT_LIMIT_MS })
  client.on('error', ignore)
  try {
    await client.connect()
    await checkDurable(client)
    await migratePostgres(client, migrations)
  } catch (error) {
    await client.end().catch(ignore)
    if (!target.sslOptional || !isTlsMissing(error)) throw error
    return prepareDatabase({ ...target, ssl: false }, migrations)
  }
  await client.end().catch(ignore)
  return target
}

/** A connection that breaks also tells the statement under way, or the next one: there it is answered. */
export const ignore = (): void => undefined

/** An answer must not leave before it is on the disk, whatever the server, the database or the role has as its default. */
async function checkDurable(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ off: boolean; user: string }>(
    `select current_setting('synchronous_commit') = 'off' as off, current_user as user`,
  )
  if (rows[0]?.off !== true) return
  throw new StorageRefused(
    `PostgreSQL answers before a commit is on its disk (synchronous_commit is off): alter role ${rows[0].user} set synchronous_commit = on.`,
  )
}

async function migratePostgres(client: pg.Client, folder: URL | undefined): Promise<void> {
  const query = async (sql: string) => (await client.query<Record<string, unknown>>(sql)).rows
  await query('begin')
  await query('set local statement_timeout = 0')
  await query(`select pg_advisory_xact_lock(${MIGRATION_LOCK})`)
  const [place] = await query('select current_schema() as schema, current_database() as database')
  if (typeof place?.['schema'] !== 'string')
    throw new StorageRefused('The database has no schema that this user may use: grant usage and create on one.')
  const where = {
    database: String(place['database']),
    ...(/^[a-z_][a-z0-9_]*$/.test(place['schema']) && { currentSchema: place['schema'] }),
  }
  await migrate(
    { kind: 'pg', ...where, query, execScript: async (sql) => void (await client.query(withByteOrder(linesFor('PostgreSQL', sql)))) },
    folder,
  )
  await query('commit')
}

/**
 * Columns of text compare byte by byte, as SQLite's do: order and indices then don't hang on the locale, or on the
 * version of the library that knows it.
 */
const withByteOrder = (sql: string): string => sql.replace(/^(\s+\w+ text|alter table \w+ add column \w+ text)\b/gm, '$1 collate "C"')

/** How to reach the target, for one connection or a pool. */
export const connection = ({ host, port, database, user, password, ssl, applicationName }: PostgresTarget): ClientConfig => ({
  host,
  port,
  database,
  user,
  password,
  ssl,
  application_name: applicationName,
  keepAlive: true,
})
