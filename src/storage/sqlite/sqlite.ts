/**
 * The embedded engine. Writes of one tick run one after the other in one transaction, and resolve after the commit (ADR 1). If one
 * fails, all run again, each in its own savepoint. A transaction is one synchronous step: no read sees what isn't durable.
 */
import type { StatementSyncInstance } from '@photostructure/sqlite'
import { batch, checkParameters, statement as declare, stepsOf } from '../driver.ts'
import type { Driver, OnCall, Outcome, Parameter, Row, Statement, Work } from '../driver.ts'
import { linesFor, migrate } from '../migrate.ts'
import { BUSY_LIMIT_MS, closeDatabase, isBusy, isTemporary, openDatabase, patiently, refusal, rollback } from './sqlite-database.ts'
import type { Database } from './sqlite-database.ts'
import { StorageUnavailable } from '../storage.ts'

const PING = declare('select count(*) as n from schema_version')
const SIZE = declare('select page_count * page_size as size from pragma_page_count(), pragma_page_size()')
/** How long a group waits before it tries again to get the write lock from another process, in ms. */
const RETRY_MS = 2

type Value = Row[string]

/** A statement that can run, and the names of its columns. */
interface Prepared {
  readonly statement: StatementSyncInstance
  names: readonly string[]
}

/** A write in the next transaction. */
interface Member {
  /** Until when it waits for other processes (`performance.now()`). */
  readonly until: number
  /**
   * Does the work, and returns a function that settles the caller's promise after the commit. Throws if the transaction is lost, or if
   * the work fails without a savepoint of its own.
   */
  run(apart: boolean): () => void
  fail(error: unknown): void
}

/**
 * Opens and migrates `path`, or `:memory:`.
 *
 * @param migrations another folder of migrations, for tests
 * @throws {StorageRefused} with a sentence that says what to do
 */
export async function openSqlite(path: string, migrations?: URL, onCall?: OnCall): Promise<Driver> {
  const database = await openDatabase(path)
  try {
    await migrateSqlite(database, migrations)
  } catch (error) {
    database.close()
    throw refusal(path, error)
  }
  return createSqliteDriver(database, onCall)
}

/** Runs all missing migrations in one transaction. A second process waits for the first one, and then has nothing to do. */
export async function migrateSqlite(database: Database, folder?: URL, to?: number): Promise<void> {
  await patiently(() => database.exec('begin immediate'))
  try {
    await migrate(
      {
        kind: 'sqlite3',
        query: async (sql) => database.prepare(sql).all() as Record<string, unknown>[],
        execScript: async (sql) => database.exec(linesFor('SQLite', sql)),
      },
      folder,
      to,
    )
    database.exec('commit')
  } catch (error) {
    rollback(database)
    throw error
  }
}

