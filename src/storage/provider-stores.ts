/** The stores of logins by identity providers (storage.ts has the others). */
import type { StoredAdmissionRule } from '../domain/admission/admission-rule.ts'
import type { AuditEvent } from '../domain/audit/audit-event.ts'
import type { Identity } from '../domain/provider/identity.ts'
import type { ProviderAttempt } from '../domain/provider/provider-attempt.ts'
import type { Provider } from '../domain/provider/provider.ts'
import type { User } from '../domain/user/user.ts'
import type { FollowedUser, IdentityFailure, InUse, ProviderUpdate, WaysIn } from './inputs.ts'

export interface Providers {
  /** `false` if the name is taken; at most one caller, on any node, gets `true` for it. */
  insert(provider: Provider, event?: AuditEvent): Promise<boolean>
  findByName(name: string): Promise<Provider | undefined>
  /** All providers in any state, sorted by name. */
  list(): Promise<Provider[]>
  /** Changes everything but id, name and kind; `false` if the provider has changed since `before`. */
  update(update: ProviderUpdate, event?: AuditEvent): Promise<boolean>
  /** Deletes a provider with its identities, in steps as a client; returns whether it existed. Users stay. */
  delete(id: string, event?: AuditEvent): Promise<boolean>
}

export interface UsedInvitation {
  readonly tokenHash: string
  /** The event of joining the group that the invitation names. */
  readonly joined: AuditEvent
}

export interface Identities {
  find(account: Pick<Identity, 'providerId' | 'issuer' | 'subject'>): Promise<Identity | undefined>
  /** All identities of a user, the oldest first. */
  listOf(userId: string): Promise<Identity[]>
  /** Of how many identities each provider can't be asked, by the id of the provider. */
  listUnreachable(): Promise<ReadonlyMap<string, number>>
  /** Links an account to a user; `false` if it belongs to somebody already. At most one caller, on any node, gets `true` for an account. */
  link(identity: Identity, event: AuditEvent): Promise<boolean>
  /**
   * Makes a user who comes by a provider, with the identity, in one unit. `known`: the account belongs to somebody already.
   *
   * @param invitation that the unit uses, if it makes the user; at most one caller, on any node, gets `admitted` for it, and others `gone`
   */
  admit(
    user: User,
    identity: Identity,
    events: readonly AuditEvent[],
    invitation?: UsedInvitation,
  ): Promise<'admitted' | 'name taken' | 'known' | 'gone'>
  /**
   * Keeps what the provider said at a login, and what of the user follows it; sessions stay. A refresh token stays if no other came.
   * What failed before is over. `false` if the identity is gone.
   */
  logIn(
    identity: Pick<Identity, 'id' | 'claims' | 'encryptedRefreshToken'>,
    follow: FollowedUser | undefined,
    now: number,
    event?: AuditEvent,
  ): Promise<boolean>
  /** Refresh tokens as they are encrypted, in the order of their identities, from the first one after this id. */
  listTokens(after: string, limit: number): Promise<{ readonly id: string; readonly encryptedRefreshToken: string }[]>
  /** Puts the same token in another encryption; `false` if it is another token by now. */
  replaceToken(id: string, before: string, after: string): Promise<boolean>
  /**
   * Removes an identity, and ends the sessions and grants that came of it.
   *
   * @param ways where somebody does so themselves: with `last`, the user would have no way to log in, and nothing has happened
   */
  unlink(identity: Pick<Identity, 'id' | 'userId'>, now: number, event: AuditEvent, ways?: WaysIn): Promise<'deleted' | 'last' | 'unknown'>
}

export interface ProviderAttempts {
  /** Rejects if the provider is gone. */
  insert(attempt: ProviderAttempt): Promise<void>
  /**
   * Takes an attempt of this browser at this provider, if it hasn't expired. At most one caller, on any node, ever gets it; to anybody
   * else's call nothing happens.
   */
  take(attempt: Pick<ProviderAttempt, 'handleHash' | 'browserHash' | 'providerId'>, now: number): Promise<ProviderAttempt | undefined>
  /** Forgets an attempt of this browser. */
  delete(attempt: Pick<ProviderAttempt, 'handleHash' | 'browserHash'>): Promise<void>
}

export interface AdmissionRules {
  /** `false` if there is this rule already. */
  insert(rule: StoredAdmissionRule, event?: AuditEvent): Promise<boolean>
  /** All rules, sorted. */
  list(): Promise<StoredAdmissionRule[]>
  /** Returns whether there was such a rule. */
  delete(rule: string, event?: AuditEvent): Promise<boolean>
}

/** Asking providers again. An identity is due while something that came of it is in use; otherwise it rests. */
export interface IdentityChecks {
  /**
   * Takes at most `limit` identities that are due: `due` says how many, `used` are those to ask about. The others rest from now on. No
   * other caller, on any node, gets one for a minute.
   */
  claim(now: number, limit: number, inUse: InUse): Promise<{ due: number; used: Identity[] }>
  /** An identity that rested is due as soon as something that came of it is used. */
  touch(id: string, now: number): Promise<void>
  /**
   * Keeps what the provider said. `false`, and nothing, if another refresh token came meanwhile or the identity has failed.
   *
   * @param identity with the refresh token that was used
   */
  confirm(
    identity: Pick<Identity, 'id' | 'encryptedRefreshToken'>,
    said: Pick<Identity, 'claims' | 'encryptedRefreshToken'>,
    now: number,
  ): Promise<boolean>
  /** Counts an attempt at a provider that did not answer; returns when the first of them in a row was. */
  countUnreachable(id: string, now: number): Promise<number | undefined>
  /** The refresh token as it is now, and the last login. */
  findToken(id: string): Promise<Pick<Identity, 'encryptedRefreshToken' | 'lastLoginAt'> | undefined>
  /**
   * Ends an identity, with the sessions and grants that came of it. A user whom it manages is barred: everything ends, links too.
   * `false`, and nothing, if another refresh token came meanwhile, somebody has logged in by it within a minute, or it has failed already.
   *
   * @param identity with the refresh token that was used
   */
  end(identity: Pick<Identity, 'id' | 'encryptedRefreshToken'>, failure: IdentityFailure): Promise<boolean>
  /** By whose identity somebody came who has this session at the provider. */
  findBySession(providerId: string, providerSid: string): Promise<Identity | undefined>
  /** Ends the sessions that came of an identity, of one session there or of all; returns how many. */
  endSessions(identity: Pick<Identity, 'id' | 'userId'>, providerSid: string | undefined, now: number, event: AuditEvent): Promise<number>
}
