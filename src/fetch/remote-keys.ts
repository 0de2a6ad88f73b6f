/** Public keys that a client publishes at its `jwks_uri` (RFC 7591 section 2): fetched when needed, cached, fetched again for a new key. */
import { parseJwksText } from '../domain/client/client-keys.ts'
import type { Jwks } from '../domain/client/client-keys.ts'
import { ok } from '../domain/protocol/result.ts'
import type { Result } from '../domain/protocol/result.ts'
import { createDocumentSource } from './document-source.ts'
import type { SourceFailure, SourcedDocument } from './document-source.ts'
import { inTime } from './in-time.ts'
import type { SafeFetch } from './safe-fetch.ts'
import { createSiteCache } from './site-cache.ts'
import { siteOf } from './site.ts'

type Keys = Result<Jwks, SourceFailure>

/**
 * Lets a fetch begin, and waits for it: the caller bounds how many wait, and for whom.
 *
 * @param isKnown whether there are earlier keys to use instead
 */
export type AskForKeys = (fetch: (sender?: string) => Promise<Keys>, isKnown: boolean) => Promise<Keys>

export interface RemoteKeys {
  /**
   * The keys at an address. Earlier ones count for a day while it can't be reached, or takes its time.
   *
   * @param renew fetch them again, because a key is missing in the cached ones; ignored if that was done a moment ago
   * @param ask called only if a fetch is needed
   */
  get(uri: string, renew?: boolean, ask?: AskForKeys): Promise<Keys>
}

/** The most key sets in the cache. */
const MAX_CACHED = 1000
/** The shortest time between two fetches for unknown keys: anybody can name one. */
const RENEWAL_PAUSE_MS = 30_000
/** How long cached keys stay valid while their address is unreachable. */
const LAST_GOOD_MS = 24 * 60 * 60 * 1000
/** How long to wait for new keys while there are earlier ones. */
export const PATIENCE_MS = 1000

export function createRemoteKeys(fetch: SafeFetch, now: () => number): RemoteKeys {
  const source = createDocumentSource(fetch, (_uri, body) => parseJwksText(body), now)
  const cached = createSiteCache<SourcedDocument<Jwks>>(MAX_CACHED, siteOf)

  async function fetchKeys(uri: string, sender: string | undefined): Promise<Keys> {
    const sourced = await source(uri, sender)
    if (!sourced.ok) return sourced
    cached.set(uri, sourced.value)
    return ok(sourced.value.value)
  }

  return {
    async get(uri, renew = false, ask = (fetch) => fetch()) {
      const known = cached.get(uri)
      if (known !== undefined && (renew ? now() < known.fetchedAt + RENEWAL_PAUSE_MS : now() < known.freshUntil)) return ok(known.value)
      // Earlier keys are no use to somebody who needs a new one.
      const isKnown = known !== undefined && !renew && now() < known.fetchedAt + LAST_GOOD_MS
      if (!isKnown) return ask((sender) => fetchKeys(uri, sender), false)
      const keys = ok(known.value)
      const patience = source.isUnreachable(uri) ? 0 : PATIENCE_MS
      const fetched = await ask(async (sender) => (await inTime(fetchKeys(uri, sender), patience)) ?? keys, true)
      return fetched.ok || fetched.error.kind === 'gone' || fetched.error.kind === 'refused' ? fetched : keys
    },
  }
}
