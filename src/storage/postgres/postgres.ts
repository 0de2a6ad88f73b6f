/**
 * The engine for many nodes. A single statement, a batch, or a short form that is enough takes one round trip. Other units run in a
 * read committed transaction on one connection; this is enough, because guarded updates lock the rows that they check.
 */
import pg from 'pg'
import type { PoolClient, QueryConfig } from 'pg'
import { checkParameters, statement as declare } from '../driver.ts'
import type { Call, Driver, OnCall, Parameter, Row, Statement, Unit, Work } from '../driver.ts'
import { connection, ignore, prepareDatabase } from './postgres-database.ts'
import { explainFailure, explainRefusal, isConnectionLost, isOutdated, isRetried, unavailable } from './postgres-errors.ts'
import { parsePostgresUrl } from './postgres-url.ts'
import type { PostgresTarget } from './postgres-url.ts'
import { StorageUnavailable } from '../storage.ts'

const PING = declare("select current_setting('transaction_read_only') as read_only, count(*) as n from schema_version")
const SIZE = declare('select pg_database_size(current_database()) as size')
/** How long a node that hangs in a transaction keeps its locks, in ms. */
const IDLE_IN_TRANSACTION_LIMIT_MS = 10_000
/** How much longer we wait for a statement than the server does, in ms: the network may be gone. */
const ANSWER_MARGIN_MS = 1000
/** Connections are replaced after this time, in seconds, so that a moved primary is found. */
const CONNECTION_TTL = 3600

/**
 * Opens and migrates the database of a `postgres://` URL.
 *
 * @param migrations another folder of migrations, for tests
 * @throws {StorageRefused} with a sentence that says what to do
 */
export async function openPostgres(url: string, migrations?: URL, onCall?: OnCall): Promise<Driver> {
  const target = parsePostgresUrl(url)
  try {
    return createPostgresDriver(await prepareDatabase(target, migrations), onCall)
  } catch (error) {
    throw explainRefusal(error, target)
  }
}

/** Reads bigint as number, as the records have it. */
export const types = {
  getTypeParser: ((oid: number, format?: 'text') =>
    oid === pg.types.builtins.INT8 ? parseSafeInteger : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
}

/** PostgreSQL can't store U+0000. With the replacement character instead, a search finds nothing. */
export const encode = (value: Parameter): Parameter => (typeof value === 'string' ? value.replaceAll('\0', '\uFFFD') : value)

function parseSafeInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is no safe integer`)
  return value
}

function createPostgresDriver(target: PostgresTarget, onCall?: OnCall): Driver {
  const pool = new pg.Pool({
    ...connection(target),
    types,
    pipeline: true,
    max: target.poolSize,
    maxLifetimeSeconds: CONNECTION_TTL,
    query_timeout: target.statementTimeout + ANSWER_MARGIN_MS,
    // A pooler would refuse session parameters.
    ...(target.prepared && {
      statement_timeout: target.statementTimeout,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_LIMIT_MS,
    }),
  })
  pool.on('connect', (client) => client.on('error', ignore))
  pool.on('error', ignore) // an idle connection was lost, and the pool replaces it
  const names = new Map<Statement, string>()
  let named = 0
  const working = new Set<Promise<unknown>>()
  let closed: Promise<void> | undefined

  /** Uses a connection of the pool; drops it if it is lost. */
  async function withClient<T>(ask: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await pool.connect().catch((cause: unknown) => {
      throw unavailable(cause)
    })
    try {
      const outcome = await ask(client)
      client.release()
      return outcome
    } catch (error) {
      client.release(isConnectionLost(error))
      throw error
    }
  }

  async function query(client: PoolClient, { statement, parameters }: Call): Promise<Row[]> {
    checkParameters(statement, parameters)
    const values = parameters.map(encode)
    const name = nameOf(statement)
    try {
      return (await send(client, { ...(target.prepared && { name }), text: statement.text, values })).rows
    } catch (error) {
      if (isOutdated(error) && names.get(statement) === name) names.delete(statement)
      throw error
    }
  }

  /** The name of a prepared statement on every connection. */
  function nameOf(statement: Statement): string {
    const name = names.get(statement) ?? `solar_${named++}`
    names.set(statement, name)
    return name
  }

  /** Runs a unit in a transaction. `begin` is sent together with the first statement. */
  async function transact<T>(client: PoolClient, unit: () => Unit<T>): Promise<T> {
    const begun = send(client, { text: 'begin isolation level read committed' })
    begun.catch(ignore) // awaited below
    try {
      const work = unit()
      let step = work.next()
      while (step.done !== true) {
        const rows = await query(client, step.value)
        await begun // arrives before the rows; nothing may continue without it
        step = work.next(rows)
      }
      await send(client, { text: 'commit' })
      return step.value
    } catch (error) {
      if (!isConnectionLost(error)) await send(client, { text: 'rollback' })
      throw error
    }
  }

  /** Runs a batch in a transaction, in one round trip. If a statement fails, the commit rolls back. */
  async function transactAtOnce(client: PoolClient, calls: readonly Call[]): Promise<void> {
    for (const { statement, parameters } of calls) checkParameters(statement, parameters) // before the others are sent and committed
    const begun = send(client, { text: 'begin isolation level read committed' })
    const outcomes = await Promise.allSettled([begun, ...calls.map((call) => query(client, call)), send(client, { text: 'commit' })])
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  }

  async function withRetries<T>(ask: (client: PoolClient) => Promise<T>, attempts = 1): Promise<T> {
    try {
      return await withClient(ask)
    } catch (error) {
      if (!isRetried(error, attempts)) throw error
    }
    return withRetries(ask, attempts + 1)
  }

  /** Does what `close` waits for. */
  function attempt<T>(kind: 'read' | 'write', ask: (client: PoolClient) => Promise<T>): Promise<T> {
    const begun = performance.now()
    const work = closed === undefined ? withRetries(ask) : Promise.reject(new StorageUnavailable('PostgreSQL: the storage is closed'))
    const done = (error?: unknown): void => {
      working.delete(work)
      onCall?.(kind, performance.now() - begun, error)
    }
    working.add(work)
    work.then(() => done(), done)
    return work
  }

  function write(work: Work): Promise<unknown> {
    switch (work.kind) {
      case 'single':
        return attempt('write', (client) => query(client, work.call))
      case 'batch':
        return attempt('write', (client) => transactAtOnce(client, work.calls))
      case 'unit':
        return attempt('write', (client) => transact(client, work.unit))
      case 'short':
        return attempt('write', async (client) => ((await query(client, work.call)).length > 0 ? work.done : transact(client, work.unit)))
    }
  }

  const read: Driver['read'] = (statement, parameters) => attempt('read', (client) => query(client, { statement, parameters }))

  return {
    read,
    write: write as Driver['write'],
    async ping() {
      const [row] = await read(PING, [])
      // A standby, or a server that an administrator made read-only: what has to be written would fail.
      if (row?.['read_only'] === 'on') throw new StorageUnavailable('PostgreSQL: the database is read-only')
    },
    size: async () => Number((await read(SIZE, []))[0]!['size']),
    load: () => ({ connections: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    close() {
      closed ??= Promise.allSettled(working).then(() => pool.end())
      return closed
    },
  }
}

/** Sends a statement; its errors come from `explainFailure`. */
async function send(client: PoolClient, config: QueryConfig): Promise<{ rows: Row[] }> {
  try {
    return await client.query<Row>(config)
  } catch (error) {
    throw explainFailure(error)
  }
}
