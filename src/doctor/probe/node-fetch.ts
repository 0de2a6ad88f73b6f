/** `fetch` over Node's own client, which takes a look-up function: the platform's doesn't, so it can't be pinned to an address. */
import { request as httpRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import { Readable } from 'node:stream'

export interface NodeFetchOptions {
  readonly lookup: LookupFunction
  /** Rejects for a host that may not be asked. Node looks no address up, so `lookup` alone doesn't see one. */
  readonly check: (hostname: string) => Promise<void>
}

/** Statuses whose responses have no body (RFC 9110 section 15). */
const BODILESS = [204, 205, 304]

/** Takes text as the body, and follows no redirect; that is all that the doctor needs. */
export function createNodeFetch({ lookup, check }: NodeFetchOptions): typeof fetch {
  return async (input, init = {}) => {
    const url = new URL(String(input))
    const { method = 'GET', signal } = init
    await unlessAborted(check(url.hostname), signal)
    const headers = { 'accept-encoding': 'identity', ...Object.fromEntries(new Headers(init.headers)) }
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest
    return new Promise<Response>((resolve, reject) => {
      let answer: IncomingMessage | undefined
      const request = send(url, { method, headers, lookup, agent: false }, (message) => {
        answer = message
        try {
          resolve(responseOf(message))
        } catch (error) {
          request.destroy()
          reject(error)
        }
      })
      // The request's own signal would end a body that stalls as if the server had closed the connection.
      signal?.addEventListener('abort', () => (answer ?? request).destroy(signal.reason as Error), { once: true })
      request.on('error', reject)
      request.end(init.body as string | undefined)
    })
  }
}

function responseOf(message: IncomingMessage): Response {
  const { statusCode: status = 0, rawHeaders } = message
  const headers = new Headers()
  for (let i = 0; i < rawHeaders.length; i += 2) headers.append(rawHeaders[i]!, rawHeaders[i + 1]!)
  if (!BODILESS.includes(status)) return new Response(Readable.toWeb(message) as ReadableStream<Uint8Array>, { status, headers })
  message.resume()
  return new Response(null, { status, headers })
}

/** A look-up can't be ended, but nobody has to wait for it. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | null | undefined): Promise<T> {
  if (!signal) return work
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
    work.then(resolve, reject)
  })
}
