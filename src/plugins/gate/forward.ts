/**
 * A request that may pass, on its way to the upstream and back. Owns the order: room, rules about the body, headers, the upstream, its answer;
 * not what any of them is about.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isCommand } from '../../domain/gate/command/command.ts'
import { createEndpointFilter } from '../../domain/gate/endpoint-event.ts'
import { LEGACY } from '../../domain/gate/gate-table.ts'
import { isEventStream, returnedHeaders } from '../../domain/gate/response-headers.ts'
import { bind, isSessionId } from '../../domain/gate/session-binding.ts'
import { kindOf } from '../../domain/gate/stream-life.ts'
import type { EndReason, Exchange, Exchanges } from './exchanges.ts'
import { CORS, challengeOf } from './gate-answers.ts'
import type { GateRefusal } from './gate-answers.ts'
import type { AnswerWatcher, ToolLearner } from './learned-tools.ts'
import type { Passing } from './passing.ts'
import { relay } from './relay.ts'
import { receiveBody } from './receive-body.ts'
import type { SentBody } from './receive-body.ts'
import type { AskCommand } from './commands/ask-command.ts'
import type { ToolAudit } from './tool-audit.ts'
import type { AskUpstream, UpstreamAnswer, UpstreamResponse } from './upstream.ts'
import type { createHeaderMaker } from './upstream-headers.ts'

export interface ForwarderNeeds {
  readonly exchanges: Exchanges
  readonly askUpstream: AskUpstream
  readonly askCommand: AskCommand
  readonly makeHeaders: ReturnType<typeof createHeaderMaker>
  readonly toolAudit: ToolAudit
  readonly toolLearner: ToolLearner
}

/** What a client learns whose answer ends before it began. */
const ENDED: Readonly<Record<EndReason, Omit<GateRefusal, 'headers'>>> = {
  expired: { status: 401, message: 'the access token has expired' },
  revoked: { status: 401, message: 'the access token is revoked' },
  idle: { status: 504, message: 'the MCP server took too long to answer' },
  stopping: { status: 503, message: 'the server is stopping: try again in a few seconds' },
}

