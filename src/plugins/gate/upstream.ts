/**
 * Requests to the upstreams. Owns their connections, their time-outs, redirects within an upstream, and what the log says when one can't be
 * reached; not which headers pass (domain/gate), nor the way back (relay.ts).
 */
import type { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { Agent, errors } from 'undici'
import type { Dispatcher } from 'undici'
import { describeError } from '../../logging/redaction.ts'
import type { GateRefusal } from './gate-answers.ts'
import type { SentBody } from './receive-body.ts'
import { BodyRefused } from './request-body.ts'

export interface UpstreamRequest {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly url: URL
  readonly headers: Record<string, string | string[]>
  readonly body: SentBody | undefined
  readonly signal: AbortSignal
}

export interface UpstreamResponse extends Pick<Dispatcher.ResponseData, 'statusCode' | 'headers'> {
  readonly body: Readable
}

export type UpstreamAnswer = { readonly refusal?: undefined; readonly response: UpstreamResponse } | { readonly refusal: GateRefusal }

export type AskUpstream = (request: UpstreamRequest) => Promise<UpstreamAnswer>

const CONNECT_MS = 10_000
/** Largest head of an answer, in bytes. */
const MAX_HEADERS = 64 * 1024
/** A trailing slash more or less, as frameworks redirect. More is a circle. */
const MOST_REDIRECTS = 2

const unreachable: GateRefusal = {
  status: 503,
  message: 'the MCP server can not be reached: try again later',
  headers: { 'retry-after': '5' },
}
const broken: GateRefusal = { status: 502, message: 'the MCP server gave no proper answer' }
const tooSlow: GateRefusal = { status: 504, message: 'the MCP server took too long to answer' }
const malformed: GateRefusal = { status: 400, message: 'a header of the request can not be passed on' }
const elsewhere: GateRefusal = { status: 502, message: 'the MCP server redirects to another address' }
const ownLogin: GateRefusal = {
  status: 502,
  message: 'the MCP server behind this address asks for credentials of its own: its operator must configure them at the gate',
}

export function createUpstreams(app: FastifyInstance): AskUpstream {
  const agent = new Agent({
    connect: { timeout: CONNECT_MS },
    headersTimeout: app.settings.upstreamTimeout * 1000,
    bodyTimeout: 0, // exchanges.ts ends what is idle
    maxHeaderSize: MAX_HEADERS,
    pipelining: 1,
  })
  app.addHook('onClose', async () => agent.destroy())
  const down = new Set<string>()

  /** Once while it lasts, and once when it is over. */
  function note({ origin }: URL, refusal: GateRefusal | undefined, error?: unknown): void {
    if (refusal === undefined) {
      if (down.delete(origin)) app.log.info({ upstream: origin }, 'the upstream answers again')
    } else if (!down.has(origin)) {
      down.add(origin)
      app.log.error({ upstream: origin, ...(error !== undefined && { err: describeError(error as Error) }) }, refusal.message)
    }
  }

  async function send({ method, url, headers, body, signal }: UpstreamRequest): Promise<Dispatcher.ResponseData> {
    const length = body?.length === undefined ? {} : { 'content-length': String(body.length) }
    const content = body?.content ?? null
    const to = { origin: url.origin, path: url.pathname + url.search }
    const sent = { ...headers, ...length }
    const about = { 'http.request.method': method, 'server.address': url.host }
    return app.traced(`upstream ${method}`, about, () => agent.request<null>({ ...to, method, headers: sent, body: content, signal }), sent)
  }

  async function follow(request: UpstreamRequest, left = MOST_REDIRECTS): Promise<Dispatcher.ResponseData> {
    const response = await send(request)
    const target = left > 0 ? redirectOf(response, request) : undefined
    if (target === undefined) return response
    await response.body.dump()
    return follow({ ...request, url: target }, left - 1)
  }

  return async (request) => {
    try {
      const response = await follow(request)
      const refusal = refusalOf(response.statusCode)
      note(request.url, refusal)
      if (refusal === undefined) return { response }
      response.body.on('error', () => undefined).destroy()
      return { refusal }
    } catch (error) {
      const refusal = toRefusal(error)
      if (refusal.status >= 500 && !request.signal.aborted) note(request.url, refusal, error)
      return { refusal }
    }
  }
}

/** Where the same request goes within the same upstream: only for bodies that can be sent again. */
function redirectOf({ statusCode, headers }: Dispatcher.ResponseData, { url, body }: UpstreamRequest): URL | undefined {
  const { location } = headers
  if ((statusCode !== 307 && statusCode !== 308) || typeof location !== 'string' || !URL.canParse(location, url.href)) return undefined
  const target = new URL(location, url)
  return target.origin === url.origin && (body === undefined || Buffer.isBuffer(body.content)) ? target : undefined
}

/** What must not reach the client as if it were ours. */
function refusalOf(status: number): GateRefusal | undefined {
  if (status === 401 || status === 403 || status === 407) return ownLogin
  return status >= 300 && status < 400 && status !== 304 ? elsewhere : undefined
}

/** There was no connection. */
const UNREACHABLE: ReadonlySet<string | undefined> = new Set([
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ETIMEDOUT', 'EADDRNOTAVAIL', 'EACCES'],
  'UND_ERR_CONNECT_TIMEOUT',
])

function toRefusal(error: unknown): GateRefusal {
  if (error instanceof BodyRefused) return error.refusal
  if (error instanceof errors.HeadersTimeoutError) return tooSlow
  if (error instanceof errors.InvalidArgumentError) return malformed
  return UNREACHABLE.has((error as NodeJS.ErrnoException).code) ? unreachable : broken
}
