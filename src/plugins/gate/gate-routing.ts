/**
 * Which requests are for a resource behind the gate, before anything else looks at them: decorates `request.gated`. Owns hosts and paths,
 * metadata of resources (RFC 9728), preflights, and what clients find on a resource's own host; not the requests themselves (gate.ts).
 */
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { GateMatch, GuardedMatch } from '../../domain/gate/gate-table.ts'
import { discoveryUrls } from '../../domain/protocol/discovery-urls.ts'
import { protectedResourceMetadata } from '../../domain/protocol/protected-resource.ts'
import { scopeNames } from '../../domain/resource/resource-registry.ts'
import { PATHS, WELL_KNOWN } from '../../schemas/paths.ts'
import { pathOf } from '../kernel/route-table.ts'
import { CORS, PREFLIGHT, sendRefusal } from './gate-answers.ts'
import type { FindGateTable } from './gate-tables.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The resource that it is for. */
    gated: GateMatch | undefined
  }
}

/** Where a proxy asks whether a request may pass. */
export const FORWARD_AUTH = '/forward-auth'

/** What clients of a resource's own host ask there although its metadata names the issuer: answered as here. */
const SHARED: ReadonlySet<string> = new Set([PATHS.register, PATHS.token])
const DISCOVERY: ReadonlySet<string> = new Set(Object.values(WELL_KNOWN))

const gateRouting: FastifyPluginAsync<{ findGateTable: FindGateTable }> = async (app, { findGateTable }) => {
  const { issuer, base, forwardAuth } = app.settings
  const isAsking = forwardAuth === 'on'
  const own = new URL(issuer).host

  app.decorateRequest('gated', undefined)

  app.addHook('onRequest', (request, reply, done) => {
    // Nearly everything.
    if (isOurs(request) && request.host === own) return done()
    // What a proxy says of its host is about another request (forward-auth.ts).
    if (isAsking && pathOf(request.url) === FORWARD_AUTH) return done()
    route(request, reply).then(
      (isAnswered) => void (isAnswered || done()),
      (error: unknown) => done(error as Error),
    )
  })

  /** Whether it is answered. A path counts only as it is written: no other spelling leads anywhere. */
  async function route(request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
    const { host, url } = request
    const table = await findGateTable()
    const match = url.startsWith('/') ? table.find(host, pathOf(url)) : undefined
    if (match === undefined) return table.isForeign(host) && answerElsewhere(request, reply)
    if (isOurs(request) && !table.isForeign(host)) return false // a route of ours that came later than the resource
    reply.headers(CORS)
    if (request.method === 'OPTIONS') reply.code(204).headers(PREFLIGHT).send()
    else if (match.at === 'metadata') sendMetadata(request, reply, match)
    else if (!('upstream' in match)) sendRefusal(reply, { status: 404, message: 'there is nothing at this address' })
    else {
      request.gated = match
      return false
    }
    return true
  }

  function sendMetadata({ method }: FastifyRequest, reply: FastifyReply, { resource }: GateMatch | GuardedMatch): void {
    if (method !== 'GET' && method !== 'HEAD')
      return sendRefusal(reply, { status: 405, message: 'this address answers GET only', headers: { allow: 'GET, HEAD' } })
    const scopes = scopeNames(resource)
    const document = protectedResourceMetadata({
      resource: resource.identifier,
      authorizationServers: [issuer],
      scopes,
      name: resource.name,
    })
    reply
      .header('cache-control', 'public, max-age=300')
      .type('application/json; charset=utf-8')
      .serializer(String)
      .send(method === 'HEAD' ? '' : JSON.stringify(document))
  }

  /** On the host of a resource there is nothing else of ours: no page, and no cookie. */
  function answerElsewhere({ url, method }: FastifyRequest, reply: FastifyReply): boolean {
    const path = pathOf(url)
    if (SHARED.has(path) && base === '') return false
    reply.headers(CORS).header('cache-control', 'no-store')
    // A preflight that is redirected fails, whatever it is redirected to.
    if (method === 'OPTIONS') reply.code(204).headers(PREFLIGHT).send()
    else if (path === PATHS.authorize) {
      const query = url.includes('?') ? url.slice(url.indexOf('?')) : ''
      reply.redirect(issuer + PATHS.authorize + query, 307)
    } else if (DISCOVERY.has(path))
      reply.redirect(
        discoveryUrls(issuer).find((each) => each.includes(path))!,
        308,
      )
    else sendRefusal(reply, { status: 404, message: 'there is nothing at this address' })
    return true
  }
}

/** Whether a route of this server has its path; the route of @fastify/cors for preflights has every path. */
const isOurs = ({ is404, routeOptions }: FastifyRequest): boolean => !is404 && routeOptions.url !== '*'

export default fp(gateRouting, { name: 'gate-routing', dependencies: ['settings', 'resources'] })
