/**
 * Leads people who open a page under another name of this server to the issuer's address, before they type anything: cookies and forms
 * belong to that host alone. Only to a configured address (threat-model.md T16), and never twice, since a proxy that sends another
 * name each time would go round in circles.
 */
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { isLoopback } from '../../../domain/protocol/loopback.ts'
import { prefersJson } from '../route-audience.ts'

/** Marks an address that somebody was led to. */
const MARK = 'own_host=1'

const ownHost: FastifyPluginAsync = async (app) => {
  const { issuer, trustProxy } = app.settings
  const { origin, host: own, hostname, port } = new URL(issuer)
  const hasProxy = trustProxy !== false
  if (!hasProxy && !isLoopback(hostname)) return

  app.addHook('onRoute', (route) => {
    const audience = route.config?.audience
    if (route.method !== 'GET' || (audience !== 'page' && audience !== 'either')) return
    route.onRequest = [lead, ...[route.onRequest ?? []].flat()]
  })

  async function lead(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const { url } = request
    if (!isElsewhere(request) || url.includes(MARK) || !url.startsWith('/') || prefersJson(request, 'either')) return undefined
    const target = `${origin}${url}${url.includes('?') ? '&' : '?'}${MARK}`
    return reply.header('cache-control', 'no-store').redirect(target, 303)
  }

  /** Whether the browser certainly knows this server by another name. Without a forwarded name, a proxy may have put in its own. */
  function isElsewhere(request: FastifyRequest): boolean {
    if (request.host === own) return false
    if (hasProxy) return request.host === forwardedHost(request)
    // On another port there may be a proxy or a container, and nothing at all at the issuer's.
    return isLoopback(request.hostname) && String(request.port ?? '') === port
  }
}

/** What the proxy in front of the server says, which counts only if the proxy is trusted: then it is `request.host`. */
function forwardedHost({ headers }: FastifyRequest): string | undefined {
  return [headers['x-forwarded-host'] ?? []].flat().join().split(',').at(-1)?.trim()
}

export default fp(ownHost, { name: 'own-host', dependencies: ['settings', '@fastify/accepts'] })
