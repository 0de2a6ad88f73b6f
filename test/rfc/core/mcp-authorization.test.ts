/** MCP authorization, revision 2026-07-28: the part of the authorization server. Whole runs by the SDKs are in test/flows. */
import { decodeJwt } from 'jose'
import t from 'tap'
import { loadConfig } from '#src/config/config.ts'
import { ISSUER } from '#test/support/app.ts'
import { pageOf, textOf } from '#test/support/authorization.ts'
import { CHATGPT, serveDocuments } from '#test/support/clients/client-documents.ts'
import { CALLBACK, RESOURCE, createConversation } from '#test/support/conversation.ts'
import type { Registered, Tokens } from '#test/support/conversation.ts'
import { json } from '#test/support/network/tls-server.ts'

const documents = await serveDocuments(t)
const conversation = await createConversation(t, { safeFetch: documents })
const { app, authorize, authorizeUrl, exchange, person, refresh, register, tokens } = conversation
const metadata = async (path: string) => (await app.inject(path)).json<Record<string, unknown>>()

//= https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization#overview
//# Authorization servers **MUST** implement OAuth 2.1 with appropriate security measures for both confidential and public clients.
t.test('a public and a confidential client go the same way, each held to what it is', async (t) => {
  const secret = (await register({ redirect_uris: [CALLBACK], token_endpoint_auth_method: 'client_secret_basic' })).json<Registered>()
  for (const client of [conversation.client, secret])
    t.equal((await exchange((await authorize({}, person, client))['code'], {}, client)).statusCode, 200)
  t.equal((await exchange((await authorize({}, person, secret))['code'], {}, { client_id: secret.client_id })).statusCode, 401)
  t.match((await exchange((await authorize())['code'], { code_verifier: undefined })).json(), { error: 'invalid_grant' })
})

//= https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization#overview
//# MCP authorization servers **MUST** provide at least one of the following discovery mechanisms:
//= https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/security-considerations#authorization-code-protection
//# Authorization servers providing OpenID Connect Discovery 1.0 **MUST** include `code_challenge_methods_supported` in their metadata to ensure MCP compatibility.
t.test('a client finds both documents, with PKCE in them', async (t) => {
  for (const path of ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']) {
    const document = await metadata(path)
    t.equal(document['issuer'], ISSUER)
    t.ok((document['code_challenge_methods_supported'] as string[]).includes('S256'))
  }
})

//= https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization#authorization-response-validation
//# MCP authorization servers **SHOULD** include the `iss` parameter in authorization responses, including error responses
//= https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization#authorization-response-validation
//# Authorization servers that include the `iss` parameter **MUST** advertise this by setting `authorization_response_iss_parameter_supported` to `true` in their metadata
t.test('a client learns who answers, and that it always will', async (t) => {
  t.match(await metadata('/.well-known/oauth-authorization-server'), { authorization_response_iss_parameter_supported: true })
  t.match(
    [await authorize(), await authorize({ response_type: 'token' })],
    [
      { code: /./, iss: ISSUER },
      { error: /./, iss: ISSUER },
    ],
  )
})

//= https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/security-considerations#token-theft
//# Authorization servers **SHOULD** issue short-lived access tokens to reduce the impact of leaked tokens.
//= https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/security-considerations#token-theft
//# For public clients, authorization servers **MUST** rotate refresh tokens
t.test('an access token lives for an hour, and a refresh token for one use', async (t) => {
  const first = await tokens({ resource: RESOURCE })
  t.ok(first.expires_in <= 3600)
  const second = (await refresh(first.refresh_token, { resource: RESOURCE })).json<Tokens>()
  t.not(second.refresh_token, first.refresh_token)
  t.equal(decodeJwt(second.access_token).aud, RESOURCE)
})

//= https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/security-considerations#communication-security
//# All authorization server endpoints **MUST** be served over HTTPS.
t.test('an issuer is https, but on the machine of somebody who tries it out', async (t) => {
  t.match(loadConfig({ ISSUER: 'http://auth.example.com', ADMIN_PASSWORD: 'a password of theirs' }), { ok: false })
})

