/** A person as kept, and as tokens and pages describe them. Instants are milliseconds since the epoch. */
import type { Profile } from './profile.ts'

/** A person who can log in. `id` is the `sub` of tokens and never changes. */
export interface User {
  readonly id: string
  readonly username: string
  readonly passwordHash: string
  /** `environment`: the administrator whom the configuration names. */
  readonly origin: 'environment' | 'operator'
  readonly profile: Profile
  readonly email?: string | undefined
  readonly emailVerified: boolean
  readonly disabledAt?: number | undefined
  readonly createdAt: number
  readonly updatedAt: number
}

/** Who somebody is, for all that happens once they are logged in. */
export type UserProfile = Pick<User, 'id' | 'username' | 'profile' | 'email' | 'emailVerified' | 'updatedAt'>
