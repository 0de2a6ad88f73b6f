/**
 * GET /.well-known/oauth-authorization-server (RFC 8414 section 3) and /.well-known/openid-configuration (OpenID Connect Discovery
 * section 4). Owns the serialized text; not what it says (domain/discovery/server-metadata.ts).
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import fp from 'fastify-plugin'
import { serverMetadata } from '../../domain/discovery/server-metadata.ts'
import { openidConfigurationUrl, serverMetadataPaths, serverMetadataUrl } from '../../domain/protocol/discovery-urls.ts'
import type { EndpointMember, ServerMetadata } from '../../schemas/metadata.ts'
import { curl, openid, rfc } from '../kernel/endpoint.ts'
import type { Endpoint } from '../kernel/endpoint.ts'
import type { RouteTable } from '../kernel/route-table.ts'
import type { Language } from '../pages/page-language.ts'

const oauth: Endpoint = {
  id: 'metadata',
  group: 'discovery',
  standards: [rfc(8414, 'Authorization Server Metadata')],
  curl: (url) => curl(`'${url}'`),
}
const openidConfiguration: Endpoint = {
  ...oauth,
  id: 'openid_configuration',
  standards: [openid('OpenID Connect Discovery', 'openid-connect-discovery-1_0')],
}

const metadata: FastifyPluginAsyncTypebox<{ routes: RouteTable; languages: readonly Language[] }> = async (app, { routes, languages }) => {
  const { issuer, base, codeChallengeMethods, cimd, requirePar, securityProfile, personalTokens } = app.settings
  let scopes: readonly string[] = []
  let body = ''

  /** Serialized once for each state of the resources. */
  async function currentBody(): Promise<string> {
    const registry = await app.resourceRegistry()
    if (registry.scopes !== scopes) {
      scopes = registry.scopes
      const strictness = { codeChallengeMethods, requirePar, securityProfile }
      const settled = {
        issuer,
        endpoints: endpointMembers(),
        languages,
        clientDocuments: cimd === 'on',
        tokenExchange: personalTokens === 'on',
        ...strictness,
      }
      body = JSON.stringify(serverMetadata({ ...settled, scopes }))
    }
    return body
  }

  /** Complete: each endpoint that the document has to name declares its member. */
  function endpointMembers(): Pick<ServerMetadata, EndpointMember> {
    const { origin } = new URL(issuer)
    const announced = routes.endpoints().flatMap(({ member, path }) => (member === undefined ? [] : [[member, origin + path] as const]))
    return Object.fromEntries(announced) as Pick<ServerMetadata, EndpointMember>
  }

  const pathOf = (url: string) => new URL(url).pathname
  const announced = new Map([
    [pathOf(serverMetadataUrl(issuer)), oauth],
    [pathOf(openidConfigurationUrl(issuer)), openidConfiguration],
  ])
  for (const path of serverMetadataPaths(base)) {
    app.get(path, { config: { audience: 'api', endpoint: announced.get(path) } }, async (_request, reply) =>
      reply
        .header('cache-control', 'public, max-age=300')
        .type('application/json; charset=utf-8')
        .send(await currentBody()),
    )
  }
}
export default fp(metadata, { name: 'metadata', encapsulate: true, dependencies: ['settings', 'resources', 'pages'] })
