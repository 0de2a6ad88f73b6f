/** Limits guessing, of passwords and of device codes (threat-model.md T15). Owns the counting; the caller forgives what was right. */
import type { FastifyInstance } from 'fastify'
import { NETWORKS_OF_A_SITE, hasManyNetworks, networkOf, siteOf } from '../../domain/protocol/network.ts'

/** The keys that an attempt counts under: of the person, and of where it comes from, the narrowest first. */
export interface Attempt {
  readonly own: string
  readonly places: readonly { readonly key: string; readonly factor: number }[]
}

export interface Verdict {
  /** How long to wait, in ms; 0 if the attempt may go on. */
  readonly waitMs: number
  /** Whether it is the first one that a limit refuses: those that follow in the same window say nothing new. */
  readonly isFirst: boolean
}

const PASSED: Verdict = { waitMs: 0, isFirst: false }

export interface Throttle {
  /** Counts an attempt before it is validated. */
  count(attempt: Attempt): Promise<Verdict>
  /** Uncounts an attempt that was right. Earlier ones still count: otherwise the limit would show that somebody has logged in. */
  forgive(attempt: Attempt): Promise<void>
}

/** An address may fail this many times as often as a person: offices share addresses. */
const ADDRESS_FACTOR = 5

/**
 * @param own what is guessed at
 * @param prefix of the other keys, so that each kind of guessing has its own limits
 * @param ip of the sender
 */
export function attemptAt(own: string, prefix: string, ip: string): Attempt {
  const network = { key: `${prefix}:${networkOf(ip)}`, factor: ADDRESS_FACTOR }
  // An IPv6 site has 65,536 networks.
  const site = { key: `${prefix}:${siteOf(ip)}`, factor: ADDRESS_FACTOR * NETWORKS_OF_A_SITE }
  return { own, places: hasManyNetworks(ip) ? [network, site] : [network] }
}

export function createLoginThrottle(app: FastifyInstance): Throttle {
  const { rateLimitLogin } = app.settings
  const { loginAttempts } = app.storage

  return {
    async count({ own, places }) {
      if (rateLimitLogin === 'off') return PASSED
      const now = app.now()
      const windowEnd = now + rateLimitLogin.windowSeconds * 1000
      // An address beyond its own limit must not lock accounts as well.
      for (const { key, factor } of [...places, { key: own, factor: 1 }]) {
        const { attempts, expiresAt } = await loginAttempts.count(key, now, windowEnd)
        const allowed = rateLimitLogin.max * factor
        if (attempts > allowed) return { waitMs: expiresAt - now, isFirst: attempts === allowed + 1 }
      }
      return PASSED
    },
    async forgive({ own, places }) {
      for (const key of [own, ...places.map((place) => place.key)]) await loginAttempts.forgive(key)
    },
  }
}
