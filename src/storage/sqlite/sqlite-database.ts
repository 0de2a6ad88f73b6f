/** Opens an SQLite file: which engine, who may read it, and a sentence when it can't be used. */
import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { DatabaseSyncInstance } from '@photostructure/sqlite'
import { StorageRefused } from '../storage.ts'

export type Database = DatabaseSyncInstance
type Engine = { readonly DatabaseSync: new (path: string) => Database }

/** How long other processes (the CLI, a backup) are waited for, in ms. */
export const BUSY_LIMIT_MS = 2000
/** Pages that are kept in memory, in KiB, as far as there are any: those by which everything is found, however many records there are. */
const CACHE_KIB = 65_536
/** Pages of the log after which they are written into the file, by the commit that brings the last one: requests wait for it. */
const CHECKPOINT_PAGES = 400
/** SQLite's own waiting would stop the whole process: it is off, and we ask again after this time. */
const BUSY_RETRY_MS = 10

/** Node's own SQLite where the runtime has it without a flag, else the package with the same interface. */
const loadEngine = (): Engine =>
  quietly(() => process.getBuiltinModule('node:sqlite') as Engine | undefined) ??
  (createRequire(import.meta.url)('@photostructure/sqlite') as Engine)

/** Loads without Node's remark that its SQLite is experimental: the conformance suite runs on it, so no person needs to hear that. */
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
 * Opens a database file, made if missing and readable by its owner only, or `:memory:`.
 *
 * @throws {StorageRefused} with a sentence on what to do, if it can't be used
 */
export async function openDatabase(path: string): Promise<Database> {
  let database: Database | undefined
  try {
    if (path !== ':memory:') makePrivateFile(path)
    const opened = (database = createDatabase(path))
    // Changing to WAL needs the file alone for a moment: processes that start together take turns.
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

/** A connection as the engine makes it: no mode is set, and a file that is missing is made. */
export const createDatabase = (path: string): Database => new (loadEngine().DatabaseSync)(path)

/** @throws {StorageRefused} if there is no file: a connection would make one */
export function checkExists(path: string): void {
  if (!existsSync(path)) throw new StorageRefused(`There is no database ${path}: set DATABASE_URL to the one that is meant.`)
}

/** Private from its first moment: a file opened earlier by someone else would stay open to them. */
function makePrivateFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  closeSync(openSync(path, 'a', 0o600))
  chmodSync(path, 0o600)
}

/** Repeats what another process keeps us from, without stopping this one; after `BUSY_LIMIT_MS` it throws. */
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

/** Closes a connection, and leaves one file behind: not every engine does so by itself while statements are prepared. */
export function closeDatabase(database: Database): void {
  try {
    database.exec('pragma journal_mode = delete')
  } catch {
    // Another process is at work with it, and the last one to close will do it.
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

// SQLite's own words: the engines agree on them, not on error codes.
const BUSY = /database (table |schema )?is locked/
const PASSING = /database or disk is full|disk I\/O error|readonly database|unable to open database file|database is not open/
const DAMAGED = /not a database|malformed/

/** Whether another connection holds what this one needs. */
export const isBusy = (error: unknown): boolean => BUSY.test((error as Error).message)
/** Whether the file isn't what SQLite has written. */
export const isDamaged = (error: unknown): boolean => DAMAGED.test((error as Error).message)
/** Whether the same call may well succeed later: busy, the disk full, the volume gone. */
export const isPassing = (error: unknown): boolean => isBusy(error) || PASSING.test((error as Error).message)

/** Why a database can't be used, in a sentence that says what to do. */
export function refusal(path: string, cause: unknown): StorageRefused {
  if (cause instanceof StorageRefused) return cause
  const { message } = cause as Error
  if (isDamaged(cause)) {
    return new StorageRefused(
      `The database ${path} is damaged, or is no SQLite database: restore a backup, or set DATABASE_URL to another file.`,
      { cause },
    )
  }
  if (isBusy(cause)) {
    return new StorageRefused(`The database ${path} is held by another program: end it, then start again.`, { cause })
  }
  return new StorageRefused(`The database ${path} can't be opened (${message}): check that its folder is writable, or set DATABASE_URL.`, {
    cause,
  })
}
