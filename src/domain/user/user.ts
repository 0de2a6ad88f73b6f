/** A user as stored, and as tokens and pages see them. Instants are milliseconds since the epoch. */
import type { Profile } from './profile.ts'
import type { Role } from './role.ts'

/** `id` is the `sub` of tokens (unless it is pairwise) and never changes. */
export interface User {
  readonly id: string
  readonly username: string
  /** Undefined for somebody who has no password. */
  readonly passwordHash?: string | undefined
  /** `environment` is the administrator in the configuration; `provider` let the user in by itself. */
  readonly origin: 'environment' | 'operator' | 'provider'
  /** What an owner gave; role.ts says which one counts. */
  readonly role?: Role | undefined
  /** What was there before then is not enough to manage anything. */
  readonly roleChangedAt?: number | undefined
  readonly profile: Profile
  readonly email?: string | undefined
  readonly emailVerified: boolean
  readonly disabledAt?: number | undefined
  /** The identity that let the user in and no longer does: the user is disabled until it does again. Not there if an operator disabled. */
  readonly barredBy?: string | undefined
  /** Browsers that were known before then are no longer (known-browser.ts). */
  readonly browsersForgottenAt?: number | undefined
  readonly createdAt: number
  readonly updatedAt: number
}

/** What the server needs to know about a user after the login. */
export type UserProfile = Pick<User, 'id' | 'username' | 'profile' | 'email' | 'emailVerified' | 'updatedAt'>
