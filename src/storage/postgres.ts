/**
 * The engine for many nodes. A unit of one statement is one round trip; any other runs in one transaction on one
 * connection, in read committed mode: the stores' guarded updates take the rows that they judge.
 */
import pg from 'pg'
import type { ClientConfig, PoolClient, QueryConfig } from 'pg'
import { checkParameters } from './driver.ts'
import type { Call, Driver, Row, SingleUnit, Statement, Unit } from './driver.ts'
import { migrate } from './migrate.ts'
import { explainFailure, explainRefusal, isConnectionLost, isRetried, isTlsMissing } from './postgres-errors.ts'
import { parsePostgresUrl } from './postgres-url.ts'
import type { PostgresTarget } from './postgres-url.ts'
import { StorageRefused, StorageUnavailable } from './storage.ts'

/** How long a request waits for a connection, new or of the pool, in ms. */
const CONNECT_LIMIT_MS = 3000
/** A node that stops within a transaction gives its rows free after this time, in ms. */
const IDLE_IN_TRANSACTION_LIMIT_MS = 10_000
/** How much longer than the server we wait for a statement, in ms: the network may be gone. */
const ANSWER_MARGIN_MS = 1000
/** Connections are renewed after this time, in seconds, so that a moved primary is found. */
const CONNECTION_TTL = 3600
/** Any number that no other program takes for itself: nodes that start together migrate one after the other. */
const MIGRATION_LOCK = 7_651_822_304

/**
 * Opens the database of a `postgres://` URL, and brings it to this version.
 *
 * @param migrations the folder of migrations, if not this program's own
 * @throws {StorageRefused} with a sentence on what to do
 */
export async function openPostgres(url: string, migrations?: URL): Promise<Driver> {
  const target = parsePostgresUrl(url)
  try {
    return createPostgresDriver(await prepareDatabase(target, migrations))
  } catch (error) {
    throw explainRefusal(error, target)
  }
}

