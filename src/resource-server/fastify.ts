/** The guard as a Fastify plugin: answers metadata and preflight requests, and decorates `app.requireScope` and `request.accessToken`. */
import type { IncomingMessage } from 'node:http'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest, preHandlerAsyncHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import type { AccessToken } from './access-token.ts'
import { createGuard } from './guard.ts'
import type { Answer, Passed, ResourceServerOptions } from './guard.ts'
import { metadataPaths } from './metadata.ts'
import type { ScopeOfRequest } from './tool-scopes.ts'

type Scope = string | ScopeOfRequest<FastifyRequest>

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Makes a `preHandler` that only lets requests with a valid access token through. On a route that has it, the token is checked
     * before the body is read, and there only the scopes that depend on the body.
     *
     * @param scope the scopes that the token must have, separated by spaces; or a function that returns them for a request, whose
     *   `base` are those that every request needs
     */
    requireScope(scope?: string | ScopeOfRequest<FastifyRequest>): preHandlerAsyncHookHandler
  }
  interface FastifyRequest {
    /** Set by `requireScope`. */
    accessToken?: AccessToken
  }
}

const resourceServer: FastifyPluginAsync<ResourceServerOptions> = async (app, options) => {
  const guard = createGuard(options)
  const scopes = new WeakMap<object, Scope>()
  const passed = new WeakMap<FastifyRequest, Passed>()
  /** For the paths that the guard answers itself. */
  const answer = async (request: FastifyRequest, reply: FastifyReply) => send(reply, (await guard(request.raw)) as Answer)

  async function enforce(request: FastifyRequest, reply: FastifyReply, scope: string): Promise<FastifyReply | undefined> {
    // A second look doesn't verify the token again: a DPoP proof counts once.
    const decision = passed.get(request)?.withScope(scope) ?? (await guard(request.raw, scope))
    // Set on the raw response, because an MCP transport writes there.
    for (const [name, value] of Object.entries(decision.headers)) reply.raw.setHeader(name, value)
    if (!decision.ok) return send(reply, decision)
    request.accessToken = decision.accessToken
    passed.set(request, decision)
    return undefined
  }

  app.decorateRequest('accessToken', undefined)
  app.decorate('requireScope', (scope: Scope = '') => {
    const handler: preHandlerAsyncHookHandler = async (request, reply) =>
      enforce(request, reply, typeof scope === 'string' ? scope : scope(request))
    scopes.set(handler, scope)
    return handler
  })
  app.addHook('onRoute', (route) => {
    const own = [route.preHandler ?? []].flat().map((handler) => scopes.get(handler))
    const first = own.find((scope) => scope !== undefined)
    if (first === undefined) return
    const early = async (request: FastifyRequest, reply: FastifyReply) => {
      dropTypeOfNothing(request.raw)
      return enforce(request, reply, typeof first === 'string' ? first : (first.base ?? ''))
    }
    route.onRequest = [...[route.onRequest ?? []].flat(), early]
  })

  const paths = metadataPaths(options.resource)
  for (const path of paths) app.get(path, answer)
  for (const path of [...new Set([...paths, new URL(options.resource).pathname])]) app.options(path, answer)
}

/** Many MCP clients send a content type with every request. Fastify would refuse a DELETE that names a type and has no body. */
function dropTypeOfNothing({ method, headers }: IncomingMessage): void {
  const isEmpty = headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0
  if (method === 'DELETE' && isEmpty) delete headers['content-type']
}

function send(reply: FastifyReply, { status, headers, body, cause }: Answer): FastifyReply {
  if (cause !== undefined) reply.log[status === 503 ? 'warn' : 'debug']({ err: cause }, 'the access token was not accepted')
  return reply.code(status).headers(headers).send(body)
}

export default fp(resourceServer, { name: 'solar-system-resource-server', fastify: '5.x' })
