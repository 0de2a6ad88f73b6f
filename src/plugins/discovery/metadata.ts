/**
 * GET /.well-known/oauth-authorization-server (RFC 8414 section 3) and /.well-known/openid-configuration (OpenID Connect
 * Discovery section 4). Owns where they are found; not what they say (domain/discovery/server-metadata.ts).
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import fp from 'fastify-plugin'
import { serverMetadata } from '../../domain/discovery/server-metadata.ts'
import { serverMetadataPaths } from '../../domain/protocol/discovery-urls.ts'
import { languages } from '../pages/page-language.ts'

const metadata: FastifyPluginAsyncTypebox = async (app) => {
  const { issuer, base, codeChallengeMethods, registration, cimd, requirePar } = app.settings
  const said = {
    issuer,
    codeChallengeMethods,
    languages,
    registration: registration !== 'closed',
    clientDocuments: cimd === 'on',
    requirePar,
  }
  let scopes: readonly string[] = []
  let body = ''

  /** Serialized once for each state of the resources. */
  async function currentBody(): Promise<string> {
    const registry = await app.resourceRegistry()
    if (registry.scopes !== scopes) {
      scopes = registry.scopes
      body = JSON.stringify(serverMetadata({ ...said, scopes }))
    }
    return body
  }

  for (const path of serverMetadataPaths(base)) {
    app.get(path, async (_request, reply) =>
      reply
        .header('cache-control', 'public, max-age=300')
        .type('application/json; charset=utf-8')
        .send(await currentBody()),
    )
  }
}
export default fp(metadata, { name: 'metadata', encapsulate: true, dependencies: ['settings', 'resources'] })
