/** The contract of the storage: a small store for each kind of record. The other files `*-stores.ts` have those of clients, of people, and so on. */
import type { AuditEvent, EventKey } from '../domain/audit/audit-event.ts'
import type { Consent } from '../domain/authorization/consent.ts'
import type { LogoutNotice } from '../domain/logout/logout-notice.ts'
import type { Resource } from '../domain/resource/resource.ts'
import type { StoredKey } from '../domain/key/stored-key.ts'
import type { EventsOf, Instants, Lifetimes, ListedConsent, ResourceUpdate, TotalCounts } from './inputs.ts'
import type { AccessRules, Groups } from './access-stores.ts'
import type { DriverLoad } from './driver.ts'
import type { RecordKind } from './unchanged-record.ts'
import type { ClientTokens, DeviceAuthorizations, Grants, PushedRequests } from './grant-stores.ts'
import type { AdmissionRules, Identities, IdentityChecks, ProviderAttempts, Providers } from './provider-stores.ts'
import type { Clients, InitialAccessTokens } from './client-stores.ts'
import type { Factors, Links, LoginAttempts, PersonalTokens, Sessions, Users } from './user-stores.ts'

export type * from './inputs.ts'
export { RecordChanged } from './unchanged-record.ts'
export type * from './grant-stores.ts'
export type * from './access-stores.ts'
export type * from './provider-stores.ts'
export type * from './client-stores.ts'
export type * from './user-stores.ts'

/**
 * Absent is `undefined`. What may happen only once is a single method, whose outcome is a value. Instants are arguments, in ms: the
 * storage has no clock.
 *
 * Verbs: `find list count is has` change nothing. `insert` stores what is new, `save update rename` replace, `delete` removes one,
 * `sweep evict reset` remove many, `forget` those that belong together; deleting what is gone is no error. The rest are transitions:
 * `issue redeem rotate replace confirm get reencrypt` of secrets, `revoke refuse disconnect disable enable unlock allow deny change renew end
 * join leave follow` of states, `approve wait` of clients, `admit link unlink log` of identities, `take claim settle receive use touch count forgive clear` of
 * what is counted, delivered or held.
 *
 * A promise resolves once its effects, and all rows that it read, are durable and visible to all nodes. It rejects with
 * `StorageUnavailable` if the database can't respond: then a change has happened completely or not at all. It rejects with another
 * error if the database refuses, for example an `insert` with an id that is taken, or for a user who is gone: then nothing has
 * happened.
 */
export interface Storage {
  readonly clients: Clients
  readonly users: Users
  readonly sessions: Sessions
  readonly logoutNotices: LogoutNotices
  readonly factors: Factors
  readonly consents: Consents
  readonly grants: Grants
  readonly clientTokens: ClientTokens
  readonly deviceAuthorizations: DeviceAuthorizations
  readonly pushedRequests: PushedRequests
  readonly resources: Resources
  readonly groups: Groups
  readonly providers: Providers
  readonly identities: Identities
  readonly identityChecks: IdentityChecks
  readonly providerAttempts: ProviderAttempts
  readonly accessRules: AccessRules
  readonly admissionRules: AdmissionRules
  readonly keys: Keys
  readonly loginAttempts: LoginAttempts
  readonly leases: Leases
  readonly replays: Replays
  readonly links: Links
  readonly initialAccessTokens: InitialAccessTokens
  readonly personalTokens: PersonalTokens
  readonly auditEvents: AuditEvents
  readonly totals: Totals
  /**
   * Deletes expired records, at most `limit` for each reason; returns how many, which is 0 when nothing is left to do. Several nodes
   * may do so at once. Dead grants stay for a day, so that a replay can be distinguished from an unknown token, and so do expired
   * devices, without what they asked for. Keeps clients that
   * have a grant, and those that an operator added. The number of deleted clients is an audit event.
   */
  sweep(now: number, limit: number, ttl: Lifetimes): Promise<number>
  /** Resolves if the database responds. Rejects if it is a copy, or was set, to be read only. */
  ping(): Promise<void>
  /** A storage whose first change rejects with `RecordChanged`, and does nothing, unless the record is as it is now. */
  whileUnchanged(kind: RecordKind, key: string): Promise<Storage>
  /** How much room the database takes, in bytes, and the number of its newest migration. */
  measure(): Promise<{ size: number; version: number }>
  /** What goes on at this instant, for metrics. */
  load(): DriverLoad
  /** Waits for calls in progress; later ones get `StorageUnavailable`. */
  close(): Promise<void>
}

export interface LogoutNotices {
  /** Records that a client takes part in a session, until `expiresAt`. Doing so again changes nothing. */
  insert(notice: LogoutNotice, expiresAt: number): Promise<void>
  /**
   * Takes at most `limit` due notices, of one session or of all, the oldest first. No other caller, on any node, gets them before their
   * next attempt is due. The attempts become less frequent, and stop a day after the end of the session.
   */
  claim(now: number, limit: number, sid?: string): Promise<LogoutNotice[]>
  delete(notice: LogoutNotice): Promise<void>
}

