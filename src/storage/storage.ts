/**
 * What the server asks of a database: a small store for each kind of record. Absent is `undefined`. Whatever may happen
 * only once is one method here, whose outcome is a value.
 *
 * Verbs: `find list count is` change nothing. `insert` stores what is new, `save update` replace, `delete` removes one, `sweep
 * evict` remove many; deleting what is gone is no error. The rest are transitions: `issue redeem rotate confirm get reencrypt` of
 * secrets, `revoke disable enable allow deny change renew end` of states, `take claim use touch count forgive clear` of what is
 * counted or held.
 *
 * Each promise resolves once its effects, and every row that it read, are durable and seen by all nodes. It rejects with
 * `StorageUnavailable` if the database can't answer: then a change may or may not have happened, and never a part of it. It
 * rejects with another error for what the database refuses, such as an `insert` under an id that is taken or for somebody
 * who is gone: then nothing has happened. Instants are arguments, in ms: the storage has no clock.
 */
import type { AuditEvent } from '../domain/audit/audit-event.ts'
import type { Client, RegisteredClient } from '../domain/client/client.ts'
import type { Consent } from '../domain/authorization/consent.ts'
import type { InitialAccessToken } from '../domain/client/initial-access-token.ts'
import type { LogoutNotice } from '../domain/logout/logout-notice.ts'
import type { UserProfile, User } from '../domain/user/user.ts'
import type { Resource } from '../domain/resource/resource.ts'
import type { Session } from '../domain/user/session.ts'
import type { StoredKey } from '../domain/key/stored-key.ts'
import type { ClientUpdate, FetchedDocument, Lifetimes, ResourceUpdate, SecretRotation } from './inputs.ts'
import type { ClientTokens, DeviceAuthorizations, Grants, PushedRequests } from './grant-stores.ts'

export type * from './inputs.ts'
export type * from './grant-stores.ts'

export interface Storage {
  readonly clients: Clients
  readonly users: Users
  readonly sessions: Sessions
  readonly logoutNotices: LogoutNotices
  readonly consents: Consents
  readonly grants: Grants
  readonly clientTokens: ClientTokens
  readonly deviceAuthorizations: DeviceAuthorizations
  readonly pushedRequests: PushedRequests
  readonly resources: Resources
  readonly keys: Keys
  readonly loginAttempts: LoginAttempts
  readonly leases: Leases
  readonly replays: Replays
  readonly initialAccessTokens: InitialAccessTokens
  readonly auditEvents: AuditEvents
  /**
   * Removes what is over at `now`, at most `limit` records for each reason; returns how many went, 0 when nothing is
   * left to do. Several nodes may do so at once. Dead grants stay for a day, so that a replay is still told from an unknown
   * token. Never goes: a client with a grant, or one that a person made. How many clients went is an audit event.
   */
  sweep(now: number, limit: number, ttl: Lifetimes): Promise<number>
  /** Resolves if the database answers. */
  ping(): Promise<void>
  /** Waits for what is under way; whoever comes later gets `StorageUnavailable`. */
  close(): Promise<void>
}

