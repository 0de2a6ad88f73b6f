/** The guard as a Fastify plugin: answers metadata and preflight requests, and decorates `app.requireScope` and `request.accessToken`. */
import type { FastifyPluginAsync, FastifyReply, FastifyRequest, preHandlerAsyncHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import type { AccessToken } from './access-token.ts'
import { createGuard } from './guard.ts'
import type { Answer, ResourceServerOptions } from './guard.ts'
import { metadataPaths } from './metadata.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Makes a `preHandler` that only lets requests with a valid access token through.
     *
     * @param scope the scopes that the token must have, separated by spaces; or a function that returns them for a request
     */
    requireScope(scope?: string | ((request: FastifyRequest) => string)): preHandlerAsyncHookHandler
  }
  interface FastifyRequest {
    /** Set by `requireScope`. */
    accessToken?: AccessToken
  }
}

const resourceServer: FastifyPluginAsync<ResourceServerOptions> = async (app, options) => {
  const guard = createGuard(options)
  /** For the paths that the guard answers itself. */
  const answer = async (request: FastifyRequest, reply: FastifyReply) => send(reply, (await guard(request.raw)) as Answer)

  app.decorateRequest('accessToken', undefined)
  app.decorate('requireScope', (scope = '') => async (request, reply) => {
    const decision = await guard(request.raw, typeof scope === 'string' ? scope : scope(request))
    // Set on the raw response, because an MCP transport writes there.
    for (const [name, value] of Object.entries(decision.headers)) reply.raw.setHeader(name, value)
    if (!decision.ok) return send(reply, decision)
    request.accessToken = decision.accessToken
  })

  const paths = metadataPaths(options.resource)
  for (const path of paths) app.get(path, answer)
  for (const path of [...new Set([...paths, new URL(options.resource).pathname])]) app.options(path, answer)
}

function send(reply: FastifyReply, { status, headers, body, cause }: Answer): FastifyReply {
  if (cause !== undefined) reply.log[status === 503 ? 'warn' : 'debug']({ err: cause }, 'the access token was not accepted')
  return reply.code(status).headers(headers).send(body)
}

export default fp(resourceServer, { name: 'solar-system-resource-server', fastify: '5.x' })
