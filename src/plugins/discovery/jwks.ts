/**
 * GET /jwks (RFC 7517 section 5): the public keys that verify our tokens. Owns the serialized text, made anew when the keys change; not
 * the keys (crypto/keyset.ts).
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import fp from 'fastify-plugin'
import { JWKS_MAX_AGE } from '../../domain/key/key-schedule.ts'
import { PATHS } from '../../schemas/paths.ts'
import { curl, rfc } from '../kernel/endpoint.ts'
import type { Endpoint } from '../kernel/endpoint.ts'

const endpoint: Endpoint = {
  id: 'jwks',
  group: 'discovery',
  member: 'jwks_uri',
  standards: [rfc(7517, 'JSON Web Key')],
  curl: (url) => curl(`'${url}'`),
}

const jwks: FastifyPluginAsyncTypebox = async (app) => {
  let published = app.keyset.jwks
  let body = JSON.stringify(published)
  app.get(PATHS.jwks, { config: { audience: 'api', endpoint } }, async (_request, reply) => {
    await app.keyset.refresh(app.now())
    if (published !== app.keyset.jwks) {
      published = app.keyset.jwks
      body = JSON.stringify(published)
    }
    reply.header('cache-control', `public, max-age=${JWKS_MAX_AGE}`).type('application/json; charset=utf-8')
    return reply.send(body)
  })
}
export default fp(jwks, { name: 'jwks', encapsulate: true, dependencies: ['keys', 'clock'] })
