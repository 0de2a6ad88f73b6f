/**
 * The issuer's public keys: fetched for the first token and for an unknown key, and kept while the issuer is unreachable. Owns
 * when to fetch; not from where.
 */
import { createLocalJWKSet, errors } from 'jose'
import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose'
import { createSingleFlight } from '../domain/protocol/single-flight.ts'
import { Unavailable } from './unavailable.ts'

/** How long keys are used before they are fetched again. A key that the issuer removed is valid that long. */
const FRESH_MS = 10 * 60 * 1000
/** How long they stay valid while the issuer is unreachable. */
const LAST_GOOD_MS = 24 * 60 * 60 * 1000
/** The shortest time between two fetches, since anybody can name an unknown key; shorter as long as we have no keys at all. */
const PAUSE_MS = 30_000
const FIRST_PAUSE_MS = 1000

/** @param load fetches the key set; concurrent verifications share one call */
export function createKeySource(load: () => Promise<JSONWebKeySet>, now: () => number): JWTVerifyGetKey {
  let keys: JWTVerifyGetKey | undefined
  let loadedAt = -Infinity
  let askedAt = -Infinity
  let failure: unknown
  const asking = createSingleFlight<void>()

  async function ask(): Promise<void> {
    try {
      keys = createLocalJWKSet(await load())
      loadedAt = now()
      failure = undefined
    } catch (error) {
      failure = error
    }
    askedAt = now()
  }

  async function renew(): Promise<void> {
    if (asking.current === undefined && now() < askedAt + (keys === undefined ? FIRST_PAUSE_MS : PAUSE_MS)) return
    await asking.join(ask)
  }

  return async (header, token) => {
    if (now() >= loadedAt + FRESH_MS) await renew()
    if (keys === undefined || now() >= loadedAt + LAST_GOOD_MS) throw new Unavailable('the keys could not be fetched', { cause: failure })
    try {
      return await keys(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
    }
    await renew()
    try {
      return await keys(header, token)
    } catch (error) {
      // It might be a new key. If we refused the token, the client would drop it.
      throw failure === undefined ? error : new Unavailable('the key is unknown, and newer ones could not be fetched', { cause: failure })
    }
  }
}
