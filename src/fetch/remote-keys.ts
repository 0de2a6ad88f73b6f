/** Public keys that a client publishes at its `jwks_uri` (RFC 7591 section 2): fetched when needed, cached, fetched again for a new key. */
import { Lru } from 'toad-cache'
import { parseJwksText } from '../domain/client/client-keys.ts'
import type { Jwks } from '../domain/client/client-keys.ts'
import { ok } from '../domain/protocol/result.ts'
import type { Result } from '../domain/protocol/result.ts'
import { createDocumentSource } from './document-source.ts'
import type { SourceFailure, SourcedDocument } from './document-source.ts'
import type { SafeFetch } from './safe-fetch.ts'

export interface RemoteKeys {
  /**
   * The keys at an address.
   *
   * @param renew fetch them again, because a key is missing in the cached ones; ignored if that was done a moment ago
   */
  get(uri: string, renew?: boolean): Promise<Result<Jwks, SourceFailure>>
}

/** The most key sets in the cache. */
const MAX_CACHED = 1000
/** The shortest time between two fetches for unknown keys: anybody can name one. */
const RENEWAL_PAUSE_MS = 30_000
/** How long cached keys stay valid while their address is unreachable. */
const LAST_GOOD_MS = 24 * 60 * 60 * 1000

export function createRemoteKeys(fetch: SafeFetch, now: () => number): RemoteKeys {
  const source = createDocumentSource(fetch, (_uri, body) => parseJwksText(body), now)
  const cached = new Lru<SourcedDocument<Jwks>>(MAX_CACHED)

  return {
    async get(uri, renew = false) {
      const known = cached.get(uri)
      if (known !== undefined && (renew ? now() < known.fetchedAt + RENEWAL_PAUSE_MS : now() < known.freshUntil)) return ok(known.value)
      const sourced = await source(uri)
      if (sourced.ok) {
        cached.set(uri, sourced.value)
        return ok(sourced.value.value)
      }
      if (known !== undefined && sourced.error.kind === 'unreachable' && now() < known.fetchedAt + LAST_GOOD_MS) return ok(known.value)
      return sourced
    },
  }
}
