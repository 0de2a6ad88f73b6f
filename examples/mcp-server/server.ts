/** The tools behind a login, with Fastify. */
import Fastify from 'fastify'
import resourceServer, { scopeForTools } from 'solar-system-oauth-server/resource-server'
import { introspection, issuer, port, resource } from './settings.ts'
import { serveTools } from './tools.ts'

const app = Fastify({ forceCloseConnections: true })
await app.register(resourceServer, { issuer, resource, introspection, scopes: ['sky:read', 'probes:launch'] })

app.route({
  url: '/mcp',
  method: ['GET', 'POST', 'DELETE'],
  preHandler: app.requireScope(scopeForTools({ launch_probe: 'probes:launch' }, 'sky:read')),
  async handler(request, reply) {
    reply.hijack()
    await serveTools(Object.assign(request.raw, { auth: request.accessToken }), reply.raw, request.body)
  },
})

await app.listen({ port, host: 'localhost' })
console.log(`MCP server at ${resource}`)