/** An `event` is kept if, and only if, what it tells about happens. */
export interface Clients {
  insert(client: Client, event?: AuditEvent): Promise<void>
  /**
   * Inserts a client that is shared with all who register under the same key, or finds the one that is there; of callers with
   * one key, on any node, all get the same client, as young as the last of them. The event then names that client.
   */
  insertShared(client: RegisteredClient, shareKey: string, event?: AuditEvent): Promise<RegisteredClient>
  /**
   * Keeps what a client's metadata document says, with the client's first look as its creation; returns the client as it
   * is kept now: an older fetch doesn't replace a newer one, a document doesn't replace a client of another origin, and a
   * disabled client stays disabled.
   */
  saveDocument(document: FetchedDocument): Promise<Client>
  /** The client, in whatever state. */
  find(id: string): Promise<Client | undefined>
  /** At most `limit` clients, the newest first, from the one that follows `after`; `search` is text in its id or its metadata, capitals or not. */
  list(page: { after?: Pick<Client, 'id' | 'createdAt'>; search?: string; limit: number }): Promise<Client[]>
  count(): Promise<number>
  /**
   * Makes room: deletes at most `limit` clients that nobody ever allowed, the oldest first, then such as have no grant left and weren't
   * used for a day, the longest idle first; how many went. Never goes: a client with a grant, or one that a person made.
   */
  evict(limit: number, now: number): Promise<number>
  /** No request from now on; grants end with it, and who registers the same gets another client. Whether it was enabled. */
  disable(id: string, now: number, event?: AuditEvent): Promise<boolean>
  /** Lets a disabled client be used again, without the grants and the tokens that it had. Whether it was disabled. */
  enable(id: string, now: number, event?: AuditEvent): Promise<boolean>
  /** Notes that a client got a token for itself: it is in use, though no person may ever allow it. */
  touch(id: string, now: number): Promise<void>
  /**
   * Replaces metadata, secrets and registration tokens, if the client is enabled and still has the secret and the
   * registration tokens of `before`. Of callers that saw the same client, at most one, on any node, ever gets `true`
   * where one of these changes.
   */
  update(update: ClientUpdate, event?: AuditEvent): Promise<boolean>
  /** Notes that the current registration token was used: the one before ends. */
  confirmRegistrationAccessToken(id: string, registrationAccessTokenHash: string): Promise<void>
  /** Gives a client that has a secret a new one; `false` if there is no such client. */
  rotateSecret(id: string, rotation: SecretRotation, event?: AuditEvent): Promise<boolean>
  /** Deletes the client with its consents, grants and tokens; whether there was one. */
  delete(id: string, event?: AuditEvent): Promise<boolean>
}

export interface Users {
  /** `false` if the name is taken; at most one caller, on any node, gets `true` for a name. */
  insert(user: User): Promise<boolean>
  /** The user, in whatever state. */
  find(id: string): Promise<User | undefined>
  findByUsername(username: string): Promise<User | undefined>
  /** All users in the order of their names. */
  list(): Promise<User[]>
  /** The user that the configuration names, made at the first start. */
  findAdministrator(): Promise<User | undefined>
  /**
   * Changes name, address and profile, and ends the user's sessions; `false` if there is no such user or the name is taken.
   * Of callers who want one name, on any node, at most one gets it.
   */
  update(user: Pick<User, 'id' | 'username' | 'profile' | 'email' | 'emailVerified'>, now: number): Promise<boolean>
  /** Sets a new password and ends the user's sessions; whether there was such a user. */
  changePassword(id: string, passwordHash: string, now: number): Promise<boolean>
  /** No login from now on; sessions and grants end with it, those made meanwhile too. Whether the user was enabled. */
  disable(id: string, now: number): Promise<boolean>
  /** Lets a disabled user log in again, without what was there before. Whether the user was disabled. */
  enable(id: string, now: number): Promise<boolean>
  /** Deletes the user and all that hangs on it; whether there was one. */
  delete(id: string, now: number): Promise<boolean>
}

/**
 * A session ends by `end`, or with what happens to its user; then, in the same unit of work, the OpenID grants that began in it
 * without `offline_access` die, and its logout notices become due. One that merely runs out ends nothing else.
 */
export interface Sessions {
  insert(session: Session): Promise<void>
  /** Goes on with a session of the same user under another id, and under its `sid`; whether there was one. */
  renew(idHash: string, session: Omit<Session, 'sid'>): Promise<boolean>
  /** The session with its user, if it and the user are live: not past its end, not idle since before `idleSince`. */
  findLive(idHash: string, now: number, idleSince: number): Promise<{ session: Session; user: UserProfile } | undefined>
  /** Notes that the session was seen; never turns back. */
  touch(idHash: string, now: number): Promise<void>
  /** Whether there was one; at most one caller, on any node, gets `true`. */
  end(idHash: string, now: number): Promise<boolean>
}

export interface LogoutNotices {
  /** Notes that a client took part in a session, until `expiresAt`. Again is as good as once. */
  insert(notice: LogoutNotice, expiresAt: number): Promise<void>
  /**
   * Takes at most `limit` notices that are due, the oldest first. No other caller, on any node, gets them until their next
   * attempt is due; that is later each time, and a day after the session's end there is none any more.
   */
  claim(now: number, limit: number): Promise<LogoutNotice[]>
  delete(notice: LogoutNotice): Promise<void>
}