export interface Consents {
  find(userId: string, clientId: string, receiver: string): Promise<Consent | undefined>
  /** Replaces what the user has allowed the client for this receiver; the last caller wins. */
  save(consent: Consent, now: number): Promise<void>
  /** At most `limit` consents of a user, the latest first. */
  list(userId: string, limit: number): Promise<ListedConsent[]>
  /** Forgets what a user has allowed a client, for all receivers; returns whether there was anything. */
  forget(userId: string, clientId: string, event?: AuditEvent): Promise<boolean>
}

export interface Resources {
  /** `false` if the identifier is taken in any spelling; at most one caller, on any node, gets `true` for it. */
  insert(resource: Resource, event?: AuditEvent): Promise<boolean>
  find(id: string): Promise<Resource | undefined>
  /** In any spelling of the identifier. */
  findByIdentifier(identifier: string): Promise<Resource | undefined>
  /** All resources, sorted by identifier. */
  list(): Promise<Resource[]>
  /** Changes everything but the id, the identifier and the secret; `false` if the resource has changed since `before`. */
  update(update: ResourceUpdate, event?: AuditEvent): Promise<boolean>
  /** Replaces the secret; the previous one ends at once. Returns whether the resource exists. */
  rotateSecret(id: string, secretHash: string, now: number, event?: AuditEvent): Promise<boolean>
  /** Deletes a resource, which ends its opaque access tokens; returns whether it existed. */
  delete(id: string, event?: AuditEvent): Promise<boolean>
}

export interface Keys {
  /** `false` if the algorithm already has a key of that generation; at most one caller, on any node, gets `true` for it. */
  insert(key: StoredKey, event?: AuditEvent): Promise<boolean>
  /** All keys, sorted by algorithm and generation. */
  list(): Promise<StoredKey[]>
  /** Revokes a key and deletes its private part; at most one caller, on any node, gets `true`. */
  revoke(kid: string, now: number, event?: AuditEvent): Promise<boolean>
  /** Deletes the private part of a key that will never sign again. */
  deletePrivateKey(kid: string): Promise<void>
  delete(kid: string): Promise<void>
  /** Deletes all keys, and whatever else is encrypted. Returns whether there was a key. */
  clear(event?: AuditEvent): Promise<boolean>
  /** Stores an encrypted text under a name, unless there is one already. Returns the stored one, which is the same on all nodes. */
  getOrInsertSecret(name: string, encrypted: string): Promise<string>
  /** Replaces an encrypted text, of a private key or a stored secret, wherever it still is. */
  reencrypt(before: string, after: string): Promise<void>
}

export interface Leases {
  /**
   * Takes or renews a lease until `expiresAt`. Until then, only its holder gets `true`. After that, exactly one caller, on any node,
   * takes it over.
   */
  take(name: string, holder: string, now: number, expiresAt: number): Promise<boolean>
  /** Gives a lease back, if the holder has it. */
  delete(name: string, holder: string): Promise<void>
}

export interface Replays {
  /** Uses an id that may be used once. At most one caller, on any node, gets `true` for it, until the sweep after `expiresAt`. */
  use(id: string, expiresAt: number): Promise<boolean>
}

export interface AuditEvents {
  insert(event: AuditEvent): Promise<void>
  /** Counts an event that has happened again. If somebody receives events, it is due again at `dueAt`, unless it still is. */
  countAgain(event: EventKey, now: number, dueAt: number): Promise<void>
  /** At most `limit` events since an instant, the newest first, optionally of one user or of one client, and of those before another. */
  list(of: EventsOf): Promise<AuditEvent[]>
  /** At most `limit` events that follow one, the oldest first. */
  listAfter(event: EventKey, limit: number): Promise<AuditEvent[]>
  /**
   * Takes at most `limit` events that are due, the oldest first. No other caller, on any node, gets them before their next attempt is due.
   * Attempts become less frequent, until one an hour is left.
   */
  claim(now: number, limit: number): Promise<AuditEvent[]>
  /** They have been received, as they are here. */
  settle(events: readonly AuditEvent[]): Promise<void>
  /** Whether somebody receives events from now on. What is still due is forgotten if not. */
  receive(wanted: boolean, now: number): Promise<void>
}

/** How many there are, for an operator: it takes a moment where there are many. */
export interface Totals {
  /** Of everything. `since` is the beginning of what counts as today; users, clients and grants are counted up to `most`, if that is given. */
  count(at: Instants & { since: number; most?: number }): Promise<TotalCounts>
  /** Of a user. */
  countOf(userId: string, at: Instants): Promise<Pick<TotalCounts, 'grants' | 'sessions'>>
}

/** The database can't respond now, because it is unreachable, busy or full: 503, not 500. */
export class StorageUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StorageUnavailable'
  }
}

/** The database can't be used at all; `message` tells the operator what to do. */
export class StorageRefused extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StorageRefused'
  }
}