export function createForwarder(
  app: FastifyInstance,
  { exchanges, askUpstream, askCommand, makeHeaders, toolAudit, toolLearner }: ForwarderNeeds,
) {
  /** Why it can't pass; `undefined` once its answer is under way, or its client gone. */
  return async (request: FastifyRequest, reply: FastifyReply, passing: Passing): Promise<GateRefusal | undefined> => {
    const { gated, caller, sessionId } = passing
    const { method, headers, raw } = request
    const abort = new AbortController()
    const startedAt = app.now()
    let tools: readonly string[] = []
    let outcome = 'gone'
    let ended: EndReason | undefined
    const exchange: Exchange = {
      caller,
      kind: kindOf(method, headers['mcp-method']?.toString()),
      resourceId: gated.resource.id,
      activeAt: app.now(),
      end(reason) {
        ended = reason
        abort.abort()
      },
      keepAlive: undefined,
    }
    const full = exchanges.open(exchange)
    if (full !== undefined) return full
    const leave = () => {
      for (const tool of tools) toolAudit.called(request, gated, caller, { tool, outcome, ms: app.now() - startedAt })
      tools = []
      exchanges.close(exchange)
      abort.abort()
    }
    reply.raw.once('close', leave)

    const refusal = await go()
    if (refusal === undefined) return undefined
    reply.raw.off('close', leave)
    outcome = String(refusal.status)
    leave()
    return ended === undefined ? refusal : whyEnded(ended)

    async function go(): Promise<GateRefusal | undefined> {
      const received = await receiveBody(raw, passing, app.settings.gateBodyLimit, toolAudit.keepsCalls)
      if (received.refusal?.tool !== undefined) toolAudit.denied(request, gated, caller, received.refusal.tool)
      if (received.refusal !== undefined) return received.refusal
      tools = received.tools ?? []
      const begun = performance.now()
      const answer = isCommand(gated.upstream) ? await askProcess(received.body) : await askServer(gated.upstream, received.body)
      const failed = answer.refusal !== undefined && answer.refusal.status >= 500 && !abort.signal.aborted
      const labels = { resource: gated.resource.identifier }
      app.meter.time('upstream', labels, (performance.now() - begun) / 1000)
      // Also without a failure, so that the series begins at 0.
      app.meter.count('upstreamFailures', labels, failed ? 1 : 0)
      if (answer.refusal !== undefined) return answer.refusal
      /* c8 ignore next -- the client goes in the very moment in which the answer comes */
      if (reply.raw.destroyed) return void answer.response.body.on('error', () => undefined).destroy()
      give(answer.response, toolLearner.watch(gated, received.body, answer.response))
      return undefined
    }

    async function askServer(upstream: string, body: SentBody | undefined): Promise<UpstreamAnswer> {
      const made = await makeHeaders(request, gated, caller, sessionId)
      if (made.refusal !== undefined) return made
      const url = addressOf(request, upstream, passing)
      return askUpstream({ method: method as 'POST', url, headers: made.headers, body, signal: abort.signal })
    }

    /** Its body is read as a whole (receive-body.ts). */
    function askProcess(body: SentBody | undefined): Promise<UpstreamAnswer> {
      const { accept = '', 'mcp-protocol-version': revision } = headers
      const said = { accept, revision: revision?.toString(), body: body?.content as Buffer | undefined }
      const subject = caller.user?.id ?? caller.claims.sub
      return askCommand({ method: method as 'POST', gated, subject, sessionId, ...said, signal: abort.signal })
    }

    function whyEnded(reason: EndReason): GateRefusal {
      const { status, message } = ENDED[reason]
      if (status !== 401) return { status, message }
      const challenge = challengeOf(gated, { scheme: caller.scheme, error: 'invalid_token', description: message, scopes: caller.scopes })
      return { status, message, headers: { 'www-authenticate': challenge } }
    }

    function give({ statusCode, headers: given, body }: UpstreamResponse, watcher: AnswerWatcher | undefined): void {
      const isStream = isEventStream(given)
      const { upstream } = gated
      const isHttp = !isCommand(upstream)
      const filter =
        isHttp && isStream && method === 'GET' ? createEndpointFilter((address) => replaceEndpoint(upstream, address)) : undefined
      outcome = String(statusCode)
      reply.hijack()
      reply.raw.writeHead(statusCode, returnedHeaders(given, ownHeaders(given, isStream)))
      exchange.activeAt = app.now()
      const onActivity = (chunk: Buffer) => {
        exchange.activeAt = app.now()
        watcher?.push(chunk)
      }
      const onEnd = () => {
        leave()
        watcher?.end()
      }
      const way = relay(body, reply.raw, { isStream, filter, onActivity, onEnd })
      exchange.end = way.end
      exchange.keepAlive = isStream ? way.keepAlive : undefined
    }

    function ownHeaders(given: UpstreamResponse['headers'], isStream: boolean) {
      const session = given['mcp-session-id']
      const nonce = reply.getHeader('dpop-nonce')
      return {
        ...CORS,
        ...(typeof nonce === 'string' && { 'dpop-nonce': nonce }),
        // Proxies in front of us would hold events back.
        ...(isStream && { 'x-accel-buffering': 'no', 'content-length': undefined }),
        'mcp-session-id':
          typeof session === 'string' && isSessionId(session) ? bind(session, passing.holder, app.macKeys, 'mcp session') : undefined,
      }
    }

    /** The address that the client posts to instead; only for one within the upstream. */
    function replaceEndpoint(upstream: string, address: string): string | undefined {
      const base = new URL(upstream)
      const target = URL.canParse(address, base.href) ? new URL(address, base) : undefined
      if (target?.origin !== base.origin) return undefined
      const bound = bind(Buffer.from(target.pathname + target.search).toString('base64url'), passing.holder, app.macKeys, 'mcp endpoint')
      return `${gated.path === '/' ? '' : gated.path}${LEGACY}${bound}`
    }
  }
}

/** The upstream's own address, with the client's query behind its own. */
function addressOf({ url }: FastifyRequest, upstream: string, { endpoint }: Passing): URL {
  // Put together, not resolved: a path that begins with two slashes would name another host.
  if (endpoint !== undefined) return new URL(new URL(upstream).origin + Buffer.from(endpoint, 'base64url').toString())
  const address = new URL(upstream)
  const query = url.includes('?') ? url.slice(url.indexOf('?') + 1) : ''
  if (query !== '') address.search += address.search === '' ? `?${query}` : `&${query}`
  return address
}
