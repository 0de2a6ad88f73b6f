/**
 * The embedded engine. Writes commit in groups: the units that arrive within one tick run one after the other in one
 * transaction, and are answered after the commit. If one of them fails, they all run again, each in its own savepoint. The
 * transaction begins and ends within one synchronous step, so that no read ever sees what isn't durable.
 */
import type { StatementSyncInstance } from '@photostructure/sqlite'
import { batch, checkParameters, stepsOf } from '../driver.ts'
import type { Driver, Outcome, Parameter, Row, Statement, Work } from '../driver.ts'
import { linesFor, migrate } from '../migrate.ts'
import { BUSY_LIMIT_MS, closeDatabase, isBusy, isPassing, openDatabase, patiently, refusal, rollback } from './sqlite-database.ts'
import type { Database } from './sqlite-database.ts'
import { StorageUnavailable } from '../storage.ts'

/** How soon a group asks again for the write lock that another process holds, in ms. */
const RETRY_MS = 2

/** A write that waits for the next transaction. */
interface Member {
  /** The instant (`performance.now()`) after which it no longer waits for other processes. */
  readonly until: number
  /** Runs the unit, and returns what answers its caller after the commit; throws if the transaction is lost, or if a unit that isn't set apart fails. */
  run(apart: boolean): () => void
  fail(error: unknown): void
}

/**
 * Opens `path` (or `:memory:`), and brings it to this version.
 *
 * @param migrations the folder of migrations, if not this program's own
 * @throws {StorageRefused} with a sentence on what to do
 */
export async function openSqlite(path: string, migrations?: URL): Promise<Driver> {
  const database = await openDatabase(path)
  try {
    await migrateSqlite(database, migrations)
  } catch (error) {
    database.close()
    throw refusal(path, error)
  }
  return createSqliteDriver(database)
}

/** One transaction for all that is missing; a second process waits for the first, then finds nothing to do. */
export async function migrateSqlite(database: Database, folder?: URL): Promise<void> {
  await patiently(() => database.exec('begin immediate'))
  try {
    await migrate(
      {
        kind: 'sqlite3',
        query: async (sql) => database.prepare(sql).all() as Record<string, unknown>[],
        execScript: async (sql) => database.exec(linesFor('SQLite', sql)),
      },
      folder,
    )
    database.exec('commit')
  } catch (error) {
    rollback(database)
    throw error
  }
}

/** The driver over an open database; takes it over, and closes it. */
export function createSqliteDriver(database: Database): Driver {
  const prepared = new Map<Statement, StatementSyncInstance>()
  const savepoint = database.prepare('savepoint unit')
  const release = database.prepare('release unit')
  let waiting: Member[] = []
  let closed = false

  function execute(statement: Statement, parameters: readonly Parameter[]): Row[] {
    checkParameters(statement, parameters)
    let ready = prepared.get(statement)
    if (ready === undefined) {
      // Whoever writes has the whole database under lock.
      ready = database.prepare(statement.text.replace(/\$(\d+)/g, '?$1').replace(/ for no key update$/, ''))
      prepared.set(statement, ready)
    }
    return ready.all(...parameters) as Row[]
  }

  /** Runs the calls of some work, one after the other. */
  function runWork<W extends Work>(work: W): Outcome<W> {
    const steps = stepsOf(work)
    let step = steps.next()
    while (step.done !== true) step = steps.next(execute(step.value.statement, step.value.parameters))
    return step.value
  }

  /** Runs one unit in its own savepoint; if it throws, only its own rows are taken back. `StorageUnavailable` ends the whole group. */
  function runApart<W extends Work>(work: W): Outcome<W> {
    savepoint.run()
    try {
      const outcome = runWork(work)
      release.run()
      return outcome
    } catch (error) {
      if (isPassing(error)) throw unavailable(error) // a full disk, say, may have ended the transaction: the whole group is over
      try {
        database.exec('rollback to unit; release unit')
      } catch (lost) {
        throw unavailable(lost)
      }
      throw error
    }
  }

  /**
   * Runs all that waits in one transaction. While another process writes, it tries again until each member's time is up.
   *
   * @param apart each unit in its own savepoint, for which SQLite keeps a copy of each page that the unit changes; so only once a group without has failed
   */
  function flush(apart: boolean): void {
    try {
      database.exec('begin immediate')
    } catch (error) {
      const now = performance.now()
      const patient = isBusy(error) ? waiting.filter((member) => member.until > now) : []
      const over = waiting.filter((member) => !patient.includes(member))
      waiting = patient
      if (patient.length > 0) setTimeout(flush, RETRY_MS, apart)
      for (const member of over) member.fail(unavailable(error))
      return
    }
    const group = waiting
    waiting = []
    let answers: (() => void)[]
    try {
      answers = group.map((member) => member.run(apart))
    } catch (error) {
      if (apart || isPassing(error)) return abandon(group, error)
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
      if (closed) return reject(unavailable(undefined))
      if (waiting.length === 0) setImmediate(flush, false)
      waiting.push({
        until: performance.now() + BUSY_LIMIT_MS,
        run(apart) {
          try {
            const outcome = apart ? runApart(work) : runWork(work)
            return () => resolve(outcome)
          } catch (error) {
            if (!apart || error instanceof StorageUnavailable) throw error
            return () => reject(error)
          }
        },
        fail: reject,
      })
    })
  }

  return {
    async read(statement, parameters) {
      try {
        return await patiently(() => execute(statement, parameters))
      } catch (error) {
        throw closed || isPassing(error) ? unavailable(error) : error
      }
    },
    write,
    async close() {
      if (closed) return
      const last = waiting.length > 0 ? write(batch()) : undefined
      closed = true
      await last?.catch(() => undefined)
      closeDatabase(database)
    },
  }
}

function unavailable(cause: unknown): StorageUnavailable {
  if (cause instanceof StorageUnavailable) return cause
  return new StorageUnavailable(`SQLite: ${cause === undefined ? 'the database is closed' : (cause as Error).message}`, { cause })
}
