/** An initial access token (RFC 7591 section 1.2) as it is kept. */
import type { RegistrationPolicy } from './registration-policy.ts'

/** What an operator hands out to those who may register (RFC 7591 section 1.2). */
export interface InitialAccessToken {
  /** How people call it; there is one of each name. */
  readonly name: string
  readonly tokenHash: string
  readonly policy: RegistrationPolicy
  /** How many clients may still be registered by it; absent: any number. */
  readonly usesLeft?: number | undefined
  readonly createdAt: number
  readonly expiresAt?: number | undefined
}

/** Whether the token still registers clients. The storage counts its uses. */
export function isUsable({ usesLeft, expiresAt }: InitialAccessToken, now: number): boolean {
  return usesLeft !== 0 && (expiresAt === undefined || expiresAt > now)
}
