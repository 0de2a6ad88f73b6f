/**
 * The only fetcher for addresses that come from strangers: client metadata documents, `jwks_uri`, `request_uri`, back-channel
 * logout (threat-model.md T2). https on port 443, one look-up, only public addresses, pinned for the connection, no redirects,
 * 5 s, 32 KB, 32 at a time, shared by sites and senders (T18).
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { RequestOptions } from 'node:https'
import { isIP } from 'node:net'
import { readBounded } from '../domain/protocol/bounded-body.ts'
import { createFairShares } from '../domain/protocol/fair-shares.ts'
import { err, ok } from '../domain/protocol/result.ts'
import type { Result } from '../domain/protocol/result.ts'
import { parseUri } from '../domain/protocol/uri.ts'
import { NO_ADDRESS, createLookUp } from './look-up.ts'
import type { Address, LookUp } from './look-up.ts'
import { isPublicAddress } from './public-address.ts'
import { siteOf } from './site.ts'

export interface Fetched {
  readonly body: string
  readonly headers: IncomingHttpHeaders
}

export interface FetchFailure {
  /** For the log. A client learns only that the fetch failed: a status could tell it about hosts that only we can reach. */
  readonly reason: string
  /** The HTTP status, if there was an answer. */
  readonly status?: number
  /**
   * Why there was none, if that may pass. `busy`: we had no room to ask. `silent`: the host used up the time. `broken`: the look-up or
   * the connection failed.
   */
  readonly kind?: 'busy' | 'silent' | 'broken'
}

/** Whether the same request may succeed later. */
export const mayPass = ({ kind, status = 0 }: FetchFailure): boolean =>
  kind !== undefined || status >= 500 || status === 429 || status === 408

/** Fetches a document by GET, or posts a form: that needs a status of 200 to 299, and the body of the answer is not read. Never throws. */
export type SafeFetch = (url: string, options?: FetchOptions) => Promise<Result<Fetched, FetchFailure>>

export interface FetchOptions {
  /** Posts this form. */
  readonly form?: URLSearchParams
  /** The type of the document; JSON by default. */
  readonly accept?: keyof typeof DOCUMENTS
  /** Who makes us ask: the network of a client, for example. One sender doesn't get all places. */
  readonly sender?: string
}

/** The media types of documents; for `jwt` those of RFC 9101 section 4. */
const DOCUMENTS = {
  json: { accept: 'application/json', pattern: /^application\/([\w.-]+\+)?json\s*(;|$)/i },
  jwt: { accept: 'application/oauth-authz-req+jwt, application/jwt', pattern: /^application\/([\w.-]+\+)?jwt\s*(;|$)/i },
} as const

export interface SafeFetchOptions {
  readonly lookup?: LookUp
  /** For tests only, no setting reaches it: hosts that lead to another address and port, with the authority to trust there. */
  readonly testHosts?: ReadonlyMap<string, { readonly address: string; readonly port: number; readonly ca: string }>
  /** The time for everything: look-up, connection, headers and body. */
  readonly timeoutMs?: number
}

const MAX_BYTES = 32 * 1024
const MAX_HEADER_BYTES = 16 * 1024
const TIMEOUT_MS = 5000
/** Requests in progress at a time, for all callers together. */
const MAX_CONCURRENT = 32

/** Failures of TLS and of HTTP: the host answers, but wrongly. Every other failure without an answer may pass. */
const WRONG_ANSWER = /^(HPE_|ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|EPROTO$)/

