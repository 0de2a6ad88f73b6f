/** The stores of people: accounts, sessions, factors, links and tokens of their own (storage.ts has the others). */
import type { AuditEvent } from '../domain/audit/audit-event.ts'
import type { Link } from '../domain/link/link.ts'
import type { FactorsOf, OneTimeCodes, Passkey } from '../domain/user/factors.ts'
import type { User } from '../domain/user/user.ts'
import type { PersonalToken } from '../domain/token/personal-token.ts'
import type { Session } from '../domain/user/session.ts'
import type {
  Asking,
  ConsoleInstants,
  HeldPersonalToken,
  ListKey,
  ListedLink,
  ListedSession,
  LiveSession,
  PasswordChange,
  RoleChange,
  SetUpBy,
  SessionQuery,
  WaysIn,
} from './inputs.ts'

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

export interface LoginAttempts {
  /** Counts an attempt in the current window, or opens one that ends at `expiresAt`. No two callers get the same number in a window. */
  count(subject: string, now: number, expiresAt: number): Promise<{ attempts: number; expiresAt: number }>
  /** Uncounts an attempt that succeeded; the number never falls below 0. */
  forgive(subject: string): Promise<void>
  /** Forgets the subject's attempts; returns what was counted, also in a window that is over. At most one caller gets it. */
  clear(subject: string): Promise<{ attempts: number; expiresAt: number } | undefined>
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
