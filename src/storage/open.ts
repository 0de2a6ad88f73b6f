/** Opens the storage that a URL names: the only file that knows the engines. */
import { createClients } from './clients.ts'
import { createConsents } from './consents.ts'
import { statement } from './driver.ts'
import type { Driver } from './driver.ts'
import { createGrants } from './grants.ts'
import { createKeys } from './keys.ts'
import { createLoginAttempts } from './login-attempts.ts'
import { migrate } from './migrate.ts'
import { createReplays } from './replays.ts'
import { createSessions } from './sessions.ts'
import { openSqlite } from './sqlite.ts'
import type { SqliteDriver } from './sqlite.ts'
import { StorageRefused } from './storage.ts'
import type { Storage } from './storage.ts'
import { sweep } from './sweep.ts'
import { createUsers } from './users.ts'

const PING = statement('select count(*) as n from schema_version')

/**
 * Opens, migrates and returns the storage of `sqlite:PATH` or `sqlite::memory:`.
 *
 * @throws {StorageRefused} with a sentence that says what to do
 */
export async function openStorage(databaseUrl: string): Promise<Storage> {
  if (!databaseUrl.startsWith('sqlite:')) {
    throw new StorageRefused('DATABASE_URL must be sqlite:PATH or sqlite::memory: (PostgreSQL is not supported yet).')
  }
  const driver = openSqlite(databaseUrl.slice('sqlite:'.length))
  try {
    await migrateSqlite(driver)
  } catch (error) {
    await driver.close()
    throw error
  }
  return createStorage(driver)
}

/** One transaction for all that is missing; a second process waits for the first, then finds nothing to do. */
async function migrateSqlite({ database }: SqliteDriver): Promise<void> {
  database.exec('begin immediate')
  try {
    await migrate({
      kind: 'sqlite3',
      query: async (sql) => database.prepare(sql).all() as Record<string, unknown>[],
      execScript: async (sql) => database.exec(sql),
    })
    database.exec('commit')
  } catch (error) {
    database.exec('rollback')
    throw error
  }
}

/** The stores over one driver. */
export function createStorage(driver: Driver): Storage {
  return {
    clients: createClients(driver),
    users: createUsers(driver),
    sessions: createSessions(driver),
    consents: createConsents(driver),
    grants: createGrants(driver),
    keys: createKeys(driver),
    loginAttempts: createLoginAttempts(driver),
    replays: createReplays(driver),
    sweep: (now, limit, ttl) => sweep(driver, now, limit, ttl),
    ping: async () => void (await driver.read(PING, [])),
    close: () => driver.close(),
  }
}