export function createSafeFetch({ lookup = createLookUp(), testHosts, timeoutMs = TIMEOUT_MS }: SafeFetchOptions = {}): SafeFetch {
  const places = createFairShares(MAX_CONCURRENT)

  /** Where the connection may go: all addresses of one look-up, if every one is public. */
  async function pin(host: string, signal: AbortSignal): Promise<Result<RequestOptions, FetchFailure>> {
    const test = testHosts?.get(host)
    if (test !== undefined)
      return ok({ lookup: pinned([{ address: test.address, family: isIP(test.address) }]), port: test.port, ca: test.ca })
    if (isIP(host.replace(/^\[(.*)\]$/, '$1')) !== 0) return fail(`${host} is an address, not a name`)
    const addresses = await Promise.race([lookup(host, signal), aborted(signal)])
    if (addresses.length === 0) return fail(`${host} has no address`)
    // One address that isn't public refuses all: a name with both kinds is there to get around this check.
    if (!addresses.every(({ address }) => isPublicAddress(address))) return fail(`${host} leads to an address that is not public`)
    return ok({ lookup: pinned(addresses), port: 443 })
  }

  async function fetchNow(raw: string, options: FetchOptions, signal: AbortSignal): Promise<Result<Fetched, FetchFailure>> {
    const url = parseUri(raw)
    if (url === undefined || url.protocol !== 'https:' || url.username !== '' || url.password !== '')
      return fail('only https URLs are fetched')
    if (url.port !== '') return fail('only port 443 is fetched')
    const target = await pin(url.hostname, signal)
    return target.ok ? send(url, options, target.value, signal) : target
  }

  return async (raw, options = {}) => {
    const release = places.take(`site ${siteOf(raw)}`, `sender ${options.sender ?? ''}`)
    if (release === undefined) return err({ reason: 'too many requests are under way', kind: 'busy' })
    const signal = AbortSignal.timeout(timeoutMs)
    return fetchNow(raw, options, signal)
      .catch((error: NodeJS.ErrnoException) => {
        if (signal.aborted) return err<FetchFailure>({ reason: `no complete answer within ${timeoutMs} ms`, kind: 'silent' })
        const { code = '', message } = error
        const reason = `it could not be reached (${code || message})`
        return err<FetchFailure>({ reason, ...(!NO_ADDRESS.has(code) && !WRONG_ANSWER.test(code) && { kind: 'broken' }) })
      })
      .finally(release)
  }
}

const fail = (reason: string, status?: number) => err<FetchFailure>({ reason, ...(status !== undefined && { status }) })

/** A resolver that knows only these addresses, so that connecting doesn't ask another one again (DNS rebinding). */
function pinned(addresses: readonly Address[]): NonNullable<RequestOptions['lookup']> {
  return (_host, { all }, callback) => {
    if (all === true) callback(null, [...addresses])
    else callback(null, addresses[0]!.address, addresses[0]!.family)
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}

/** One GET, or one POST of a form, to the pinned addresses, with the URL's own name in TLS and `Host`. */
function send(
  url: URL,
  { form: posted, accept = 'json' }: FetchOptions,
  target: RequestOptions,
  signal: AbortSignal,
): Promise<Result<Fetched, FetchFailure>> {
  const form = posted?.toString()
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      {
        ...target,
        method: form === undefined ? 'GET' : 'POST',
        host: url.hostname,
        path: url.pathname + url.search,
        headers: {
          host: url.host,
          accept: DOCUMENTS[accept].accept,
          'accept-encoding': 'identity',
          'user-agent': 'solar-system-oauth-server',
          ...(form !== undefined && { 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(form) }),
        },
        agent: false, // a connection of its own, so that nothing is shared with another request
        signal,
        maxHeaderSize: MAX_HEADER_BYTES,
      },
      (response) => {
        const answered = form === undefined ? readDocument(response, accept) : readStatus(response)
        answered.then(resolve, reject).finally(() => request.destroy())
      },
    )
    request.on('error', reject)
    request.end(form)
  })
}

async function readStatus({ statusCode: status = 0, headers }: IncomingMessage): Promise<Result<Fetched, FetchFailure>> {
  if (status < 200 || status > 299) return fail(`it answered ${status}, 200 was expected (redirects are not followed)`, status)
  return ok({ body: '', headers })
}

async function readDocument(response: IncomingMessage, accept: keyof typeof DOCUMENTS): Promise<Result<Fetched, FetchFailure>> {
  const { statusCode: status = 0, headers } = response
  if (status !== 200) return fail(`it answered ${status}, 200 was expected (redirects are not followed)`, status)
  const type = headers['content-type'] ?? ''
  if (!DOCUMENTS[accept].pattern.test(type))
    return fail(`its type is ${type || 'missing'}, ${DOCUMENTS[accept].accept} was expected`, status)
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') return fail('it is compressed, although that was not accepted', status)
  const { text, truncated } = await readBounded(response as AsyncIterable<Buffer>, MAX_BYTES)
  return truncated ? fail(`it is larger than ${MAX_BYTES} bytes`, status) : ok({ body: text, headers })
}
