/** The contract of the storage: a small store for each kind of record. grant-stores.ts, provider-stores.ts and access-stores.ts have those of their kind. */
import type { AuditEvent, EventKey } from '../domain/audit/audit-event.ts'
import type { SearchKeys } from '../domain/client/search-keys.ts'
import type { Client, RegisteredClient } from '../domain/client/client.ts'
import type { Consent } from '../domain/authorization/consent.ts'
import type { InitialAccessToken } from '../domain/client/initial-access-token.ts'
import type { Link } from '../domain/link/link.ts'
import type { LogoutNotice } from '../domain/logout/logout-notice.ts'
import type { FactorsOf, OneTimeCodes, Passkey } from '../domain/user/factors.ts'
import type { User } from '../domain/user/user.ts'
import type { Resource } from '../domain/resource/resource.ts'
import type { PersonalToken } from '../domain/token/personal-token.ts'
import type { Session } from '../domain/user/session.ts'
import type { StoredKey } from '../domain/key/stored-key.ts'
import type {
  Asking,
  ApprovedLive,
  ClientKey,
  ClientUpdate,
  ConsoleInstants,
  EventsOf,
  FetchedDocument,
  HeldPersonalToken,
  Instants,
  Lifetimes,
  FoundClient,
  LiveBatch,
  ListedConsent,
  ListKey,
  ListedLink,
  ListedSession,
  LiveSession,
  PasswordChange,
  ResourceUpdate,
  RoleChange,
  SecretRotation,
  SetUpBy,
  SessionQuery,
  TotalCounts,
  WaysIn,
} from './inputs.ts'
import type { AccessRules, Groups } from './access-stores.ts'
import type { DriverLoad } from './driver.ts'
import type { RecordKind } from './unchanged-record.ts'
import type { ClientTokens, DeviceAuthorizations, Grants, PushedRequests } from './grant-stores.ts'
import type { AdmissionRules, Identities, IdentityChecks, ProviderAttempts, Providers } from './provider-stores.ts'

export type * from './inputs.ts'
export { RecordChanged } from './unchanged-record.ts'
export type * from './grant-stores.ts'
export type * from './access-stores.ts'
export type * from './provider-stores.ts'

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

/** An `event` is stored if, and only if, the change happens. This is true for all stores. */
export interface Clients {
  insert(client: Client, event?: AuditEvent): Promise<void>
  /**
   * Inserts a client that all registrations with the same key share, or finds the existing one, and refreshes its `createdAt`. All
   * callers with one key, on any node, get the same client. The stored event names that client.
   */
  insertShared(client: RegisteredClient, shareKey: string, event?: AuditEvent): Promise<RegisteredClient>
  /**
   * Stores a client's metadata document; the first fetch is the client's creation. Returns the client as it is stored now: an older
   * fetch doesn't replace a newer one, a document doesn't replace a client of another origin, and a disabled client stays disabled.
   */
  saveDocument(document: FetchedDocument): Promise<Client>
  /** The client, in any state. */
  find(id: string): Promise<Client | undefined>
  /** At most `limit` clients that follow `after`, the newest first. `search` is text in the id or the metadata, in any case. */
  list(page: { after?: Pick<Client, 'id' | 'createdAt'>; search?: string; limit: number; isWaiting?: boolean }): Promise<Client[]>
  count(): Promise<number>
  /**
   * Makes room: deletes at most `limit` clients, first the oldest ones that no user ever allowed, then the longest idle ones that have
   * no grant and weren't used for a day. Returns how many. Keeps clients that have a grant, and those that an operator added.
   */
  evict(limit: number, now: number): Promise<number>
  /** Disables a client and ends its grants. Registering the same metadata makes another client. Returns whether it was enabled. */
  disable(id: string, now: number, event?: AuditEvent): Promise<boolean>
  /** Enables a client, without its former grants and tokens. Returns whether it was disabled. */
  enable(id: string, now: number, event?: AuditEvent): Promise<boolean>
  /** Records that a client that nobody decided about waits for an operator. */
  wait(id: string): Promise<void>
  /**
   * Approves a client, if it still is as the operator has seen it and is enabled; returns whether it wasn't approved before. The approval ends when the
   * client becomes another one (`update`).
   */
  approve(seen: Pick<Client, 'id' | 'metadata'>, event?: AuditEvent): Promise<boolean>
  /** Refuses a client and ends its grants and tokens; returns whether it wasn't refused before. */
  refuse(id: string, now: number, event?: AuditEvent): Promise<boolean>
  countWaiting(): Promise<number>
  /** At most `limit` clients with ids behind `after` that begin with `prefix`, by their ids. */
  listFrom(page: { after?: string | undefined; prefix?: string | undefined; limit: number }): Promise<Client[]>
  /** At most `limit` clients that were used, the last used first. */
  listUsed(page: { after?: { at: number; id: string } | undefined; limit: number }): Promise<Client[]>
  /**
   * At most `limit` clients whose key (domain/client/search-keys.ts) begins with `prefix`, of those that somebody allowed, an operator made or was
   * asked about; those with the same key by age, the newest first.
   */
  listByKey(by: keyof SearchKeys, prefix: string, page: { after?: ClientKey | undefined; limit: number }): Promise<FoundClient[]>
  /** The same of all others, the newest first, if they are among the newest `among` of those. */
  listUnused(by: keyof SearchKeys, prefix: string, page: { among: number; limit: number }): Promise<Client[]>
  /** Approves those of a batch of clients that wait, or that nobody decided about, and have a live grant. `undefined` after the last batch. */
  approveLive(batch: LiveBatch, now: number): Promise<ApprovedLive | undefined>
  /** The rule about clients that was in force last. */
  findRule(): Promise<string | undefined>
  saveRule(rule: string, now: number): Promise<void>
  /** Records that a client got a token for itself: it is in use, although no user may ever allow it. */
  touch(id: string, now: number): Promise<void>
  /**
   * Replaces metadata, secrets and registration access tokens, if the client is enabled and still has the secret and the registration
   * access tokens of `before`. If these change, at most one of the callers with the same `before`, on any node, ever gets `true`.
   */
  update(update: ClientUpdate, event?: AuditEvent): Promise<boolean>
  /** Records that the current registration access token was used, which ends the previous one. */
  confirmRegistrationAccessToken(id: string, registrationAccessTokenHash: string): Promise<void>
  /** Replaces the secret of a client; `false` if there is no such client, or it has no secret. */
  rotateSecret(id: string, rotation: SecretRotation, event?: AuditEvent): Promise<boolean>
  /**
   * Deletes a client with its consents, grants and tokens; returns whether it existed. Its records are deleted first, in steps as by
   * `sweep`, because a client can have many. If a step fails, the client still exists, and calling again goes on.
   */
  delete(id: string, event?: AuditEvent): Promise<boolean>
}