/** A driver on an open database, which the driver closes. */
export function createSqliteDriver(database: Database, onCall?: OnCall): Driver {
  const prepared = new Map<Statement, Prepared>()
  const savepoint = database.prepare('savepoint unit')
  const release = database.prepare('release unit')
  let waiting: Member[] = []
  let closed = false

  function execute(statement: Statement, parameters: readonly Parameter[]): Row[] {
    checkParameters(statement, parameters)
    const ready = prepared.get(statement) ?? prepare(statement)
    const rows = ready.statement.all(...parameters) as unknown as (readonly Value[])[]
    return rows.length === 0 ? [] : named(ready, rows)
  }

  function prepare(statement: Statement): Prepared {
    // SQLite has no row locks: a write locks the whole database.
    const ready = { statement: database.prepare(statement.text.replace(/\$(\d+)/g, '?$1').replace(/ for no key update$/, '')), names: [] }
    ready.statement.setReturnArrays(true)
    prepared.set(statement, ready)
    return ready
  }

  /** Runs the calls of some work, one after the other. */
  function runWork<W extends Work>(work: W): Outcome<W> {
    const steps = stepsOf(work)
    let step = steps.next()
    while (step.done !== true) step = steps.next(execute(step.value.statement, step.value.parameters))
    return step.value
  }

  /** Does the work in its own savepoint: if it throws, only its own changes are rolled back. `StorageUnavailable` ends the group. */
  function runApart<W extends Work>(work: W): Outcome<W> {
    savepoint.run()
    try {
      const outcome = runWork(work)
      release.run()
      return outcome
    } catch (error) {
      if (isTemporary(error)) throw unavailable(error) // a full disk, for example, may have ended the transaction
      try {
        database.exec('rollback to unit; release unit')
      } catch (lost) {
        throw unavailable(lost)
      }
      throw error
    }
  }

  /**
   * Does all waiting work in one transaction. While another process writes, tries again until the time of each member is up.
   *
   * @param apart whether each member gets its own savepoint. This makes SQLite copy each changed page, so it is only done after a
   *   group has failed without.
   */
  function flush(apart: boolean): void {
    try {
      database.exec('begin immediate')
    } catch (error) {
      const now = performance.now()
      const patient = isBusy(error) ? waiting.filter((member) => member.until > now) : []
      const late = waiting.filter((member) => !patient.includes(member))
      waiting = patient
      if (patient.length > 0) setTimeout(flush, RETRY_MS, apart)
      for (const member of late) member.fail(unavailable(error))
      return
    }
    const group = waiting
    waiting = []
    let answers: (() => void)[]
    try {
      answers = group.map((member) => member.run(apart))
    } catch (error) {
      if (apart || isTemporary(error)) return abandon(group, error)
      rollback(database)
      waiting = group
      return flush(true)
    }
    try {
      database.exec('commit')
    } catch (error) {
      return abandon(group, error)
    }
    for (const answer of answers) answer()
  }

  function abandon(group: readonly Member[], error: unknown): void {
    rollback(database)
    for (const member of group) member.fail(unavailable(error))
  }

  function write<W extends Work>(work: W): Promise<Outcome<W>> {
    return new Promise<Outcome<W>>((resolve, reject) => {
      const begun = performance.now()
      const fail = (error: unknown): void => {
        onCall?.('write', performance.now() - begun, error)
        reject(error)
      }
      if (closed) return fail(unavailable(undefined))
      if (waiting.length === 0) setImmediate(flush, false)
      waiting.push({
        until: begun + BUSY_LIMIT_MS,
        run(apart) {
          try {
            const outcome = apart ? runApart(work) : runWork(work)
            return () => {
              onCall?.('write', performance.now() - begun)
              resolve(outcome)
            }
          } catch (error) {
            if (!apart || error instanceof StorageUnavailable) throw error
            return () => fail(error)
          }
        },
        fail,
      })
    })
  }

  async function read(statement: Statement, parameters: readonly Parameter[]): Promise<Row[]> {
    const begun = performance.now()
    try {
      const rows = await patiently(() => execute(statement, parameters))
      onCall?.('read', performance.now() - begun)
      return rows
    } catch (error) {
      const failure = closed || isTemporary(error) ? unavailable(error) : error
      onCall?.('read', performance.now() - begun, failure)
      throw failure
    }
  }

  return {
    read,
    write,
    // A full disk doesn't fail it: there, what only reads goes on.
    ping: async () => void (await read(PING, [])),
    size: async () => Number((await read(SIZE, []))[0]!['size']),
    load: () => ({ connections: 1, idle: waiting.length > 0 ? 0 : 1, waiting: waiting.length }),
    async close() {
      if (closed) return
      const last = waiting.length > 0 ? write(batch()) : undefined
      closed = true
      await last?.catch(() => undefined)
      closeDatabase(database)
    },
  }
}

/**
 * Rows by the names of their columns. Objects that an engine makes cost more: each has a shape of its own. A later version of the
 * program, which shares the file, may have added columns: then `select *` has more of them from one call to the next.
 */
function named(ready: Prepared, rows: readonly (readonly Value[])[]): Row[] {
  if (rows[0]!.length !== ready.names.length) ready.names = ready.statement.columns().map(({ name }) => name!)
  const { names } = ready
  return rows.map((values) => {
    const row: Row = {}
    for (let index = 0; index < names.length; index++) row[names[index]!] = values[index]!
    return row
  })
}

function unavailable(cause: unknown): StorageUnavailable {
  if (cause instanceof StorageUnavailable) return cause
  return new StorageUnavailable(`SQLite: ${cause === undefined ? 'the database is closed' : (cause as Error).message}`, { cause })
}
