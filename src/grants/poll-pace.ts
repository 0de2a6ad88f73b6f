/**
 * How often devices ask (RFC 8628 section 3.5). Kept in memory by each node, so that asking costs no write: a device that
 * several nodes answer may ask a little more often.
 */
import { Lru } from 'toad-cache'
import { POLL_INTERVAL } from '../domain/device/device-codes.ts'

/** How many devices are remembered. */
const REMEMBERED = 10_000
/** How much sooner than it should a question may arrive, in ms: networks don't keep time. */
const TOLERANCE_MS = 500
/** "the interval MUST be increased by 5 seconds for this and all subsequent requests" (RFC 8628 section 3.5). */
const SLOWER_BY_MS = 5000

export interface PollPace {
  /** Notes a question; whether it came too soon after the one before. */
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