export interface Consents {
  find(userId: string, clientId: string): Promise<Consent | undefined>
  /** Replaces what the user allowed the client; the last caller wins. */
  save(consent: Consent, now: number): Promise<void>
}

export interface Resources {
  /** `false` if the identifier is taken, however spelled; at most one caller, on any node, gets `true` for it. */
  insert(resource: Resource, event?: AuditEvent): Promise<boolean>
  find(id: string): Promise<Resource | undefined>
  /** By any spelling of its identifier. */
  findByIdentifier(identifier: string): Promise<Resource | undefined>
  /** All resources in the order of their identifiers. */
  list(): Promise<Resource[]>
  /** Changes everything but the id, the identifier and the secret; `false` if it is no longer as it was `before`. */
  update(update: ResourceUpdate, event?: AuditEvent): Promise<boolean>
  /** Replaces the secret: the earlier one is refused from now on. Whether there was such a resource. */
  rotateSecret(id: string, secretHash: string, now: number, event?: AuditEvent): Promise<boolean>
  /** Deletes the resource; its access tokens that are no JWT are dead from then on. Whether there was one. */
  delete(id: string, event?: AuditEvent): Promise<boolean>
}

export interface Keys {
  /** `false` if the algorithm already has a key of that generation; at most one caller, on any node, gets `true` for it. */
  insert(key: StoredKey, event?: AuditEvent): Promise<boolean>
  /** All keys by algorithm, the newest generation last. */
  list(): Promise<StoredKey[]>
  /** Ends a key at once, and deletes its private part; at most one caller, on any node, gets `true`. */
  revoke(kid: string, now: number, event?: AuditEvent): Promise<boolean>
  /** Deletes the private part of a key that signs no more. */
  deletePrivateKey(kid: string): Promise<void>
  delete(kid: string): Promise<void>
  /** Keeps a sealed text under a name, unless there is one; what all nodes find from then on. */
  getOrInsertSecret(name: string, sealed: string): Promise<string>
  /** Puts a text in the place of a sealed one, a private part or a kept one, wherever that still stands. */
  reencrypt(before: string, after: string): Promise<void>
}

export interface LoginAttempts {
  /** Counts one attempt within the running window (or opens one that ends at `expiresAt`); no two callers, on all nodes, get the same number of one window. */
  count(subject: string, now: number, expiresAt: number): Promise<{ attempts: number; expiresAt: number }>
  /** Takes one attempt back, because it succeeded; never below none. */
  forgive(subject: string): Promise<void>
  /** Forgets the subject's attempts. */
  clear(subject: string): Promise<void>
}

export interface Leases {
  /**
   * Takes or renews the lease until `expiresAt`. While it runs, only its holder, of all nodes, gets `true`; whoever asks
   * after its end takes it over, exactly one.
   */
  take(name: string, holder: string, now: number, expiresAt: number): Promise<boolean>
  /** Gives the lease back, if it is the holder's. */
  delete(name: string, holder: string): Promise<void>
}

export interface Replays {
  /** Uses a name that counts once. At most one caller, on any node, ever gets `true` for it until it is swept after `expiresAt`. */
  use(id: string, expiresAt: number): Promise<boolean>
}

export interface InitialAccessTokens {
  /** `false` if there is one of that name. */
  insert(token: InitialAccessToken, event?: AuditEvent): Promise<boolean>
  find(tokenHash: string): Promise<InitialAccessToken | undefined>
  /** All of them in the order of their names. */
  list(): Promise<InitialAccessToken[]>
  /** Registers a client by the token. No more callers, on all nodes, get `true` than the token has uses, and none once it is over. */
  redeem(tokenHash: string, now: number, client: Client, event?: AuditEvent): Promise<boolean>
  /** Nobody registers by it from now on; its clients stay. Whether there was one. */
  delete(name: string, event?: AuditEvent): Promise<boolean>
}

export interface AuditEvents {
  insert(event: AuditEvent): Promise<void>
  /** The newest `limit` events since that instant, those of one client if one is named; the newest first. */
  list(of: { clientId?: string | undefined; since: number; limit: number }): Promise<AuditEvent[]>
}

/** The database can't answer now (gone, busy, full): 503, not 500. */
export class StorageUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StorageUnavailable'
  }
}

/** The database can't be used at all; `message` says what a person should do. */
export class StorageRefused extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StorageRefused'
  }
}
