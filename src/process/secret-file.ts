/** The server's own secret if SECRET is not set: created once, and kept beside the SQLite database. */
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { newSecret } from '../crypto/random.ts'
import { isInMemory, sqlitePathOf } from '../domain/protocol/sqlite-path.ts'
import { StorageRefused } from '../storage/storage.ts'

/** The least that SECRET must have. A shorter file means that the disk was full, or the machine stopped, while it was written. */
const MIN_LENGTH = 32

/**
 * The configured secret, or the one in the file `secret` in the database's folder, which is created if missing (mode 0600).
 *
 * @throws {StorageRefused} if the file can't be read or created, or is incomplete
 */
export function resolveSecret(configured: string | undefined, databaseUrl: string): string {
  if (configured !== undefined) return configured
  if (isInMemory(databaseUrl)) return newSecret()
  const file = secretPath(databaseUrl)
  try {
    writeFileSync(file, newSecret(), { mode: 0o600, flag: 'wx', flush: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw refused(file, error)
  }
  const secret = read(file)
  if (secret.length >= MIN_LENGTH) return secret
  throw new StorageRefused(
    `The secret file ${file} is incomplete: restore it from a backup; or, if the server never ran with it, delete it and start again.`,
  )
}

/** The secret file of an SQLite database. */
export const secretPath = (databaseUrl: string): string => join(dirname(sqlitePathOf(databaseUrl)!), 'secret')

/** Others who can write the file choose the secret; in a shared folder such as /tmp it may be theirs altogether. */
function checkOwner(file: string): void {
  if (process.getuid === undefined) return // Windows has neither
  const { mode, uid } = statSync(file)
  // The folder's owner decides what is in it, whichever user runs the command line.
  const trusted = [process.getuid(), 0, statSync(dirname(file)).uid]
  const stranger = trusted.includes(uid) ? undefined : 'belongs to another account'
  const problem = (mode & 0o002) !== 0 ? 'can be written by every account' : stranger
  if (problem !== undefined)
    throw new StorageRefused(
      `The secret file ${file} ${problem}: make sure that its content is yours, then change its owner and mode (chmod 600).`,
    )
}

function read(file: string): string {
  try {
    checkOwner(file)
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw error instanceof StorageRefused ? error : refused(file, error)
  }
}

function refused(file: string, cause: unknown): StorageRefused {
  return new StorageRefused(
    `The secret file ${file} can't be used (${(cause as Error).message}): make its folder writable, or set SECRET.`,
    { cause },
  )
}
