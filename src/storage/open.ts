/** Opens the storage at a URL. Only this file knows the engines. */
import { sqlitePathOf } from '../domain/protocol/sqlite-path.ts'
import { createAuditEvents } from './stores/audit-events.ts'
import { createClientTokens } from './stores/clients/client-tokens.ts'
import { createClients } from './stores/clients/clients.ts'
import { createConsents } from './stores/grants/consents.ts'
import { createDeviceAuthorizations } from './stores/grants/device-authorizations.ts'
import type { Driver, OnCall } from './driver.ts'
import { createAccessRules } from './stores/access/access-rules.ts'
import { createGroups } from './stores/access/groups.ts'
import { createFactors } from './stores/factors.ts'
import { createGrants } from './stores/grants/grants.ts'
import { createInitialAccessTokens } from './stores/clients/initial-access-tokens.ts'
import { createKeys } from './stores/keys.ts'
import { createLeases } from './stores/leases.ts'
import { createLinks } from './stores/links.ts'
import { createLoginAttempts } from './stores/login-attempts.ts'
import { createLogoutNotices } from './stores/logout-notices.ts'
import { createAdmissionRules } from './stores/providers/admission-rules.ts'
import { createIdentities } from './stores/providers/identities.ts'
import { createIdentityChecks } from './stores/providers/identity-checks.ts'
import { createProviderAttempts } from './stores/providers/provider-attempts.ts'
import { createProviders } from './stores/providers/providers.ts'
import { observeDriver } from './observed-driver.ts'
import type { Observe } from './observed-driver.ts'
import { createPersonalTokens } from './stores/personal-tokens.ts'
import { createPushedRequests } from './stores/grants/pushed-requests.ts'
import { createReplays } from './stores/replays.ts'
import { createResources } from './stores/resources.ts'
import { createSessions } from './stores/sessions.ts'
import { StorageRefused } from './storage.ts'
import type { Restored, Storage } from './storage.ts'
import { sweep } from './stores/sweep.ts'
import { createTotals, measure } from './stores/totals.ts'
import type { Direction, Transfer } from './transfer.ts'
import { whileUnchanged } from './unchanged-record.ts'
import { createUsers } from './stores/users.ts'

/** Who hears of the calls of a database, and who is around them. */
export interface Watched {
  readonly onCall?: OnCall | undefined
  readonly observe?: Observe | undefined
}

/**
 * Opens and migrates the storage at `sqlite:PATH`, `sqlite::memory:` or `postgres://USER:PASSWORD@HOST/DATABASE`.
 *
 * @throws {StorageRefused} with a sentence that says what to do
 */
export async function openStorage(databaseUrl: string, { onCall, observe }: Watched = {}): Promise<Storage> {
  const driver = await openDriver(databaseUrl, onCall)
  return createStorage(observe === undefined ? driver : observeDriver(driver, observe))
}

/** Opens the engine of a URL, and migrates its database. */
export async function openDriver(databaseUrl: string, onCall?: OnCall): Promise<Driver> {
  // Only the engine that is used is loaded.
  if (isPostgres(databaseUrl)) return (await import('./postgres/postgres.ts')).openPostgres(databaseUrl, undefined, onCall)
  return (await import('./sqlite/sqlite.ts')).openSqlite(sqlitePath(databaseUrl), undefined, onCall)
}

/**
 * Does `work` with a whole database in one transaction, which is rolled back if `work` throws.
 *
 * @throws {StorageRefused} with a sentence that says what to do
 */
export async function transferStorage<T>(databaseUrl: string, direction: Direction, work: (transfer: Transfer) => Promise<T>): Promise<T> {
  if (isPostgres(databaseUrl)) return (await import('./postgres/postgres-transfer.ts')).transferPostgres(databaseUrl, direction, work)
  return (await import('./sqlite/sqlite-transfer.ts')).transferSqlite(sqlitePath(databaseUrl), direction, work)
}

/**
 * Copies an embedded database of any version, as it is at one instant, into the empty file `copy`.
 *
 * @throws {StorageRefused} with a sentence that says what to do
 */
export async function backUpStorage(databaseUrl: string, copy: string): Promise<void> {
  if (isPostgres(databaseUrl))
    throw new StorageRefused('DATABASE_URL is PostgreSQL: back it up with pg_dump, or write it to a file with export.')
  await (await import('./sqlite/sqlite-copy.ts')).backUpSqlite(sqlitePath(databaseUrl), copy)
}

/**
 * Replaces an embedded database with a copy of `file`.
 *
 * @throws {StorageRefused} with a sentence that says what to do; then nothing has changed
 */
export async function restoreStorage(databaseUrl: string, file: string): Promise<Restored> {
  if (isPostgres(databaseUrl))
    throw new StorageRefused('DATABASE_URL is PostgreSQL: restore a dump with pg_restore, or an export with import.')
  return (await import('./sqlite/sqlite-copy.ts')).restoreSqlite(file, sqlitePath(databaseUrl))
}

const isPostgres = (databaseUrl: string): boolean => /^postgres(ql)?:/.test(databaseUrl)

function sqlitePath(databaseUrl: string): string {
  const path = sqlitePathOf(databaseUrl)
  if (path !== undefined) return path
  throw new StorageRefused('DATABASE_URL must be sqlite:PATH, sqlite::memory: or postgres://USER:PASSWORD@HOST/DATABASE.')
}

/** All stores on one driver. */
export function createStorage(driver: Driver): Storage {
  return {
    clients: createClients(driver),
    users: createUsers(driver),
    sessions: createSessions(driver),
    logoutNotices: createLogoutNotices(driver),
    factors: createFactors(driver),
    consents: createConsents(driver),
    grants: createGrants(driver),
    clientTokens: createClientTokens(driver),
    deviceAuthorizations: createDeviceAuthorizations(driver),
    pushedRequests: createPushedRequests(driver),
    resources: createResources(driver),
    groups: createGroups(driver),
    providers: createProviders(driver),
    identities: createIdentities(driver),
    identityChecks: createIdentityChecks(driver),
    providerAttempts: createProviderAttempts(driver),
    accessRules: createAccessRules(driver),
    admissionRules: createAdmissionRules(driver),
    keys: createKeys(driver),
    loginAttempts: createLoginAttempts(driver),
    leases: createLeases(driver),
    replays: createReplays(driver),
    links: createLinks(driver),
    initialAccessTokens: createInitialAccessTokens(driver),
    personalTokens: createPersonalTokens(driver),
    auditEvents: createAuditEvents(driver),
    totals: createTotals(driver),
    sweep: (now, limit, ttl) => sweep(driver, now, limit, ttl),
    ping: () => driver.ping(),
    whileUnchanged: async (kind, key) => createStorage(await whileUnchanged(driver, kind, key)),
    measure: () => measure(driver),
    load: () => driver.load(),
    close: () => driver.close(),
  }
}
