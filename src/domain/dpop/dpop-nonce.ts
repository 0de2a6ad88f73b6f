/**
 * The server's nonces for DPoP proofs (RFC 9449 section 8), which keep clients from making proofs for later. A nonce is derived
 * from a secret and the time, so nothing is stored and all nodes agree.
 */
import { isMac, mac } from '../protocol/mac.ts'

/** How long a nonce is handed out, in ms. It stays valid for the same time again, so that clients have time to use it. */
const PERIOD_MS = 5 * 60 * 1000

/** @param now ms */
export const dpopNonce = (key: Buffer | string, now: number): string => mac(key, 'dpop nonce', periodOf(now))

/** Whether a nonce is of this period, the previous one, or the next one, because another node's clock may be ahead. `now` is ms. */
export const isDpopNonce = (nonce: string, keys: readonly (Buffer | string)[], now: number): boolean =>
  [now, now - PERIOD_MS, now + PERIOD_MS].some((at) => isMac(nonce, keys, 'dpop nonce', periodOf(at)))

const periodOf = (now: number): string => String(Math.floor(now / PERIOD_MS))
