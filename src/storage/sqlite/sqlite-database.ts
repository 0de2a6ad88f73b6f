/** Opens SQLite files: chooses the engine, makes the file private, and explains why one can't be used. */
import { chmodSync, closeSync, existsSync, openSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { DatabaseSyncInstance } from '@photostructure/sqlite'
import { StorageRefused } from '../storage.ts'
import { makeFolder } from './make-folder.ts'

export type Database = DatabaseSyncInstance
interface Engine {
  readonly DatabaseSync: new (path: string) => Database
  readonly StatementSync: { readonly prototype: object }
}

/** How long to wait for other processes (the command line, a backup), in ms. */
export const BUSY_LIMIT_MS = 2000
/** Size of the page cache, in KiB: enough for the inner pages of all indices, however many records there are. */
const CACHE_KIB = 65_536
/** Pages in the log before a checkpoint. Requests wait for the commit that does it. */
const CHECKPOINT_PAGES = 400
/** How long to wait before trying again, in ms. SQLite's own waiting is off, because it would block the whole process. */
const BUSY_RETRY_MS = 10

/**
 * Node's own SQLite, if the runtime has it without a flag and it makes rows that are arrays (Node.js 22.16); otherwise the package with
 * the same interface.
 *
 * @param own Node's
 */
export function loadEngine(own = quietly(() => process.getBuiltinModule('node:sqlite') as Engine | undefined)): Engine {
  if (own !== undefined && 'setReturnArrays' in own.StatementSync.prototype) return own
  return createRequire(import.meta.url)('@photostructure/sqlite') as Engine
}

/** Loads without Node's warning that its SQLite is experimental. The conformance suite runs on it, so users needn't worry. */
export function quietly<T>(load: () => T): T {
  const { emitWarning } = process
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    if (!String(warning).startsWith('SQLite is an experimental feature')) Reflect.apply(emitWarning, process, [warning, ...rest])
  }
  try {
    return load()
  } finally {
    process.emitWarning = emitWarning
  }
}

/**
 * Opens `:memory:`, or a database file, which is created if it is missing. Only the owner can read it.
 *
 * @throws {StorageRefused} with a sentence that says what to do, if it can't be used
 */
export async function openDatabase(path: string): Promise<Database> {
  let database: Database | undefined
  try {
    if (path !== ':memory:') makePrivateFile(path)
    const opened = (database = createDatabase(path))
    // Changing to WAL needs an exclusive lock for a moment: processes that start together take turns.
    await patiently(() =>
      opened.exec(
        `pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; pragma cache_size = -${CACHE_KIB}; pragma wal_autocheckpoint = ${CHECKPOINT_PAGES}`,
      ),
    )
    return opened
  } catch (error) {
    database?.close()
    throw refusal(path, error)
  }
}

/** A connection with the engine's defaults. Creates the file if it is missing. */
export const createDatabase = (path: string): Database => new (loadEngine().DatabaseSync)(path)

/** @throws {StorageRefused} if there is no file, because a connection would create one */
export function checkExists(path: string): void {
  if (!existsSync(path)) throw new StorageRefused(`There is no database ${path}: set DATABASE_URL to an existing one.`)
}

/** Private from the start: someone who opened the file earlier could go on reading it. */
function makePrivateFile(path: string): void {
  makeFolder(dirname(path))
  closeSync(openSync(path, 'a', 0o600))
  chmodSync(path, 0o600)
}

/** Tries again while another process has a lock, without blocking this one. Throws after `BUSY_LIMIT_MS`. */
export async function patiently<T>(attempt: () => T): Promise<T> {
  const until = performance.now() + BUSY_LIMIT_MS
  for (;;) {
    try {
      return attempt()
    } catch (error) {
      if (!isBusy(error) || performance.now() >= until) throw error
    }
    await pause(BUSY_RETRY_MS)
  }
}

/** Closes a connection and deletes the log, which not every engine does while statements are prepared. */
export function closeDatabase(database: Database): void {
  try {
    database.exec('pragma journal_mode = delete')
  } catch {
    // Another process uses the database. The last one to close deletes the log.
  }
  database.close()
}

export function rollback(database: Database): void {
  try {
    database.exec('rollback')
  } catch {
    // SQLite has already rolled back.
  }
}

// SQLite's messages, because the engines agree on them, but not on error codes.
const BUSY = /database (table |schema )?is locked/
const TEMPORARY = /database or disk is full|disk I\/O error|readonly database|unable to open database file|database is not open/
const DAMAGED = /not a database|malformed/

/** Whether another connection has a lock that this one needs. */
export const isBusy = (error: unknown): boolean => BUSY.test((error as Error).message)
/** Whether the file is damaged, or isn't a SQLite database. */
export const isDamaged = (error: unknown): boolean => DAMAGED.test((error as Error).message)
/** Whether the same call may succeed later: the database is busy, the disk is full, the volume is gone. */
export const isTemporary = (error: unknown): boolean => isBusy(error) || TEMPORARY.test((error as Error).message)

/** Why a database can't be used, with a sentence that says what to do. */
export function refusal(path: string, cause: unknown): StorageRefused {
  if (cause instanceof StorageRefused) return cause
  const { message } = cause as Error
  if (isDamaged(cause)) {
    return new StorageRefused(
      `The database ${path} is damaged, or is not a SQLite database: restore a backup, or set DATABASE_URL to another file.`,
      { cause },
    )
  }
  if (isBusy(cause)) {
    return new StorageRefused(`The database ${path} is locked by another program: stop it, then start again.`, { cause })
  }
  return new StorageRefused(`The database ${path} can't be opened (${message}): check that its folder is writable, or set DATABASE_URL.`, {
    cause,
  })
}
