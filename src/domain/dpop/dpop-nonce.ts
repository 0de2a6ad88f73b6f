/**
 * The server's nonces for DPoP proofs (RFC 9449 section 8): nobody can make proofs for later. Nothing is stored: a nonce
 * follows from a secret and the time, so that all nodes agree.
 */
import { createHmac } from 'node:crypto'

/** How long one nonce is given out, in ms; it counts for as long again, so that a client has time to use it. */
const PERIOD_MS = 5 * 60 * 1000

/** @param now ms */
export const dpopNonce = (key: Buffer | string, now: number): string =>
  createHmac('sha256', key)
    .update(`dpop nonce\n${Math.floor(now / PERIOD_MS)}`)
    .digest('base64url')

/** Whether it is the nonce of now, of the period before, or of the next: another node's clock may be ahead. */
export const isDpopNonce = (nonce: string, keys: readonly (Buffer | string)[], now: number): boolean =>
  keys.some((key) => [now, now - PERIOD_MS, now + PERIOD_MS].some((at) => nonce === dpopNonce(key, at)))
