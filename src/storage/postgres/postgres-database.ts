/** Prepares a PostgreSQL database before its first use: finds out about TLS, and runs migrations. */
import pg from 'pg'
import type { ClientConfig } from 'pg'
import { linesFor, migrate } from '../migrate.ts'
import { isTlsMissing } from './postgres-errors.ts'
import type { PostgresTarget } from './postgres-url.ts'
import { StorageRefused } from '../storage.ts'

/** An arbitrary advisory lock, so that nodes that start together migrate one after the other. */
const MIGRATION_LOCK = 7_651_822_304

/** Migrates the database on its own connection. Returns the target, with TLS off if the server doesn't offer optional TLS. */
export async function prepareDatabase(target: PostgresTarget, migrations: URL | undefined): Promise<PostgresTarget> {
  const client = new pg.Client(connection(target))
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

/** For `error` events of broken connections: the current or next statement fails, too, and handles the error. */
export const ignore = (): void => undefined

/** Responses must not be sent before the commit is on disk, but the server, the database or the role may have another default. */
async function checkDurable(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ off: boolean; user: string }>(
    `select current_setting('synchronous_commit') = 'off' as off, current_user as user`,
  )
  if (rows[0]?.off !== true) return
  throw new StorageRefused(
    `PostgreSQL confirms commits before they are on disk (synchronous_commit is off): alter role ${rows[0].user} set synchronous_commit = on.`,
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
 * Makes text columns compare byte by byte, as in SQLite, so that order and indices don't depend on the locale, or on the version of
 * its library.
 */
const withByteOrder = (sql: string): string => sql.replace(/^(\s+\w+ text|alter table \w+ add column \w+ text)\b/gm, '$1 collate "C"')

/** The options of `pg` for a connection or a pool. */
export const connection = ({
  host,
  port,
  database,
  user,
  password,
  ssl,
  applicationName,
  connectTimeout,
  options,
}: PostgresTarget): ClientConfig => ({
  host,
  port,
  database,
  user,
  password,
  ssl,
  application_name: applicationName,
  connectionTimeoutMillis: connectTimeout,
  ...(options !== undefined && { options }),
  keepAlive: true,
})
