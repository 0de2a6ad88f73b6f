/**
 * The issuer's public keys: fetched when the first token comes, again for a key that is new, and kept while the issuer
 * can't be reached. Owns when to ask; not whom.
 */
import { createLocalJWKSet, errors } from 'jose'
import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose'
import { createSingleFlight } from '../domain/protocol/single-flight.ts'

/** How long keys count without asking again: a key that the issuer took away is refused after it. */
const FRESH_MS = 10 * 60 * 1000
/** How long they still count while the issuer can't be reached. */
const LAST_GOOD_MS = 24 * 60 * 60 * 1000
/** How often we ask at most, since anybody can name a key that nobody has; sooner where we know none at all. */
const PAUSE_MS = 30_000
const FIRST_PAUSE_MS = 1000

/** The issuer couldn't be asked, so nothing can be said about a token. */
export class Unavailable extends Error {}

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
      // It might be a new key, which a client shouldn't lose its tokens over.
      throw failure === undefined ? error : new Unavailable('the key is unknown, and newer ones could not be fetched', { cause: failure })
    }
  }
}
