/**
 * GET /: what this server is for people, and how developers use it, as a page, or as JSON for programs that prefer it. Owns neither the list of endpoints
 * (kernel/route-table.ts) nor the texts (src/templates).
 */
import type {} from '@fastify/accepts'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import fp from 'fastify-plugin'
import { isLoopback } from '../../domain/protocol/loopback.ts'
import { HomeResponse } from '../../schemas/home.ts'
import { ENDPOINT_GROUPS } from '../kernel/endpoint.ts'
import type { RouteTable } from '../kernel/route-table.ts'
import type { Language } from '../pages/page-language.ts'
import type { HomePage } from '../pages/page-models.ts'
import type {} from '../pages/pages.ts'

const home: FastifyPluginAsyncTypebox<{ routes: RouteTable }> = async (app, { routes }) => {
  const { issuer, base } = app.settings
  let content: { json: HomeResponse; page: HomePage } | undefined
  const kept = new Map<Language, string>()

  /** Called once, when all routes are registered. */
  function describe(): { json: HomeResponse; page: HomePage } {
    const { origin, hostname } = new URL(issuer)
    const endpoints = routes.endpoints()
    const urls = Object.fromEntries(endpoints.map(({ id, path }) => [id, origin + path]))
    const groups = ENDPOINT_GROUPS.map((id) => ({
      id,
      endpoints: endpoints.filter(({ group }) => group === id).map(({ curl, ...each }) => ({ ...each, curl: curl(origin + each.path) })),
    }))
    return {
      json: { name: 'Solar System OAuth Server', issuer, metadata: urls['metadata']!, endpoints: urls },
      page: { issuer, loopback: isLoopback(hostname), servers: [], groups, urls },
    }
  }

  // At the root and at the path of the issuer: a proxy in front may pass on either.
  for (const path of base === '' ? ['/'] : ['/', base]) {
    app.get(path, { schema: { response: { 200: HomeResponse } }, config: { audience: 'either' } }, async (request, reply) => {
      reply.header('vary', 'Accept')
      const { json, page } = (content ??= describe())
      // `*/*` gets the page: curl without a header is a person looking.
      if (request.type(['html', 'json']) === 'json') return json
      // The addresses of MCP servers are for those who may use them, not for everybody who passes by.
      const servers = (await app.sessions.find(request)) === undefined ? [] : (await app.resourceRegistry()).resources
      return servers.length === 0 ? reply.page('home', page, { kept }) : reply.page('home', { ...page, servers })
    })
  }
}

export default fp(home, {
  name: 'home',
  encapsulate: true,
  dependencies: ['settings', 'pages', 'session', 'resources', '@fastify/accepts'],
})
