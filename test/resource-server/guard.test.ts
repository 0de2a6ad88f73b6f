/** The answers to a client without a token, with a bad one, or with too little scope (RFC 6750 section 3, RFC 9728 section 5). */
import t from 'tap'
import { createGuard, metadataPaths, metadataUrl, protectedResourceMetadata } from '#src/resource-server/index.ts'
import type { ResourceServerOptions } from '#src/resource-server/index.ts'
import { ISSUER, RESOURCE, createIssuer } from '#test/support/providers/issuer.ts'

const POINTER = 'Bearer resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource/mcp"'

async function setUp(more: Partial<ResourceServerOptions> = {}) {
  const issuer = await createIssuer()
  const guard = createGuard({ ...issuer.options(), scopes: ['planets:read', 'comets:write'], ...more })
  const call = (authorization: string | undefined, scope?: string) =>
    guard({ method: 'POST', url: '/mcp', headers: { authorization } }, scope)
  return { issuer, guard, call }
}

//= https://www.rfc-editor.org/rfc/rfc6750#section-3.1
//# If the request lacks any authentication information (e.g., the client was unaware that authentication is necessary or attempted using an unsupported authentication method), the resource server SHOULD NOT include an error code or other error information.
t.test('a client without a token learns where the metadata is and which scope it needs, and reads no error', async (t) => {
  const { call } = await setUp()
  for (const authorization of [undefined, '', 'Bearer', 'Bearer ', 'Basic YTpi', 'DPoP', 'Bearer a b']) {
    t.match(
      await call(authorization, 'planets:read'),
      { ok: false, status: 401, body: '', headers: { 'www-authenticate': `${POINTER}, scope="planets:read"` } },
      String(authorization),
    )
  }
  t.match(await call(undefined), { headers: { 'www-authenticate': POINTER } }, 'no scope, where none is needed')
})

//= https://www.rfc-editor.org/rfc/rfc6750#section-3.1
//# The access token provided is expired, revoked, malformed, or invalid for other reasons.
t.test('a client with a bad token learns so, in the header and as JSON', async (t) => {
  const { call, issuer } = await setUp()
  const description = 'the access token has expired'
  t.match(await call(`Bearer ${await issuer.sign({ exp: 1 })}`, 'planets:read'), {
    ok: false,
    status: 401,
    headers: {
      'www-authenticate': `${POINTER}, scope="planets:read", error="invalid_token", error_description="${description}"`,
      'content-type': /^application\/json/,
      'cache-control': 'no-store',
      'access-control-allow-origin': '*',
      'access-control-expose-headers': /WWW-Authenticate/,
    },
    body: JSON.stringify({ error: 'invalid_token', error_description: description }),
  })
})

t.test('a client with a good token gets through, however it writes "Bearer"', async (t) => {
  const { call, issuer } = await setUp()
  const token = await issuer.sign()
  for (const scheme of ['Bearer', 'bearer', 'BEARER ']) {
    t.match(await call(`${scheme} ${token}`, 'planets:read'), {
      ok: true,
      accessToken: { token, subject: 'helen' },
      headers: { 'access-control-allow-origin': '*' },
    })
  }
  t.match(await call(`Bearer ${token}`), { ok: true }, 'no scope is needed')
})

//= https://www.rfc-editor.org/rfc/rfc6750#section-3.1
//# The resource server SHOULD respond with the HTTP 403 (Forbidden) status code and MAY include the "scope" attribute with the scope necessary to access the protected resource.
t.test('a client whose token allows too little reads what to request, including all that it has', async (t) => {
  const { call, issuer } = await setUp()
  const token = await issuer.sign({ scope: 'openid planets:read' })
  const refused = await call(`Bearer ${token}`, 'planets:read comets:write')
  t.match(refused, {
    ok: false,
    status: 403,
    headers: { 'www-authenticate': `${POINTER}, scope="openid planets:read comets:write", error="insufficient_scope"` },
  })
  t.match(refused, { body: /"error":"insufficient_scope"/ })
  t.match(
    await call(`Bearer ${await issuer.sign({ scope: 'planets:readable' })}`, 'planets:read'),
    { status: 403 },
    'a scope is a whole word',
  )
  for (const typo of ['planets:read,comets:write', 'plänets:read', '"planets:read"'])
    t.match(await call(`Bearer ${token}`, typo), { status: 403 }, typo)
})

