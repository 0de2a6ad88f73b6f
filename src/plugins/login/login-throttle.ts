/** Limits guessing, of passwords and of device codes (threat-model.md T15). Owns the counting; the caller forgives what was right. */
import type { FastifyInstance } from 'fastify'
import { NETWORKS_OF_A_SITE, hasManyNetworks, networkOf, siteOf } from '../../domain/protocol/network.ts'

/** The keys that an attempt counts under: of what is guessed at, and of where it comes from, the narrowest first. */
export interface Attempt {
  readonly own: string
  /** Of a browser that counts for itself: as long as it may go on, nothing is counted as `own`. */
  readonly browser?: string | undefined
  readonly places: readonly { readonly key: string; readonly factor: number }[]
}

export interface Verdict {
  /** How long to wait, in ms; 0 if the attempt may go on. */
  readonly waitMs: number
  /** Whether it is the first one that a limit refuses: those that follow in the same window say nothing new. */
  readonly isFirst: boolean
  /** What it counted under. */
  readonly counted: readonly string[]
}

export interface Throttle {
  /** Counts an attempt before it is validated. */
  count(attempt: Attempt): Promise<Verdict>
  /** Uncounts an attempt that was right. Earlier ones still count: otherwise the limit would show that somebody has logged in. */
  forgive(verdict: Verdict): Promise<void>
  /** Uncounts an attempt that came to its end in a later request. */
  forgiveAttempt(attempt: Attempt): Promise<void>
}

/** An address may fail this many times as often as a person: offices share addresses. */
const ADDRESS_FACTOR = 5

/**
 * @param own what is guessed at
 * @param prefix of the other keys, so that each kind of guessing has its own limits
 * @param ip of the sender
 * @param browser that counts for itself
 */
export function attemptAt(own: string, prefix: string, ip: string, browser?: string): Attempt {
  const network = { key: `${prefix}:${networkOf(ip)}`, factor: ADDRESS_FACTOR }
  // An IPv6 site has 65,536 networks.
  const site = { key: `${prefix}:${siteOf(ip)}`, factor: ADDRESS_FACTOR * NETWORKS_OF_A_SITE }
  return { own, browser, places: hasManyNetworks(ip) ? [network, site] : [network] }
}

/**
 * A browser that leaves for a provider. What it is about is kept for a while, for somebody who hasn't logged in: those of one network
 * count together.
 */
export const departureAt = (browserHash: string, ip: string): Attempt => attemptAt(`provider browser:${browserHash}`, 'provider', ip)

export function createLoginThrottle(app: FastifyInstance): Throttle {
  const { rateLimitLogin } = app.settings
  const { loginAttempts } = app.storage

  async function uncount({ counted }: Pick<Verdict, 'counted'>): Promise<void> {
    for (const key of counted) await loginAttempts.forgive(key)
  }

  return {
    async count({ own, browser, places }) {
      const counted: string[] = []
      const passed: Verdict = { waitMs: 0, isFirst: false, counted }
      if (rateLimitLogin === 'off') return passed
      const now = app.now()
      const windowEnd = now + rateLimitLogin.windowSeconds * 1000
      const countAs = async (key: string, factor: number): Promise<Verdict> => {
        const { attempts, expiresAt } = await loginAttempts.count(key, now, windowEnd)
        counted.push(key)
        const allowed = rateLimitLogin.max * factor
        return attempts > allowed ? { waitMs: expiresAt - now, isFirst: attempts === allowed + 1, counted } : passed
      }
      // An address beyond its own limit must not lock accounts as well.
      for (const { key, factor } of places) {
        const verdict = await countAs(key, factor)
        if (verdict.waitMs > 0) return verdict
      }
      if (browser !== undefined && (await countAs(browser, 1)).waitMs === 0) return passed
      return countAs(own, 1)
    },
    forgive: uncount,
    forgiveAttempt: ({ own, places }) => uncount({ counted: [...places.map(({ key }) => key), own] }),
  }
}
