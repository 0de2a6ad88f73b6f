/** Requests of the verify command. Owns the bounds (time, size) and never throws; does not judge what came. */
import type { FindingId } from '../findings.ts'
import { explainNetworkError } from './network-error.ts'

/** The most that is read of one body, in bytes: no honest answer of an authorization server is larger. */
export const bodyLimit = 256 * 1024

export type Call = {
  url: string
  method?: 'GET' | 'POST' | 'DELETE' | 'OPTIONS'
  headers?: Record<string, string>
  body?: string
  /** Ends the reading of a body that may stay open, once what has come of it is enough. */
  until?: (body: string) => boolean
}

/** What came back. `truncated` says that the body went on beyond the limit and was not read further. */
export type Reply = { url: string; status: number; headers: Headers; body: string; truncated: boolean }

/** No answer came: a sentence that says why, and what to do about it. */
export type NoReply = { finding: FindingId; url: string; sentence: string; advice: string }

export type Sent = { ok: true; reply: Reply } | { ok: false; noReply: NoReply }
export type Send = (call: Call) => Promise<Sent>

/**
 * Makes the function that every step sends its requests with.
 *
 * @param fetchImpl the platform's `fetch`, or a stand-in.
 * @param timeoutMs the whole time one request may take, its body included, in milliseconds.
 * @returns a function that answers every network error as a sentence and follows no redirect.
 */
export function buildSend(fetchImpl: typeof fetch, timeoutMs: number): Send {
  return async ({ url, method = 'GET', headers = {}, body, until }) => {
    try {
      const response = await fetchImpl(url, {
        method,
        headers: { 'user-agent': 'solar-system-oauth-server', ...headers },
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
        ...(body === undefined ? {} : { body }),
      })
      return { ok: true, reply: { url, status: response.status, headers: response.headers, ...(await readBounded(response, until)) } }
    } catch (error) {
      return { ok: false, noReply: { url, ...explainNetworkError(error, url, timeoutMs) } }
    }
  }
}

async function readBounded(response: Response, until?: Call['until']): Promise<{ body: string; truncated: boolean }> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk)
    size += chunk.length
    // Leaving the loop cancels the stream, which closes the connection.
    if (size > bodyLimit || until?.(Buffer.concat(chunks).toString('utf8'))) break
  }
  return { body: Buffer.concat(chunks).subarray(0, bodyLimit).toString('utf8'), truncated: size > bodyLimit }
}
