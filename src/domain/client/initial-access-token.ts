/** An initial access token (RFC 7591 section 1.2) as it is stored. Instants are milliseconds since the epoch. */
import type { RegistrationPolicy } from './registration-policy.ts'

/** A token that allows registering clients; operators hand it out. */
export interface InitialAccessToken {
  /** Unique. */
  readonly name: string
  readonly tokenHash: string
  readonly policy: RegistrationPolicy
  /** How many clients may still be registered with it; absent for any number. */
  readonly usesLeft?: number | undefined
  readonly createdAt: number
  readonly expiresAt?: number | undefined
}

/** Whether the token can still register clients. The storage counts its uses. */
export function isUsable({ usesLeft, expiresAt }: InitialAccessToken, now: number): boolean {
  return usesLeft !== 0 && (expiresAt === undefined || expiresAt > now)
}
