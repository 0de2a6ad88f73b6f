/** SQLite databases as files: a consistent copy of one that is in use, and one that takes another's place. */
import { existsSync, linkSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { syncFolderOf, writeAtomically } from '../atomic-file.ts'
import { newestVersion } from '../migrate.ts'
import { checkExists, createDatabase, isBusy, isDamaged, patiently, refusal } from './sqlite-database.ts'
import type { Database } from './sqlite-database.ts'
import { StorageRefused } from '../storage.ts'

/**
 * Copies the database at `path` as it is at one instant, while others read and write it, into the empty file `copy`.
 *
 * @throws {StorageRefused} with a sentence on what to do, if there is none, it can't be read, or the copy isn't sound
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
 * Puts a copy of `file` in the place of the database at `path`, which nobody may be using. At each moment of it, and after
 * a crash, `path` is the database of before or the restored one.
 *
 * @returns where the database of before is now, if there was one
 * @throws {StorageRefused} with a sentence on what to do; then nothing has changed
 */
export async function restoreSqlite(file: string, path: string): Promise<string | undefined> {
  if (!existsSync(file)) throw new StorageRefused(`There is no file ${file}: name one that backup has written.`)
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  let alone: Database | undefined
  try {
    return await writeAtomically(path, async (copy) => {
      await readBackup(file, copy)
      alone = await takeAlone(path)
      return setAside(path)
    })
  } finally {
    alone?.close()
  }
}

async function readBackup(file: string, copy: string): Promise<void> {
  try {
    await copyDatabase(file, copy)
  } catch (error) {
    if (isDamaged(error)) throw new StorageRefused(`${file} is damaged, or is no SQLite database: name another backup.`, { cause: error })
    throw new StorageRefused(
      `${file} can't be copied (${(error as Error).message}): see that it can be read, and that the disk has room.`,
      { cause: error },
    )
  }
  const version = readVersion(copy)
  if (version === undefined) throw new StorageRefused(`${file} is a database, but not of this program: name one that backup has written.`)
  const known = newestVersion()
  if (version > known)
    throw new StorageRefused(
      `${file} is of version ${version}, this program knows ${known}: install the newer program, then restore again.`,
    )
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

/** The version of a database that this program has made; `undefined` for another program's. */
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

/**
 * Keeps everybody else out of the database until it is closed: what was in its log is in the file then. Whoever opens
 * it meanwhile finds that it was moved, and can't write (SQLITE_READONLY_DBMOVED). A damaged one can't be in use.
 */
async function takeAlone(path: string): Promise<Database | undefined> {
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

/** Gives the database, and a log that isn't in it yet, another name. A log must be gone before another database takes this one's. */
function setAside(path: string): string | undefined {
  const there = existsSync(path)
  const aside = `${path}.before-restore-${new Date().toISOString().replace(/[-:.]/g, '')}`
  if (there) link(path, aside)
  for (const log of ['-wal', '-journal']) {
    if (existsSync(path + log)) renameSync(path + log, aside + log)
  }
  rmSync(`${path}-shm`, { force: true })
  syncFolderOf(path)
  return there ? aside : undefined
}

/** A second name rather than a copy: to open and close the file would give up SQLite's locks on it (POSIX). */
function link(path: string, name: string): void {
  try {
    linkSync(path, name)
  } catch (cause) {
    throw new StorageRefused(
      `The database ${path} can't be kept beside (${(cause as Error).message}): move it away yourself, then restore again.`,
      { cause },
    )
  }
}
