/** GET /: what this server is and how to use it. A page for people, JSON for programs that prefer it; both from one list of endpoints. */
import type {} from '@fastify/accepts'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import fp from 'fastify-plugin'
import { isLoopback } from '../../domain/protocol/loopback.ts'
import { HomeResponse } from '../../schemas/home.ts'
import { endpointGroups, endpointUrls } from './endpoint-list.ts'
import type { Described } from './endpoint-list.ts'
import type {} from '../pages/pages.ts'

const home: FastifyPluginAsyncTypebox<Described> = async (app, described) => {
  const { issuer } = described
  const { hostname, pathname } = new URL(issuer)
  const urls = endpointUrls(described)
  const json: HomeResponse = { name: 'Solar System OAuth Server', issuer, metadata: urls.metadata, endpoints: urls }
  const page = { issuer, loopback: isLoopback(hostname), groups: endpointGroups(described), urls }

  // At the root and at the path of the issuer, whichever of them a proxy in front passes on.
  for (const path of pathname === '/' ? ['/'] : ['/', pathname]) {
    app.get(path, { schema: { response: { 200: HomeResponse } } }, async (request, reply) => {
      reply.header('vary', 'Accept')
      // `*/*` gets the page: curl without a header is a person looking.
      if (request.type(['html', 'json']) === 'json') return json
      return reply.page('home', page)
    })
  }
}

export default fp(home, { name: 'home', encapsulate: true, dependencies: ['pages'] })