export interface Users {
  /** `false` if the name is taken; at most one caller, on any node, gets `true` for a name. */
  insert(user: User, event?: AuditEvent): Promise<boolean>
  /** The user, in any state. */
  find(id: string): Promise<User | undefined>
  findByUsername(username: string): Promise<User | undefined>
  /** At most ten users with an address, in lower case, in any state: those of whom it is verified first, and the oldest. */
  findByEmail(email: string): Promise<User[]>
  /** Those who are owners by their role or by the configuration, in any state and order. */
  listOwners(): Promise<User[]>
  /** All users, sorted by name. */
  list(): Promise<User[]>
  /** At most `limit` users whose names follow `after` and begin with `prefix`, sorted by name, in any state. */
  listFrom(page: { readonly after?: string | undefined; readonly prefix?: string | undefined; readonly limit: number }): Promise<User[]>
  /** The user in the configuration, which the first start creates. */
  findAdministrator(): Promise<User | undefined>
  /**
   * Changes name, e-mail address and profile, and ends the user's sessions, and links to another address; `false` if there is no such user or the name is taken. At
   * most one caller, on any node, gets a name.
   */
  update(user: Pick<User, 'id' | 'username' | 'profile' | 'email' | 'emailVerified'>, now: number, event?: AuditEvent): Promise<boolean>
  /** Changes e-mail address and profile, and keeps the sessions: a user's own change. Returns whether the user exists. */
  updateOwn(user: Pick<User, 'id' | 'profile' | 'email' | 'emailVerified'>, now: number, event?: AuditEvent): Promise<boolean>
  /** Changes the password and ends the user's sessions and unused resets, and all grants if asked to; returns whether the user exists. */
  changePassword(id: string, change: PasswordChange, now: number, event?: AuditEvent): Promise<boolean>
  /**
   * Gives a user another role, or none, and ends the user's sessions; not to whom the configuration names. `false` if there is no such
   * user, the role is no longer `before`, or it would leave no enabled owner: `disable` and `delete` are `false` then, too. At most one of
   * two owners, on any nodes, who end each other's role gets `true`.
   */
  changeRole(id: string, change: RoleChange, now: number, event?: AuditEvent): Promise<boolean>
  /** Disables a user and ends all sessions, grants and unused links, also those that are made meanwhile. Returns whether the user was enabled. */
  disable(id: string, now: number, event?: AuditEvent): Promise<boolean>
  /** Enables a user, without the former sessions, grants and links. Returns whether the user was disabled. */
  enable(id: string, now: number, event?: AuditEvent): Promise<boolean>
  /** Forgets the attempts counted under `subject`, and in which browsers the user has logged in. Returns whether the user exists. */
  unlock(id: string, subject: string, now: number, event?: AuditEvent): Promise<boolean>
  /** Deletes a user with everything that belongs to it, in steps as a client; returns whether the user existed. */
  delete(id: string, now: number, event?: AuditEvent): Promise<boolean>
}

