/**
 * The server's nonces for DPoP proofs (RFC 9449 section 8): nobody can make proofs for later. Nothing is stored: a nonce
 * follows from a secret and the time, so that all nodes agree.
 */
import { isMac, mac } from '../protocol/mac.ts'

/** How long one nonce is given out, in ms; it counts for as long again, so that a client has time to use it. */
const PERIOD_MS = 5 * 60 * 1000

/** @param now ms */
export const dpopNonce = (key: Buffer | string, now: number): string => mac(key, 'dpop nonce', periodOf(now))

/** Whether it is the nonce of now, of the period before, or of the next: another node's clock may be ahead. */
export const isDpopNonce = (nonce: string, keys: readonly (Buffer | string)[], now: number): boolean =>
  [now, now - PERIOD_MS, now + PERIOD_MS].some((at) => isMac(nonce, keys, 'dpop nonce', periodOf(at)))

const periodOf = (now: number): string => String(Math.floor(now / PERIOD_MS))
