/** What the library for MCP servers publishes; the authorization server itself is no protected resource of others. */
import t from 'tap'
import { createGuard, metadataUrl } from '#src/resource-server/index.ts'
import type { ResourceServerOptions } from '#src/resource-server/index.ts'
import { ISSUER, RESOURCE, createIssuer } from '#test/support/providers/issuer.ts'

async function guardOf(options: Partial<ResourceServerOptions> = {}) {
  const issuer = await createIssuer()
  const guard = createGuard({ ...issuer.options(), ...options })
  return async (url: string, authorization?: string) => guard({ method: 'GET', url, headers: { authorization } })
}
const documentOf = (answer: object) => JSON.parse((answer as { body: string }).body) as Record<string, unknown>

//= https://www.rfc-editor.org/rfc/rfc9728#section-3
//# Protected resources supporting metadata MUST make a JSON document containing metadata as specified in Section 2 available at a URL formed by inserting a well-known URI string into the protected resource's resource identifier between the host component and the path and/or query components, if any.
//= https://www.rfc-editor.org/rfc/rfc9728#section-3.1
//# If the resource identifier value contains a path or query component, any terminating slash (/) following the host component MUST be removed before inserting /.well-known/ and the well-known URI path suffix between the host component and the path and/or query components.
t.test('the document lies between the host of a resource and its path', async (t) => {
  const table = {
    'https://mcp.example.com': '/.well-known/oauth-protected-resource',
    'https://mcp.example.com/': '/.well-known/oauth-protected-resource',
    'https://mcp.example.com/mcp': '/.well-known/oauth-protected-resource/mcp',
    'https://mcp.example.com/a/b': '/.well-known/oauth-protected-resource/a/b',
    'https://mcp.example.com/?tenant=1': '/.well-known/oauth-protected-resource?tenant=1',
  }
  for (const [resource, path] of Object.entries(table)) {
    t.equal(metadataUrl(resource), `https://mcp.example.com${path}`)
    t.match(await (await guardOf({ resource }))(path), { status: 200 }, resource)
  }
})

//= https://www.rfc-editor.org/rfc/rfc9728#section-3.2
//# A successful response MUST use the 200 OK HTTP status code and return a JSON object using the application/json content type that contains a set of metadata parameters as its members that are a subset of the metadata parameters defined in Section 2.
//= https://www.rfc-editor.org/rfc/rfc9728#section-3.3
//# The resource value returned MUST be identical to the protected resource's resource identifier value into which the well-known URI path suffix was inserted to create the URL used to retrieve the metadata.
t.test('a client reads which resource it is, and who logs people in', async (t) => {
  const answer = await (await guardOf({ scopes: ['planets:read'] }))('/.well-known/oauth-protected-resource/mcp')
  t.match(answer, { status: 200, headers: { 'content-type': /^application\/json/ } })
  t.strictSame(documentOf(answer), {
    resource: RESOURCE,
    authorization_servers: [ISSUER],
    scopes_supported: ['planets:read'],
    bearer_methods_supported: ['header'],
    dpop_signing_alg_values_supported: ['ES256', 'Ed25519', 'EdDSA', 'RS256', 'PS256'],
  })
})

//= https://www.rfc-editor.org/rfc/rfc9728#section-3.2
//# Parameters with zero values MUST be omitted from the response.
t.test('a resource without scopes says nothing of them', async (t) => {
  for (const scopes of [undefined, []])
    t.notOk('scopes_supported' in documentOf(await (await guardOf({ scopes }))('/.well-known/oauth-protected-resource/mcp')))
})

//= https://www.rfc-editor.org/rfc/rfc9728#section-5.1
//# The URL of the protected resource metadata.
t.test('a challenge names the document', async (t) => {
  const ask = await guardOf()
  for (const authorization of [undefined, 'Bearer x'])
    t.match(await ask('/mcp', authorization), {
      status: 401,
      headers: { 'www-authenticate': new RegExp(`^Bearer resource_metadata="${metadataUrl(RESOURCE)}"`) },
    })
})

//= https://www.rfc-editor.org/rfc/rfc9728#section-7.10
//# Implementations should utilize HTTP caching directives such as Cache-Control with max-age, as defined in [RFC9111], to enable caching of retrieved metadata for appropriate time periods.
t.test('a client may keep the document for a while', async (t) => {
  t.match(await (await guardOf())('/.well-known/oauth-protected-resource'), { headers: { 'cache-control': 'public, max-age=300' } })
})

//= https://www.rfc-editor.org/rfc/rfc9728#section-1.2
//# A resource identifier is an https URL without a fragment.
t.test('a resource that is no https address, or has a fragment, does not start', async (t) => {
  for (const resource of ['http://mcp.example.com/mcp', 'https://mcp.example.com/#x', 'mcp.example.com', 'urn:mcp'])
    await t.rejects(guardOf({ resource }), /resource must be an https URL without fragment/, resource)
})
