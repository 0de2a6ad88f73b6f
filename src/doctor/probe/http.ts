/** Sends the requests of doctor and verify. Owns the bounds of one request (time, size) and never throws; doesn't interpret the answer. */
import { readBounded } from '../../domain/protocol/bounded-body.ts'
import { explainNetworkError } from './network-error.ts'
import type { Explanation } from './network-error.ts'

/** The most that is read of one body, in bytes: no honest answer of an authorization server is larger. */
export const MAX_BODY_BYTES = 256 * 1024

export interface Call {
  readonly url: string
  readonly method?: 'GET' | 'POST' | 'DELETE' | 'OPTIONS'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Gets each chunk of the body; true ends the reading, for a body that may stay open. */
  readonly until?: (chunk: Uint8Array) => boolean
  /** Nothing of the body is read. */
  readonly headOnly?: true
}

export interface Reply {
  readonly url: string
  readonly status: number
  readonly headers: Headers
  readonly body: string
  /** The body is longer than the limit, and `body` only its beginning. */
  readonly truncated: boolean
}

export interface NoReply extends Explanation {
  readonly url: string
}

export type Sent = { readonly ok: true; readonly reply: Reply } | { readonly ok: false; readonly noReply: NoReply }
export type Send = (call: Call) => Promise<Sent>

/**
 * Makes the function that every step sends its requests with.
 *
 * @param fetchImpl the platform's `fetch`, or a stand-in
 * @param timeoutMs the time for a whole request, its body included, in milliseconds
 * @returns a function that turns network errors into sentences and follows no redirect
 */
export function buildSend(fetchImpl: typeof fetch, timeoutMs: number): Send {
  return async ({ url, method = 'GET', headers = {}, body, until, headOnly }) => {
    try {
      const response = await fetchImpl(url, {
        method,
        headers: { 'user-agent': 'solar-system-oauth-server', ...headers },
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
        ...(body === undefined ? {} : { body }),
      })
      if (headOnly) await response.body?.cancel()
      const { text, truncated } = headOnly ? { text: '', truncated: false } : await readBounded(response.body, MAX_BODY_BYTES, until)
      return { ok: true, reply: { url, status: response.status, headers: response.headers, body: text, truncated } }
    } catch (error) {
      return { ok: false, noReply: { url, ...explainNetworkError(error, url, timeoutMs) } }
    }
  }
}
