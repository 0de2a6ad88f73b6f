/** Public keys that a client publishes at its `jwks_uri` (RFC 7591 section 2): fetched when needed, kept, fetched again for a new key. */
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
   * @param renew whether a key was missed among those that are kept: they are fetched again then, unless that was just done
   */
  get(uri: string, renew?: boolean): Promise<Result<Jwks, SourceFailure>>
}

/** Key sets that are kept. */
const REMEMBERED = 1000
/** How often, at most, an unknown key makes us ask again: anybody can name one. */
const RENEWAL_PAUSE_MS = 30_000
/** How long keys still count while their address can't be reached. */
const LAST_GOOD_MS = 24 * 60 * 60 * 1000

export function createRemoteKeys(fetch: SafeFetch, now: () => number): RemoteKeys {
  const source = createDocumentSource(fetch, (_uri, body) => parseJwksText(body), now)
  const kept = new Lru<SourcedDocument<Jwks>>(REMEMBERED)

  return {
    async get(uri, renew = false) {
      const known = kept.get(uri)
      if (known !== undefined && (renew ? now() < known.fetchedAt + RENEWAL_PAUSE_MS : now() < known.freshUntil)) return ok(known.value)
      const sourced = await source(uri)
      if (sourced.ok) {
        kept.set(uri, sourced.value)
        return ok(sourced.value.value)
      }
      if (known !== undefined && sourced.error.kind === 'unreachable' && now() < known.fetchedAt + LAST_GOOD_MS) return ok(known.value)
      return sourced
    },
  }
}
