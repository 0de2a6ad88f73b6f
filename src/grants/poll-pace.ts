/**
 * Limits how often devices poll (RFC 8628 section 3.5). Each node counts in memory, so polling costs no write; with several nodes, a
 * device may poll a little more often.
 */
import { Lru } from 'toad-cache'
import { POLL_INTERVAL } from '../domain/device/device-codes.ts'

/** How many devices a node remembers. */
const REMEMBERED = 10_000
/** How much too early a poll may arrive, in ms, because network delays vary. */
const TOLERANCE_MS = 500
/** "the interval MUST be increased by 5 seconds for this and all subsequent requests" (RFC 8628 section 3.5). */
const SLOWER_BY_MS = 5000

export interface PollPace {
  /** Records a poll; returns whether it came too soon after the previous one. `now` is ms. */
  isTooSoon(deviceCodeHash: string, now: number): boolean
}

export function createPollPace(): PollPace {
  const asked = new Lru<{ at: number; interval: number }>(REMEMBERED)
  return {
    isTooSoon(deviceCodeHash, now) {
      const { at = -Infinity, interval = POLL_INTERVAL * 1000 } = asked.get(deviceCodeHash) ?? {}
      const tooSoon = now - at < interval - TOLERANCE_MS
      asked.set(deviceCodeHash, { at: now, interval: tooSoon ? interval + SLOWER_BY_MS : interval })
      return tooSoon
    },
  }
}
