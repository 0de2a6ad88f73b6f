/** Limits guessing, of passwords and of device codes (threat-model.md T15). Owns the counting; the caller clears what was right. */
import type { FastifyInstance } from 'fastify'

/** The keys that an attempt counts under: of the person, and of the address. */
export interface Attempt {
  readonly own: string
  readonly address: string
}

/** Counts an attempt before it is validated; how long to wait in ms, 0 if it may go on. */
export type Throttle = (attempt: Attempt) => Promise<number>

/** An address may fail this many times as often as a person: offices share addresses. */
const ADDRESS_FACTOR = 5

export function createLoginThrottle(app: FastifyInstance): Throttle {
  const { rateLimitLogin } = app.settings
  const { loginAttempts } = app.storage

  return async ({ own, address }) => {
    if (rateLimitLogin === 'off') return 0
    const now = app.now()
    const windowEnd = now + rateLimitLogin.windowSeconds * 1000
    const ofAddress = await loginAttempts.count(address, now, windowEnd)
    // An address beyond its own limit must not lock accounts as well.
    if (ofAddress.attempts > rateLimitLogin.max * ADDRESS_FACTOR) return ofAddress.expiresAt - now
    const ofOwn = await loginAttempts.count(own, now, windowEnd)
    return ofOwn.attempts > rateLimitLogin.max ? ofOwn.expiresAt - now : 0
  }
}