//= https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/security-considerations#open-redirection
//# Authorization servers **MUST** validate exact redirect URIs against pre-registered values to prevent redirection attacks.
//= https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/security-considerations#open-redirection
//# Authorization servers **MUST** take precautions to prevent redirecting user agents to untrusted URI's
t.test('an address that a client did not register ends on a page of ours', async (t) => {
  for (const redirect_uri of ['https://evil.example/', `${CALLBACK}/`, `${CALLBACK}?x`])
    t.equal((await person.open(authorizeUrl({ redirect_uri }))).page?.status, 400, redirect_uri)
})

//= https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization#overview
//# Authorization servers and MCP clients **SHOULD** support [OAuth Client ID Metadata Documents]
//= https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/client-registration#implementation-requirements
//# **SHOULD** fetch metadata documents when encountering URL-formatted client_ids
//= https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/client-registration#implementation-requirements
//# **MUST** validate redirect URIs presented in an authorization request against those in the metadata document
t.test('a client that is a document goes the whole way, to the addresses in it and to no other', async (t) => {
  t.match(await metadata('/.well-known/oauth-authorization-server'), { client_id_metadata_document_supported: true })
  const as = { client_id: CHATGPT.client_id }
  const redirect_uri = CHATGPT.redirect_uris[0]!
  const { code } = await authorize({ redirect_uri }, person, as)
  t.equal((await exchange(code, { redirect_uri }, as)).statusCode, 200)
  t.equal((await person.open(authorizeUrl({ redirect_uri: 'https://evil.example/' }, as))).page?.status, 400)
})

//= https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/client-registration#implementation-requirements
//# **MUST** validate that the fetched document's `client_id` matches the URL exactly
//= https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/client-registration#implementation-requirements
//# **MUST** validate the document structure is valid JSON and contains required fields
t.test('a document of another client, of no JSON, or without redirect URIs is none', async (t) => {
  const status = async (name: string, change: object | string) => {
    const client_id = `https://client.example/${name}.json`
    const document = { client_id, client_name: name, redirect_uris: [CALLBACK] }
    documents.answers.set(
      client_id,
      typeof change === 'string'
        ? (_request, response) => void response.setHeader('content-type', 'application/json').end(change)
        : json({ ...document, ...change }),
    )
    return (await person.open(authorizeUrl({}, { client_id }))).page?.status
  }
  t.equal(await status('good', {}), 200)
  t.equal(await status('another', { client_id: 'https://client.example/good.json' }), 400)
  t.equal(await status('no-json', 'hello'), 400)
  t.equal(await status('array', '[]'), 400)
  t.equal(await status('nowhere', { redirect_uris: undefined }), 400)
})

//= https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/security-considerations#localhost-redirect-uri-risks
//# **MUST** clearly display the redirect URI hostname during authorization
//= https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/security-considerations#localhost-redirect-uri-risks
//# **SHOULD** display additional warnings for `localhost`-only redirect URIs
t.test('a person reads where the answer goes, and is warned where that is a program on their machine', async (t) => {
  for (const [redirect_uri, host, warned] of [
    ['https://planets.example/callback', 'planets.example', false],
    ['http://localhost:33418/callback', 'localhost:33418', true],
  ] as const) {
    const client = (await register({ redirect_uris: [redirect_uri], token_endpoint_auth_method: 'none' })).json<Registered>()
    const page = pageOf(await person.open(authorizeUrl({ redirect_uri }, client)))
    t.match(textOf(page.html), host)
    t.equal(page.html.includes('notice warning'), warned, host)
  }
})

//= https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/security-considerations#communication-security
//= type=exception
//= reason=Cursor comes back by a scheme of its own, and RFC 8252 lets apps do so: PKCE binds the code, and the person is asked each time.
//# All redirect URIs **MUST** be either `localhost` or use HTTPS.
