/** How the installation is: what it holds, how large it is, how old its keys are. */
import { versionNeeds } from '../domain/management/program.ts'
import type { VersionNeed } from '../domain/management/program.ts'
import { ok } from '../domain/protocol/result.ts'
import { newestVersion } from '../storage/migrate.ts'
import type { TotalCounts } from '../storage/storage.ts'
import { liveAt } from './context.ts'
import type { OperationContext } from './context.ts'
import { keyJson, readKeys } from './keys.ts'
import type { ListedKey } from './keys.ts'
import type { Outcome } from './outcome.ts'

export interface Status extends TotalCounts {
  readonly issuer: string
  /** Of the server, and of Node.js; absent where it is part of another program. */
  readonly version: string | undefined
  readonly node: string | undefined
  /** What somebody should do about versions. */
  readonly versionNeeds: readonly VersionNeed[]
  /** Clients that wait for an operator's approval; absent where none is needed. */
  readonly waiting: number | undefined
  /** Of the database, in bytes. */
  readonly size: number
  /** The number of the newest migration. */
  readonly schemaVersion: number
  /** Those that sign, or will. */
  readonly keys: readonly ListedKey[]
}

/** When this process began: what is installed later isn't known to it. */
const KNOWN_SCHEMA = newestVersion()

/** A megabyte has a million bytes. */
export const inMegabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`

/**
 * Today began at midnight, UTC.
 *
 * @param most users, clients and grants are counted up to this; all of them, if it is left out
 */
export async function readStatus(context: OperationContext, { most }: { readonly most?: number } = {}): Promise<Outcome<Status>> {
  const at = liveAt(context)
  const { storage, config, program } = context
  const counts = await storage.totals.count({ ...at, since: new Date(at.now).setUTCHours(0, 0, 0, 0), ...(most !== undefined && { most }) })
  const { size, version: schemaVersion } = await storage.measure()
  const inUse = (await readKeys(context)).filter(({ state }) => state === 'current' || state === 'next')
  const waiting = config.clients === 'approve' ? await storage.clients.countWaiting() : undefined
  const needs = program === undefined ? [] : versionNeeds(program, at.now, { found: schemaVersion, known: KNOWN_SCHEMA })
  const ours = { issuer: config.issuer, version: program?.version, node: program?.node, versionNeeds: needs }
  return ok({ ...ours, waiting, size, schemaVersion, keys: inUse, ...counts })
}

/** The installation as programs read it. */
export const statusJson = ({ issuer, version, node, versionNeeds: needs, size, schemaVersion, keys, ...counts }: Status) => ({
  version,
  node,
  version_needs: needs.map(({ kind, message }) => ({ kind, message })),
  issuer,
  database: { bytes: size, schema_version: schemaVersion },
  users: counts.users,
  clients: counts.clients,
  clients_waiting: counts.waiting,
  live_grants: counts.grants,
  live_sessions: counts.sessions,
  logins_today: counts.logins,
  failed_logins_today: counts.failedLogins,
  keys: keys.map(keyJson),
})
