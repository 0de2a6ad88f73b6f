/** GET /jwks (RFC 7517 section 5): the public keys that verify our tokens. Serialized once. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import fp from 'fastify-plugin'
import { PATHS } from '../schemas/paths.ts'

const jwks: FastifyPluginAsyncTypebox = async (app) => {
  const body = JSON.stringify(app.keyset.jwks)
  app.get(PATHS.jwks, (_request, reply) => {
    reply.header('cache-control', 'public, max-age=300').type('application/json; charset=utf-8')
    return reply.send(body)
  })
}
export default fp(jwks, { name: 'jwks', encapsulate: true, dependencies: ['keys'] })
