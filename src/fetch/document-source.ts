/**
 * Fetches and parses documents of strangers. Callers that need the same address share one fetch; after a failure an address is
 * paused. Owns no cache: the caller keeps the document until `freshUntil`.
 */
import { Lru } from 'toad-cache'
import { err, ok } from '../domain/protocol/result.ts'
import type { Result } from '../domain/protocol/result.ts'
import { createSingleFlights } from '../domain/protocol/single-flight.ts'
import { freshFor } from './freshness.ts'
import { mayPass } from './safe-fetch.ts'
import type { FetchFailure, SafeFetch } from './safe-fetch.ts'

export interface SourcedDocument<T> {
  readonly value: T
  readonly fetchedAt: number
  readonly freshUntil: number
}

export interface SourceFailure {
  /** For the log. */
  readonly reason: string
  /**
   * `busy`: we had no room to ask. `unreachable`: no answer about the document, so that an earlier copy may still be valid. `gone`: it
   * isn't there any more. `refused`: the document breaks the rules.
   */
  readonly kind: 'busy' | 'unreachable' | 'gone' | 'refused'
  /** Whether the same request may succeed later, without a change at the address. */
  readonly mayPass: boolean
}

export interface DocumentSource<T> {
  /** @param sender who makes us ask */
  (url: string, sender?: string): Promise<Result<SourcedDocument<T>, SourceFailure>>
  /** Whether nobody answered when the address was asked last: who has an earlier copy needn't wait for the next attempt. */
  isUnreachable(url: string): boolean
}

/** How long a document is fresh: at least, at most, and if its headers don't say, in seconds. */
const MIN_FRESH = 60
const MAX_FRESH = 60 * 60
const DEFAULT_FRESH = 10 * 60
/**
 * After a failure we don't ask the address again for a moment, so that nobody can make us hammer it. The pause is short, because
 * errors must not be cached (draft-ietf-oauth-client-id-metadata-document, "Metadata Caching").
 */
const PAUSE_MS = 5000
/** A host that uses up the time costs most: its pause gets longer with every attempt, up to this. */
const LONGEST_PAUSE_MS = 60_000
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
  const paused = new Lru<{ readonly until: number; readonly failure: SourceFailure; readonly silent: number }>(MAX_PAUSED)

  function pause(url: string, failure: SourceFailure, isSilent: boolean): void {
    const silent = isSilent ? (paused.get(url)?.silent ?? 0) + 1 : 0
    const ms = Math.min(PAUSE_MS * 2 ** Math.max(0, silent - 1), LONGEST_PAUSE_MS)
    paused.set(url, { until: now() + ms, failure, silent })
  }

  async function load(url: string, sender: string | undefined): ReturnType<DocumentSource<T>> {
    const fetched = await fetch(url, sender === undefined ? {} : { sender })
    if (!fetched.ok) {
      const failure = failureOf(fetched.error)
      // Our own lack of room says nothing about the address.
      if (failure.kind !== 'busy') pause(url, failure, fetched.error.kind === 'silent')
      return err(failure)
    }
    const parsed = parse(url, fetched.value.body)
    if (!parsed.ok) {
      const failure = { reason: parsed.error, kind: 'refused', mayPass: false } as const
      pause(url, failure, false)
      return err(failure)
    }
    paused.delete(url)
    const fetchedAt = now()
    const fresh = freshFor(fetched.value.headers, fetchedAt) ?? DEFAULT_FRESH
    return ok({ value: parsed.value, fetchedAt, freshUntil: fetchedAt + Math.min(Math.max(fresh, MIN_FRESH), MAX_FRESH) * 1000 })
  }

  const source = (url: string, sender?: string) => {
    const known = paused.get(url)
    if (known !== undefined && known.until > now()) return Promise.resolve(err(known.failure))
    return inOneFlight(url, () => load(url, sender))
  }
  return Object.assign(source, { isUnreachable: (url: string) => paused.get(url)?.failure.kind === 'unreachable' })
}

function failureOf(failure: FetchFailure): SourceFailure {
  const { reason, status, kind } = failure
  if (kind === 'busy') return { reason, kind, mayPass: true }
  return { reason, kind: status === 404 || status === 410 ? 'gone' : 'unreachable', mayPass: mayPass(failure) }
}