/** Brings the database to this version over a connection of its own; the target with what was found out about TLS. */
async function prepareDatabase(target: PostgresTarget, migrations: URL | undefined): Promise<PostgresTarget> {
  const client = new pg.Client({ ...connection(target), connectionTimeoutMillis: CONNECT_LIMIT_MS })
  client.on('error', () => undefined) // the statement under way, or the next one, says so
  try {
    await client.connect()
    await migratePostgres(client, migrations)
    return target
  } catch (error) {
    if (!target.sslOptional || !isTlsMissing(error)) throw error
    return await prepareDatabase({ ...target, ssl: false }, migrations)
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function migratePostgres(client: pg.Client, folder: URL | undefined): Promise<void> {
  const query = async (sql: string) => (await client.query<Record<string, unknown>>(sql)).rows
  await query('begin')
  await query('set local statement_timeout = 0')
  await query(`select pg_advisory_xact_lock(${MIGRATION_LOCK})`)
  const [place] = await query('select current_schema() as schema, current_database() as database')
  if (typeof place?.['schema'] !== 'string') throw new StorageRefused('The database has no schema that this user may use: grant usage and create on one.')
  const where = { database: String(place['database']), ...(/^[a-z_][a-z0-9_]*$/.test(place['schema']) && { currentSchema: place['schema'] }) }
  await migrate({ kind: 'pg', ...where, query, execScript: async (sql) => void (await client.query(withByteOrder(sql))) }, folder)
  await query('commit')
}

/**
 * Columns of text compare byte by byte, as SQLite's do: order and indices then don't hang on the locale, or on the
 * version of the library that knows it.
 */
const withByteOrder = (sql: string): string => sql.replace(/^(\s+\w+ text)\b/gm, '$1 collate "C"')

const connection = ({ host, port, database, user, password, ssl, applicationName }: PostgresTarget): ClientConfig => ({
  host, port, database, user, password, ssl, application_name: applicationName, keepAlive: true,
})

const types = {
  getTypeParser: ((oid: number, format?: 'text') =>
    oid === pg.types.builtins.INT8 ? parseSafeInteger : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
}

function parseSafeInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is no safe integer`)
  return value
}

function createPostgresDriver(target: PostgresTarget): Driver {
  const pool = new pg.Pool({
    ...connection(target),
    types,
    pipeline: true,
    max: target.poolSize,
    maxLifetimeSeconds: CONNECTION_TTL,
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
    query_timeout: target.statementTimeout + ANSWER_MARGIN_MS,
    // A pooler would refuse parameters of the session.
    ...(target.prepared && { statement_timeout: target.statementTimeout, idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_LIMIT_MS }),
  })
  pool.on('connect', (client) => client.on('error', () => undefined)) // the statement under way, or the next one, says so
  pool.on('error', () => undefined) // an idle connection was lost: the pool makes a new one
  const names = new Map<Statement, string>()
  const working = new Set<Promise<unknown>>()
  let closed: Promise<void> | undefined

  /** Asks one connection of the pool, which takes it back, or drops it if it is lost. */
  async function withClient<T>(ask: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await pool.connect().catch((cause: Error) => {
      throw new StorageUnavailable(`PostgreSQL: ${cause.message}`, { cause })
    })
    let lost = false
    try {
      return await ask(client)
    } catch (error) {
      lost = isConnectionLost(error)
      throw error
    } finally {
      client.release(lost)
    }
  }

  async function query(client: PoolClient, { statement, parameters }: Call): Promise<Row[]> {
    checkParameters(statement, parameters)
    // PostgreSQL can't keep U+0000: replaced as any other character that isn't text, it is found nowhere.
    const values = parameters.map((value) => (typeof value === 'string' ? value.replaceAll('\0', '\uFFFD') : value))
    return (await send(client, { ...(target.prepared && { name: nameOf(statement) }), text: statement.text, values })).rows
  }

  /** The name under which a connection keeps a prepared statement. */
  function nameOf(statement: Statement): string {
    const name = names.get(statement) ?? `solar_${names.size}`
    names.set(statement, name)
    return name
  }

  /** Runs a unit in a transaction. `begin` travels with the first statement. */
  async function transact<T>(client: PoolClient, unit: () => Unit<T>): Promise<T> {
    const begun = send(client, { text: 'begin isolation level read committed' })
    begun.catch(() => undefined) // then the first statement fails as well
    try {
      const work = unit()
      let step = work.next()
      while (step.done !== true) step = work.next(await query(client, step.value))
      await send(client, { text: 'commit' })
      return step.value
    } catch (error) {
      if (!isConnectionLost(error)) await send(client, { text: 'rollback' })
      throw error
    }
  }

  /** Makes an attempt, and again where that is due. `close` waits for it. */
  function attempt<T>(ask: (client: PoolClient) => Promise<T>): Promise<T> {
    if (closed !== undefined) return Promise.reject(new StorageUnavailable('PostgreSQL: the storage is closed'))
    const work = (async () => {
      for (let attempts = 1; ; attempts++) {
        try {
          return await withClient(ask)
        } catch (error) {
          if (!isRetried(error, attempts)) throw error
        }
      }
    })()
    const over = () => working.delete(work)
    working.add(work)
    work.then(over, over)
    return work
  }

  return {
    read: (statement, parameters) => attempt((client) => query(client, { statement, parameters })),
    write<T>(unit: (() => Unit<T>) | SingleUnit) {
      if ('only' in unit) return attempt((client) => query(client, unit.only)) as Promise<T>
      return attempt((client) => transact(client, unit))
    },
    close() {
      closed ??= Promise.allSettled(working).then(() => pool.end())
      return closed
    },
  }
}

/** Sends a statement; its failure is told as `explainFailure` says. */
async function send(client: PoolClient, config: QueryConfig): Promise<{ rows: Row[] }> {
  try {
    return await client.query<Row>(config)
  } catch (error) {
    throw explainFailure(error)
  }
}
