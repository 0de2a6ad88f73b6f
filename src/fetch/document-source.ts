/**
 * Fetches and parses documents of strangers. Callers that need the same address share one fetch; after a failure an address is
 * paused. Owns no cache: the caller keeps the document until `freshUntil`.
 */
import { Lru } from 'toad-cache'
import { err, ok } from '../domain/protocol/result.ts'
import type { Result } from '../domain/protocol/result.ts'
import { createSingleFlights } from '../domain/protocol/single-flight.ts'
import { freshFor } from './freshness.ts'
import type { SafeFetch } from './safe-fetch.ts'

export interface SourcedDocument<T> {
  readonly value: T
  readonly fetchedAt: number
  readonly freshUntil: number
}

export interface SourceFailure {
  /** For the log. */
  readonly reason: string
  /**
   * `unreachable`: no answer about the document, so that an earlier copy may still be valid. `gone`: it isn't there any more.
   * `refused`: the document breaks the rules.
   */
  readonly kind: 'unreachable' | 'gone' | 'refused'
}

export type DocumentSource<T> = (url: string) => Promise<Result<SourcedDocument<T>, SourceFailure>>

/** How long a document is fresh: at least, at most, and if its headers don't say, in seconds. */
const MIN_FRESH = 60
const MAX_FRESH = 60 * 60
const DEFAULT_FRESH = 10 * 60
/**
 * After a failure we don't ask the address again for a moment, so that nobody can make us hammer it. The pause is short, because
 * errors must not be cached (draft-ietf-oauth-client-id-metadata-document, "Metadata Caching").
 */
const PAUSE_MS = 5000
/** The most addresses that are paused at a time; the oldest are dropped. */
const MAX_PAUSED = 1000

/**
 * @param parse reads the body that `url` answered; the error is a sentence
 * @param now milliseconds since the epoch
 */
export function createDocumentSource<T>(
  fetch: SafeFetch,
  parse: (url: string, body: string) => Result<T, string>,
  now: () => number,
): DocumentSource<T> {
  const inOneFlight = createSingleFlights<Awaited<ReturnType<DocumentSource<T>>>>()
  const paused = new Lru<{ readonly until: number; readonly failure: SourceFailure }>(MAX_PAUSED)

  async function load(url: string): ReturnType<DocumentSource<T>> {
    const fetched = await fetch(url)
    if (!fetched.ok) {
      const { reason, status } = fetched.error
      return err({ reason, kind: status === 404 || status === 410 ? 'gone' : 'unreachable' })
    }
    const parsed = parse(url, fetched.value.body)
    if (!parsed.ok) return err({ reason: parsed.error, kind: 'refused' })
    const fetchedAt = now()
    const fresh = freshFor(fetched.value.headers, fetchedAt) ?? DEFAULT_FRESH
    return ok({ value: parsed.value, fetchedAt, freshUntil: fetchedAt + Math.min(Math.max(fresh, MIN_FRESH), MAX_FRESH) * 1000 })
  }

  return (url) => {
    const pause = paused.get(url)
    if (pause !== undefined && pause.until > now()) return Promise.resolve(err(pause.failure))
    return inOneFlight(url, async () => {
      const outcome = await load(url)
      if (outcome.ok) paused.delete(url)
      else paused.set(url, { until: now() + PAUSE_MS, failure: outcome.error })
      return outcome
    })
  }
}