/**
 * A session ends by `end`, or by a change of its user. In the same unit of work, OpenID grants without `offline_access` that began in
 * the session end, and its logout notices become due. A session that just expires ends nothing else.
 */
export interface Sessions {
  insert(session: Session): Promise<void>
  /** Gives a session of the same user a new id, and keeps its `sid`; returns whether there was one. */
  renew(idHash: string, session: Omit<Session, 'sid'>): Promise<boolean>
  /**
   * The session with its user and the user's groups, if it hasn't expired, was seen after `idleSince`, and the user is enabled.
   *
   * @param asking for whose consent of the user is brought along
   */
  findLive(idHash: string, now: number, idleSince: number, asking?: Asking): Promise<LiveSession | undefined>
  /** Records that the session was seen; never with an earlier instant. */
  touch(idHash: string, now: number): Promise<void>
  /** Opens the console within a session, in place of an earlier opening. Returns whether there is such a session. */
  saveConsole(idHash: string, consoleHash: string, now: number): Promise<boolean>
  /** The session in which the console was opened, as by `findLive`, if the console was seen after `consoleIdleSince`. */
  findConsole(consoleHash: string, at: ConsoleInstants): Promise<LiveSession | undefined>
  /** Records that the console was seen, and with it its session; never with an earlier instant. */
  touchConsole(consoleHash: string, now: number): Promise<void>
  /** Closes the console; the session goes on. Returns whether it was open. */
  endConsole(consoleHash: string): Promise<boolean>
  /** At most `limit` live sessions: the newest of a user first; of all, those that live longest. */
  list(query: SessionQuery): Promise<ListedSession[]>
  /** Returns whether the session existed; at most one caller, on any node, gets `true`. */
  end(idHash: string, now: number, event?: AuditEvent): Promise<boolean>
  /** Ends all sessions of a user but `kept`, also expired ones; returns whether there were any. */
  endOf(userId: string, now: number, event?: AuditEvent, kept?: string): Promise<boolean>
}

/**
 * What people log in with besides a password. A new factor, and the end of all of them, end the user's sessions but for the one in
 * which it was set up.
 */
