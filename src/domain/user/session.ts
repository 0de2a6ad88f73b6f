/** A session as it is stored, and how somebody logged in to it. Instants are milliseconds since the epoch. */
import { isMultiFactor } from '../authorization/authentication.ts'
import type { Authentication } from '../authorization/authentication.ts'

/** How somebody has just proved who they are. */
export interface Login extends Pick<Authentication, 'amr'> {
  /** When the first factor was shown, if that was before this request: a second factor renews no login. */
  readonly authTime?: number
  /** The identity, if a provider says who it is. */
  readonly identityId?: string | undefined
  /** The session at the provider (OpenID Connect Back-Channel Logout section 2.1). */
  readonly providerSid?: string | undefined
}

/** A logged-in browser. */
export interface Session extends Authentication, Pick<Login, 'identityId' | 'providerSid'> {
  readonly idHash: string
  /** The id that clients know (OpenID Connect Back-Channel Logout section 2.1). It stays the same when the user logs in again. */
  readonly sid: string
  readonly userId: string
  readonly authTime: number
  readonly createdAt: number
  readonly lastSeenAt: number
  /** The latest end; an idle session ends earlier, depending on `lastSeenAt`. */
  readonly expiresAt: number
  /** Browser and system in words, and the network of its address, at the latest login. */
  readonly browser?: string | undefined
  readonly network?: string | undefined
}

/** How recent a login must be for what matters on the account page, in ms. */
export const FRESH_FOR_MS = 10 * 60_000

/** Whether a login is recent and strong enough for what matters: people who have a second factor must have shown it. */
export const isFresh = (session: Pick<Session, 'authTime' | 'acr'>, now: number, hasSecondFactor: boolean): boolean =>
  now - session.authTime <= FRESH_FOR_MS && (!hasSecondFactor || isMultiFactor(session))
