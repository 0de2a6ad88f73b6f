/**
 * The embedded engine. Writes commit in groups: the first write of a tick opens a transaction, each unit runs in its
 * own savepoint, and nothing that saw the group's rows is answered before the commit.
 */
import { chmodSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import type { DatabaseSyncInstance, StatementSyncInstance } from '@photostructure/sqlite'
import { checkParameters } from './driver.ts'
import type { Driver, Parameter, Row, Statement, Unit } from './driver.ts'
import { StorageRefused, StorageUnavailable } from './storage.ts'

type Database = DatabaseSyncInstance

/** How long a write waits for another process (the CLI, a backup) before it ends in 503. */
const BUSY_TIMEOUT_MS = 2000

/** A transaction that the writes of one tick share. */
interface Group {
  readonly done: Promise<void>
  /** Set once the transaction is lost: then every member fails. */
  failure?: unknown
}

export interface SqliteDriver extends Driver {
  readonly database: Database
}

/** Node's own SQLite where the runtime has it without a flag, else the package with the same interface. */
function openDatabase(path: string): Database {
  const require = createRequire(import.meta.url)
  const builtIn = process.getBuiltinModule?.('node:sqlite') as { DatabaseSync: new (path: string) => Database } | undefined
  const { DatabaseSync } = builtIn ?? (require('@photostructure/sqlite') as { DatabaseSync: new (path: string) => Database })
  return new DatabaseSync(path)
}

/**
 * Opens a database file, made if missing and readable by its owner only, or `:memory:`.
 *
 * @throws {StorageRefused} with a sentence on what to do, if it can't be opened
 */
export function openSqlite(path: string): SqliteDriver {
  let database: Database
  try {
    if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    database = openDatabase(path)
    if (path !== ':memory:') chmodSync(path, 0o600)
    database.exec(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}; pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on`)
  } catch (cause) {
    throw new StorageRefused(`The database ${path} can't be opened (${(cause as Error).message}): check that its folder is writable, or set DATABASE_URL.`, { cause })
  }
  return createSqliteDriver(database)
}

function createSqliteDriver(database: Database): SqliteDriver {
  const prepared = new Map<Statement, StatementSyncInstance>()
  const savepoint = database.prepare('savepoint unit')
  const release = database.prepare('release unit')
  let group: Group | undefined

  function execute(statement: Statement, parameters: readonly Parameter[]): Row[] {
    checkParameters(statement, parameters)
    let ready = prepared.get(statement)
    if (ready === undefined) {
      ready = database.prepare(statement.text.replace(/\$(\d+)/g, '?$1'))
      prepared.set(statement, ready)
    }
    return ready.all(...parameters) as Row[]
  }

  /** The group of this tick; its transaction begins with its first member and commits when the tick is over. */
  function join(): Group {
    if (group !== undefined) return group
    database.exec('begin immediate')
    const done = new Promise<void>((resolve, reject) => {
      setImmediate(() => {
        try {
          commit()
          resolve()
        } catch (error) {
          reject(unavailable(error))
        }
      })
    })
    done.catch(() => undefined) // each member awaits it for itself
    group = { done }
    return group
  }

  function commit(): void {
    const closing = group
    group = undefined
    try {
      if (closing?.failure !== undefined) throw closing.failure
      database.exec('commit')
    } catch (error) {
      if (database.isTransaction) database.exec('rollback')
      throw error
    }
  }

  /** Runs one unit within the group, in its own savepoint. */
  function runUnit<T>(joined: Group, unit: () => Unit<T>): T {
    savepoint.run()
    try {
      const work = unit()
      let step = work.next()
      while (step.done !== true) step = work.next(execute(step.value.statement, step.value.parameters))
      release.run()
      return step.value
    } catch (error) {
      try {
        database.exec('rollback to unit; release unit')
      } catch (lost) {
        joined.failure ??= lost // a full disk, say, ended the whole transaction
      }
      throw error
    }
  }

  return {
    database,
    async read(statement, parameters) {
      try {
        const rows = execute(statement, parameters)
        if (group !== undefined) await group.done // these rows may be the group's
        return rows
      } catch (error) {
        throw unavailable(error)
      }
    },
    async write(unit) {
      try {
        const joined = join()
        if (joined.failure !== undefined) throw joined.failure
        const outcome = runUnit(joined, unit)
        await joined.done
        return outcome
      } catch (error) {
        throw unavailable(error)
      }
    },
    async close() {
      if (group !== undefined) await group.done.catch(() => undefined)
      database.close()
    },
  }
}

/** SQLite's own words for what passes when the disk, or the other process, lets go: not every engine adds the code. */
const PASSING = /database (table )?is locked|database or disk is full|disk I\/O error|readonly database|unable to open database file/

/** What may pass becomes `StorageUnavailable`; a defect stays what it is. */
function unavailable(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof StorageUnavailable || !PASSING.test(error.message)) return error
  return new StorageUnavailable(`SQLite: ${error.message}`, { cause: error })
}