export interface Factors {
  listOf(userId: string): Promise<FactorsOf>
  findPasskey(id: string): Promise<Passkey | undefined>
  /** Whether anybody has a passkey that was made for another host. */
  hasPasskeysOfOthers(rpId: string): Promise<boolean>
  /** `false` if there is such a passkey, the user has `atMost` already, or the link was used. */
  insertPasskey(passkey: Passkey, atMost: number, event?: AuditEvent, by?: SetUpBy): Promise<boolean>
  /**
   * Records a use. `false` if the counter isn't ahead of the stored one, unless both are 0: somebody has a copy of the key. At most one
   * caller, on any node, gets `true` for a counter.
   */
  usePasskey(id: string, use: Pick<Passkey, 'counter' | 'backedUp'>, now: number): Promise<boolean>
  /** Returns whether the user has such a passkey. */
  renamePasskey(userId: string, id: string, name: string): Promise<boolean>
  /** `last` if the user would have no way to log in; then nothing has happened. */
  deletePasskey(userId: string, id: string, ways: WaysIn, event?: AuditEvent): Promise<'deleted' | 'last' | 'unknown'>
  /** Stores the secret of one-time codes in place of an earlier one; `false` if the link was used. */
  saveCodes(codes: OneTimeCodes, event?: AuditEvent, by?: SetUpBy): Promise<boolean>
  /** Uses the code of a step; at most one caller, on any node, gets `true` for it, and none for an earlier one. */
  useStep(userId: string, step: number): Promise<boolean>
  /** Returns whether the user had one-time codes. */
  deleteCodes(userId: string, event?: AuditEvent): Promise<boolean>
  /** Replaces all recovery codes of a user. */
  saveRecoveryCodes(userId: string, hashes: readonly string[], now: number, event?: AuditEvent): Promise<void>
  /** At most one caller, on any node, gets `true` for a code. */
  useRecoveryCode(userId: string, hash: string, now: number, event?: AuditEvent): Promise<boolean>
  /** Deletes all factors of a user; returns whether there were any. */
  reset(userId: string, now: number, event?: AuditEvent): Promise<boolean>
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

export interface LoginAttempts {
  /** Counts an attempt in the current window, or opens one that ends at `expiresAt`. No two callers get the same number in a window. */
  count(subject: string, now: number, expiresAt: number): Promise<{ attempts: number; expiresAt: number }>
  /** Uncounts an attempt that succeeded; the number never falls below 0. */
  forgive(subject: string): Promise<void>
  /** Forgets the subject's attempts; returns what was counted, also in a window that is over. At most one caller gets it. */
  clear(subject: string): Promise<{ attempts: number; expiresAt: number } | undefined>
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

/** What comes with the user whom an invitation makes. */
export interface Newcomer {
  readonly event?: AuditEvent | undefined
  /** The event of joining the group. */
  readonly joined?: AuditEvent | undefined
  /** In place of a password. */
  readonly passkey?: Passkey | undefined
}

export interface Links {
  insert(link: Link, event?: AuditEvent): Promise<void>
  /** The link in any state: used and expired ones, too. */
  find(tokenHash: string): Promise<Link | undefined>
  /** The newest invitation for this address (in lower case) that can still be used. */
  findInvitation(address: string, now: number): Promise<Link | undefined>
  /** At most `limit` links that can still be used, those that count longest first. */
  list(page: { now: number; limit: number; after?: ListKey | undefined }): Promise<ListedLink[]>
  /** Inserts a link in place of an unused one; at most one caller, on any node, gets `true`. */
  replace(before: string, link: Link): Promise<boolean>
  /**
   * Makes the user of an invitation, in the group that it names. `taken` leaves the link as it was: the name, or the passkey, belongs to
   * somebody. At most one caller, on any node, gets `done` for a link.
   */
  redeemInvitation(tokenHash: string, user: User, now: number, newcomer?: Newcomer): Promise<'done' | 'taken' | 'gone'>
  /** Changes the password, as `changePassword` of users; at most one caller, on any node, gets `true` for a link. */
  redeemReset(tokenHash: string, change: PasswordChange, now: number, event?: AuditEvent): Promise<boolean>
  /** Gives the user the address, as verified; at most one caller, on any node, gets `true` for a link. */
  confirmAddress(tokenHash: string, now: number, event?: AuditEvent): Promise<boolean>
  /** Deletes an unused link; returns whether there was one. */
  delete(tokenHash: string, event?: AuditEvent): Promise<boolean>
}

export interface InitialAccessTokens {
  /** `false` if the name is taken. */
  insert(token: InitialAccessToken, event?: AuditEvent): Promise<boolean>
  find(tokenHash: string): Promise<InitialAccessToken | undefined>
  /** All tokens, sorted by name. */
  list(): Promise<InitialAccessToken[]>
  /** Registers a client with a token. At most as many callers, on all nodes, get `true` as the token has uses; none once it expires. */
  redeem(tokenHash: string, now: number, client: Client, event?: AuditEvent): Promise<boolean>
  /** Deletes a token; clients that it registered stay. Returns whether it existed. */
  delete(name: string, event?: AuditEvent): Promise<boolean>
}

/** Access tokens that people made for their own scripts. They end when their user is disabled, and with a new password if that ends grants. */
export interface PersonalTokens {
  /** Rejects if the user is gone. */
  insert(token: PersonalToken, event?: AuditEvent): Promise<void>
  /** A live token with its user, who is enabled. */
  find(tokenHash: string, now: number): Promise<HeldPersonalToken | undefined>
  /** The same for a token of which another one, with this `jti`, was made; `undefined` if that was revoked. */
  findById(id: string, jti: string, now: number): Promise<HeldPersonalToken | undefined>
  /** At most `limit` live tokens: the newest of a user first; of all, those that live longest. */
  list(query: {
    userId?: string | undefined
    now: number
    limit: number
    after?: ListKey | undefined
  }): Promise<{ token: PersonalToken; username: string }[]>
  /** Records that a token was used. */
  touch(id: string, now: number): Promise<void>
  /** Ends a token of this user. At most one caller, on any node, gets `true`. */
  revoke(id: string, userId: string, event?: AuditEvent): Promise<boolean>
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
