/**
 * GET /.well-known/oauth-authorization-server (RFC 8414 section 3) and /.well-known/openid-configuration (OpenID Connect
 * Discovery section 4). Owns where they are found; not what they say (domain/server-metadata.ts).
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import fp from 'fastify-plugin'
import { serverMetadata } from '../domain/server-metadata.ts'
import { WELL_KNOWN } from '../schemas/paths.ts'
import { languages } from './shared/page-language.ts'

const metadata: FastifyPluginAsyncTypebox = async (app) => {
  const { issuer, base, supportedScopes, codeChallengeMethods, registration, cimd } = app.settings
  const document = serverMetadata({ issuer, scopes: supportedScopes, codeChallengeMethods, languages, registration: registration !== 'closed', clientDocuments: cimd === 'on' })
  const body = JSON.stringify(document)

  // An issuer with a path is looked for with the path behind the suffix (RFC 8414) and before it (OpenID Connect).
  const paths = Object.values(WELL_KNOWN).flatMap((path) => (base === '' ? [path] : [path + base, base + path]))
  for (const path of paths) {
    app.get(path, (_request, reply) => reply.header('cache-control', 'public, max-age=300').type('application/json; charset=utf-8').send(body))
  }
}
export default fp(metadata, { name: 'metadata', encapsulate: true, dependencies: ['settings'] })
