/** Opens the storage that a URL names: the only file that knows the engines. */
import { createAuditEvents } from './audit-events.ts'
import { createClients } from './clients.ts'
import { createConsents } from './consents.ts'
import { statement } from './driver.ts'
import type { Driver } from './driver.ts'
import { createGrants } from './grants.ts'
import { createInitialAccessTokens } from './initial-access-tokens.ts'
import { createKeys } from './keys.ts'
import { createLeases } from './leases.ts'
import { createLoginAttempts } from './login-attempts.ts'
import { createLogoutNotices } from './logout-notices.ts'
import { createReplays } from './replays.ts'
import { createSessions } from './sessions.ts'
import { StorageRefused } from './storage.ts'
import type { Storage } from './storage.ts'
import { sweep } from './sweep.ts'
import { createUsers } from './users.ts'

const PING = statement('select count(*) as n from schema_version')

/**
 * Opens, migrates and returns the storage of `sqlite:PATH`, `sqlite::memory:` or `postgres://USER:PASSWORD@HOST/DATABASE`.
 *
 * @throws {StorageRefused} with a sentence that says what to do
 */
export async function openStorage(databaseUrl: string): Promise<Storage> {
  return createStorage(await openDriver(databaseUrl))
}

/** The engine of a URL, its database at this version. */
async function openDriver(databaseUrl: string): Promise<Driver> {
  // Each engine is loaded only where it is used.
  if (/^postgres(ql)?:/.test(databaseUrl)) return (await import('./postgres.ts')).openPostgres(databaseUrl)
  const [, path] = /^sqlite:(.+)$/s.exec(databaseUrl) ?? []
  if (path !== undefined) return (await import('./sqlite.ts')).openSqlite(path)
  throw new StorageRefused('DATABASE_URL must be sqlite:PATH, sqlite::memory: or postgres://USER:PASSWORD@HOST/DATABASE.')
}

/** The stores over one driver. */
export function createStorage(driver: Driver): Storage {
  return {
    clients: createClients(driver),
    users: createUsers(driver),
    sessions: createSessions(driver),
    logoutNotices: createLogoutNotices(driver),
    consents: createConsents(driver),
    grants: createGrants(driver),
    keys: createKeys(driver),
    loginAttempts: createLoginAttempts(driver),
    leases: createLeases(driver),
    replays: createReplays(driver),
    initialAccessTokens: createInitialAccessTokens(driver),
    auditEvents: createAuditEvents(driver),
    sweep: (now, limit, ttl) => sweep(driver, now, limit, ttl),
    ping: async () => void (await driver.read(PING, [])),
    close: () => driver.close(),
  }
}
