/** Whether an initial access token still registers clients (RFC 7591 section 1.2). The storage counts its uses. */
import type { InitialAccessToken } from './records.ts'

export function isUsable({ usesLeft, expiresAt }: InitialAccessToken, now: number): boolean {
  return usesLeft !== 0 && (expiresAt === undefined || expiresAt > now)
}
