/** Backup and restore of SQLite files: copies a database that is in use, and replaces one with another. */
import { existsSync, linkSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { syncFolderOf, writeAtomically } from '../atomic-file.ts'
import { newestVersion } from '../migrate.ts'
import { checkExists, createDatabase, isBusy, isDamaged, patiently, refusal } from './sqlite-database.ts'
import type { Database } from './sqlite-database.ts'
import { StorageRefused } from '../storage.ts'
import type { Restored } from '../storage.ts'
import { makeFolder } from './make-folder.ts'
import { findForeignPart } from './sqlite-schema.ts'

/**
 * Copies the database at `path`, as it is at one instant, into the empty file `copy`. Others may use the database meanwhile.
 *
 * @throws {StorageRefused} with a sentence that says what to do, if the database is missing or unreadable, or the copy is damaged
 */
export async function backUpSqlite(path: string, copy: string): Promise<void> {
  checkExists(path)
  try {
    await copyDatabase(path, copy)
  } catch (error) {
    throw refusal(path, error)
  }
}

/**
 * Replaces the database at `path`, which must not be in use, with a copy of `file`. At every moment, and after a crash, `path` is
 * either the previous database or the restored one.
 *
 * @throws {StorageRefused} with a sentence that says what to do; then nothing has changed
 */
export async function restoreSqlite(file: string, path: string): Promise<Restored> {
  if (!existsSync(file)) throw new StorageRefused(`There is no file ${file}: name one that backup wrote.`)
  makeFolder(dirname(path))
  let locked: Database | undefined
  try {
    return await writeAtomically(path, async (copy) => {
      const sealed = await readBackup(file, copy)
      locked = await lockExclusively(path)
      return { previous: setAside(path), sealed }
    })
  } finally {
    locked?.close()
  }
}

/** Copies a backup and checks it. Returns the private keys in it, as they are encrypted. */
async function readBackup(file: string, copy: string): Promise<string[]> {
  try {
    await copyDatabase(file, copy)
  } catch (error) {
    if (isDamaged(error))
      throw new StorageRefused(`${file} is damaged, or is not a SQLite database: name another backup.`, { cause: error })
    throw new StorageRefused(
      `${file} can't be copied (${(error as Error).message}): check that it can be read, and that the disk has room.`,
      { cause: error },
    )
  }
  const version = readVersion(copy)
  if (version === undefined) throw new StorageRefused(`${file} is the database of another program: name one that backup wrote.`)
  const known = newestVersion()
  if (version > known)
    throw new StorageRefused(
      `${file} has version ${version}, but this program only knows ${known}: install a newer version of the program, then restore again.`,
    )
  const foreign = await findForeignPart(copy, version)
  if (foreign !== undefined)
    throw new StorageRefused(
      `${file} is not as backup wrote it: it differs in the ${foreign}, so somebody else changed it. Name another backup, or look into it.`,
    )
  return readSealed(copy)
}

async function copyDatabase(from: string, to: string): Promise<void> {
  const source = createDatabase(from)
  try {
    await patiently(() => source.exec(`vacuum into '${to.replaceAll("'", "''")}'`))
  } finally {
    source.close()
  }
  const copy = createDatabase(to)
  try {
    const [row] = copy.prepare('pragma integrity_check').all() as { integrity_check: string }[]
    if (row?.integrity_check !== 'ok') throw new Error(`malformed: ${row?.integrity_check}`)
  } finally {
    copy.close()
  }
}

/** The schema version of a database; `undefined` if another program made it. */
function readVersion(path: string): number | undefined {
  const database = createDatabase(path)
  try {
    const [ours] = database.prepare(`select count(*) as n from sqlite_schema where name in ('schema_version', 'signing_keys')`).all() as {
      n: number
    }[]
    if (ours?.n !== 2) return undefined
    return (database.prepare('select max(version) as version from schema_version').all() as { version: number }[])[0]?.version
  } finally {
    database.close()
  }
}

function readSealed(path: string): string[] {
  const database = createDatabase(path)
  try {
    const rows = database.prepare(`select private_jwk from signing_keys where private_jwk <> ''`).all() as { private_jwk: string }[]
    return rows.map(({ private_jwk: sealed }) => sealed)
  } finally {
    database.close()
  }
}

/**
 * Locks the database until it is closed, and moves its log into the file. A process that opens it meanwhile notices that it was
 * moved, and can't write (SQLITE_READONLY_DBMOVED). Nobody can be using a damaged one, so it isn't locked.
 */
async function lockExclusively(path: string): Promise<Database | undefined> {
  if (!existsSync(path)) return undefined
  let database: Database | undefined
  try {
    const opened = (database = createDatabase(path))
    await patiently(() => opened.exec('pragma journal_mode = delete; begin exclusive'))
    return opened
  } catch (error) {
    database?.close()
    if (isDamaged(error)) return undefined
    if (isBusy(error)) throw new StorageRefused(`The database ${path} is in use: stop the server, then restore again.`, { cause: error })
    throw refusal(path, error)
  }
}

/** Gives the database and its log another name. No log may stay behind, because it would be applied to the restored database. */
function setAside(path: string): string | undefined {
  const exists = existsSync(path)
  const aside = `${path}.before-restore-${new Date().toISOString().replace(/[-:.]/g, '')}`
  if (exists) link(path, aside)
  for (const log of ['-wal', '-journal']) {
    if (existsSync(path + log)) renameSync(path + log, aside + log)
  }
  rmSync(`${path}-shm`, { force: true })
  syncFolderOf(path)
  return exists ? aside : undefined
}

/** Adds a second name instead of copying, because closing the file would release SQLite's locks on it (POSIX). */
function link(path: string, name: string): void {
  try {
    linkSync(path, name)
  } catch (cause) {
    throw new StorageRefused(
      `The database ${path} can't be set aside (${(cause as Error).message}): move it away yourself, then restore again.`,
      { cause },
    )
  }
}