t.test('scopes that depend on the body are decided later, without a second look at the token', async (t) => {
  const { call, issuer } = await setUp()
  const decision = await call(`Bearer ${await issuer.sign({ scope: 'planets:read' })}`, 'planets:read')
  issuer.down = true
  t.ok(decision.ok)
  if (!decision.ok) return
  t.match(decision.withScope('planets:read'), { ok: true, accessToken: { subject: 'helen' } })
  t.match(decision.withScope('planets:read comets:write'), {
    ok: false,
    status: 403,
    headers: { 'www-authenticate': `${POINTER}, scope="planets:read comets:write", error="insufficient_scope"` },
  })
})

t.test('a client whose token cannot be checked is asked to come back, and keeps it', async (t) => {
  const { call, issuer } = await setUp()
  issuer.down = true
  const refused = await call(`Bearer ${await issuer.sign()}`)
  t.match(refused, { ok: false, status: 503, headers: { 'retry-after': '5' }, body: /temporarily_unavailable/, cause: Error })
  t.notOk('www-authenticate' in refused.headers)
})

//= https://www.rfc-editor.org/rfc/rfc9728#section-3.1
//# The well-known URI string inserted between the host component and the path and/or query components
t.test('a client finds the metadata at both addresses, and nowhere else', async (t) => {
  const { guard } = await setUp({ name: 'Planets', documentation: 'https://mcp.example.com/docs' })
  for (const url of [
    '/.well-known/oauth-protected-resource/mcp',
    '/.well-known/oauth-protected-resource',
    '/.well-known/oauth-protected-resource/mcp?x=1',
  ]) {
    const answer = await guard({ method: 'GET', url, headers: {} })
    t.match(answer, { ok: false, status: 200, headers: { 'content-type': /^application\/json/, 'access-control-allow-origin': '*' } }, url)
    t.strictSame(JSON.parse((answer as { body: string }).body), {
      resource: RESOURCE,
      authorization_servers: [ISSUER],
      scopes_supported: ['planets:read', 'comets:write'],
      bearer_methods_supported: ['header'],
      dpop_signing_alg_values_supported: ['ES256', 'Ed25519', 'EdDSA', 'RS256', 'PS256'],
      resource_name: 'Planets',
      resource_documentation: 'https://mcp.example.com/docs',
    })
  }
  t.match(await guard({ method: 'GET', url: '/.well-known/oauth-protected-resource/other', headers: {} }), { status: 401 })
  t.match(await guard({ headers: {} }), { status: 401 }, 'a request without an address counts as any other')
})

t.test('the metadata is in front of the path of the resource, with its query', async (t) => {
  t.equal(metadataUrl('https://mcp.example.com'), 'https://mcp.example.com/.well-known/oauth-protected-resource')
  t.equal(metadataUrl('https://mcp.example.com/'), 'https://mcp.example.com/.well-known/oauth-protected-resource')
  t.equal(metadataUrl('https://mcp.example.com/a/b?c=d'), 'https://mcp.example.com/.well-known/oauth-protected-resource/a/b?c=d')
  t.strictSame(metadataPaths('https://mcp.example.com'), ['/.well-known/oauth-protected-resource'])
  t.strictSame(protectedResourceMetadata({ resource: RESOURCE, authorizationServers: [ISSUER] }), {
    resource: RESOURCE,
    authorization_servers: [ISSUER],
    bearer_methods_supported: ['header'],
    dpop_signing_alg_values_supported: ['ES256', 'Ed25519', 'EdDSA', 'RS256', 'PS256'],
  })
})

t.test('a browser may send a preflight for any of the headers that MCP has', async (t) => {
  const { guard } = await setUp()
  const answer = await guard({ method: 'OPTIONS', url: '/mcp', headers: {} })
  t.match(answer, {
    ok: false,
    status: 204,
    body: '',
    headers: { 'access-control-allow-methods': /POST/, 'access-control-allow-headers': /Authorization.*Mcp-Session-Id/ },
  })
})
