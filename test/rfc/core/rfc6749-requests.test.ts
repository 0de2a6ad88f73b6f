/** RFC 6749 sections 2.3, 3 and 4.1: how requests are read, and what is told about them. */
import t from 'tap'
import { loadConfig } from '#src/config/config.ts'
import { ISSUER, injectFetch } from '#test/support/app.ts'
import { CALLBACK, basicOf, createConversation } from '#test/support/conversation.ts'
import type { Registered, Tokens } from '#test/support/conversation.ts'
import { createPerson } from '#test/support/people/person.ts'

const conversation = await createConversation(t, { metadata: { token_endpoint_auth_method: 'client_secret_basic' } })
const { app, authorize, authorizeUrl, client, exchange, person, post, refresh, register } = conversation
const stranger = () => createPerson(ISSUER, injectFetch(app))
const registered = async (metadata: Record<string, unknown>) =>
  (await register({ redirect_uris: [CALLBACK], ...metadata })).json<Registered>()

/** What RFC 6749 lets `error` and `error_description` be made of. */
const ALPHABET = /^[\x20-\x21\x23-\x5B\x5D-\x7E]+$/

//= https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
//# The authorization server MUST support the HTTP Basic authentication scheme for authenticating clients that were issued a client password.
t.test('a client sends its secret by HTTP Basic, in the encoding of a form or as it is', async (t) => {
  const encoded = {
    client_id: encodeURIComponent(client.client_id),
    client_secret: client.client_secret!.replace(/[-_]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`),
  }
  for (const as of [client, encoded])
    t.match((await post('/token', { grant_type: 'authorization_code', code: 'unknown' }, basicOf(as))).json(), { error: 'invalid_grant' })
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
//# The parameters can only be transmitted in the request-body and MUST NOT be included in the request URI.
t.test('a secret in the address counts for nothing', async (t) => {
  const response = await post(`/token?client_id=${client.client_id}&client_secret=${client.client_secret}`, {
    grant_type: 'authorization_code',
    code: 'x',
  })
  t.match([response.statusCode, response.json()], [401, { error: 'invalid_client' }])
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
//# Since this client authentication method involves a password, the authorization server MUST protect any endpoint utilizing it against brute force attacks.
//= https://www.rfc-editor.org/rfc/rfc7009#section-5
//# Appropriate countermeasures, which should be in place for the token endpoint as well, MUST be applied to the revocation endpoint (see [RFC6819], Section 4.4.1.11).
t.test('a secret has 256 random bits, and who tries some is slowed down where a client alone asks', async (t) => {
  const limited = await createConversation(t, {
    env: { RATE_LIMIT_TOKEN: '3/1m' },
    metadata: { token_endpoint_auth_method: 'client_secret_basic' },
  })
  t.equal(Buffer.from(limited.client.client_secret!, 'base64url').length, 32)
  for (const path of ['/token', '/revoke', '/device_authorization']) {
    for (let guess = 0; guess < 3; guess++)
      t.equal(
        (await limited.post(path, { token: 'x' }, basicOf({ ...limited.client, client_secret: `guess ${guess}` }))).statusCode,
        401,
        path,
      )
    const response = await limited.post(path, { token: 'x' }, basicOf(limited.client))
    t.match([response.statusCode, response.headers['retry-after']], [429, /^\d+$/], `${path}: the right one, too`)
  }
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-3.1
//# the authorization server MUST require the use of TLS as described in Section 1.6 when sending requests to the authorization endpoint.
//= https://www.rfc-editor.org/rfc/rfc6749#section-3.2
//# the authorization server MUST require the use of TLS as described in Section 1.6 when sending requests to the token endpoint.
//= https://www.rfc-editor.org/rfc/rfc6749#section-10.9
//# In order to prevent man-in-the-middle attacks, the authorization server MUST require the use of TLS with server authentication as defined by [RFC2818] for any request sent to the authorization and token endpoints.
//= https://www.rfc-editor.org/rfc/rfc6749#section-10.11
//# To reduce the risk of phishing attacks, the authorization servers MUST require the use of TLS on every endpoint used for end-user interaction.
t.test('an operator cannot name an issuer without https, but on loopback', async (t) => {
  for (const ISSUER of ['http://auth.example.com', 'http://192.168.0.7:8000', 'http://localhost.example'])
    t.match(loadConfig({ ISSUER, ADMIN_PASSWORD: 'x'.repeat(12) }), { ok: false, error: [/^ISSUER .*https/] }, ISSUER)
  for (const ISSUER of ['https://auth.example.com', 'http://localhost:8000', 'http://127.0.0.1:8000'])
    t.match(loadConfig({ ISSUER, ADMIN_PASSWORD: 'x'.repeat(12) }), { ok: true }, ISSUER)
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-3.1
//# The endpoint URI MUST NOT include a fragment component.
//= https://www.rfc-editor.org/rfc/rfc6749#section-3.2
//# The endpoint URI MUST NOT include a fragment component.
t.test('no endpoint has a fragment', async (t) => {
  const metadata = (await app.inject('/.well-known/oauth-authorization-server')).json<Record<string, unknown>>()
  for (const [name, value] of Object.entries(metadata).filter(([name]) => name.endsWith('_endpoint'))) t.notMatch(value, '#', name)
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-3.1
//# The authorization server MUST support the use of the HTTP "GET" method [RFC2616] for the authorization endpoint and MAY support the use of the "POST" method as well.
//= https://www.rfc-editor.org/rfc/rfc6749#section-3.1
//# The authorization server MUST first verify the identity of the resource owner.
t.test('nobody gets a code who has not logged in', async (t) => {
  const { page } = await stranger().open(authorizeUrl())
  t.match([page!.status, page!.html], [200, /type="password"/])
  const { away } = await stranger().open(authorizeUrl({ prompt: 'none' }))
  t.match(Object.fromEntries(away!.searchParams), { error: 'login_required' })
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-3.1.1
//# If an authorization request is missing the "response_type" parameter, or if the response type is not understood, the authorization server MUST return an error response as described in Section 4.1.2.1.
t.test('a client that names no response type, or one that is not there, is told so', async (t) => {
  for (const response_type of [undefined, '']) t.match(await authorize({ response_type }), { error: 'invalid_request', state: 'xyz' })
  for (const response_type of ['token', 'id_token', 'code token', 'none', 'CODE', 'constructor'])
    t.match(await authorize({ response_type }), { error: 'unsupported_response_type', state: 'xyz' }, response_type)
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-3.1.2.2
//# The authorization server SHOULD require all clients to register their redirection endpoint prior to utilizing the authorization endpoint.
//= https://www.rfc-editor.org/rfc/rfc6749#section-10.6
//# The authorization server MUST require public clients and SHOULD require confidential clients to register their redirection URIs.
t.test('a client that is to send people registers where they come back', async (t) => {
  for (const token_endpoint_auth_method of ['none', 'client_secret_basic'])
    t.match((await register({ token_endpoint_auth_method })).json(), { error: 'invalid_redirect_uri' })
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-3.1.2
//# The redirection endpoint URI MUST be an absolute URI as defined by [RFC3986] Section 4.3.
//= https://www.rfc-editor.org/rfc/rfc6749#section-3.1.2.2
//# The authorization server SHOULD require the client to provide the complete redirection URI
t.test('a redirect URI is registered whole, or not at all', async (t) => {
  for (const uri of ['/callback', 'client.example/callback', '//client.example/callback', 'https:callback', ''])
    t.match((await register({ redirect_uris: [uri] })).json(), { error: 'invalid_redirect_uri' }, uri)
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-3.1.2.3
//# If multiple redirection URIs have been registered, if only part of the redirection URI has been registered, or if no redirection URI has been registered, the client MUST include a redirection URI with the authorization request using the "redirect_uri" request parameter.
//= https://www.rfc-editor.org/rfc/rfc6749#section-3.1.2.3
//# If the client registration included the full redirection URI, the authorization server MUST compare the two URIs using simple string comparison as defined in [RFC3986] Section 6.2.1.
t.test('where a client has several redirect URIs, the request names one of them, byte for byte', async (t) => {
  const other = 'https://client.example/other'
  const several = await registered({ redirect_uris: [CALLBACK, other] })
  for (const redirect_uri of [
    undefined,
    '',
    `${CALLBACK}/`,
    'https://CLIENT.example/callback',
    'https://client.example:443/callback',
    'https://client.example/%63allback',
  ]) {
    const { page } = await stranger().open(authorizeUrl({ redirect_uri, prompt: 'none' }, several))
    t.equal(page?.status, 400, String(redirect_uri))
  }
  t.equal((await stranger().open(authorizeUrl({ redirect_uri: other, prompt: 'none' }, several))).away?.pathname, '/other')
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-3.1.2.1
//# If TLS is not available, the authorization server SHOULD warn the resource owner about the insecure endpoint prior to redirection (e.g., display a message during the authorization request).
t.test('a person reads that the answer goes to a program on this machine, where it goes by plain http', async (t) => {
  const local = await registered({ redirect_uris: ['http://127.0.0.1:33418/callback'] })
  await authorize()
  const asks = async (as: Registered, redirect_uri: string) =>
    (await person.open(authorizeUrl({ redirect_uri, prompt: 'consent' }, as))).page!.html
  t.match(await asks(local, 'http://127.0.0.1:33418/callback'), /class="notice warning"/)
  t.notMatch(await asks(client, CALLBACK), /class="notice warning"/)
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-3.3
//# If the issued access token scope is different from the one requested by the client, the authorization server MUST include the "scope" response parameter to inform the client of the actual scope granted.
//= https://www.rfc-editor.org/rfc/rfc6749#section-3.3
//# If the client omits the scope parameter when requesting authorization, the authorization server MUST either process the request using a pre-defined default value or fail the request indicating an invalid scope.
//= https://www.rfc-editor.org/rfc/rfc6749#section-5.1
//# OPTIONAL, if identical to the scope requested by the client; otherwise, REQUIRED. The scope of the access token as described by Section 3.3.
t.test('the answer says which scope was granted, whatever was asked for', async (t) => {
  const granted = async (scope: string | undefined) => (await exchange((await authorize({ scope }))['code'])).json<Tokens>().scope
  t.equal(await granted('openid moon:land email'), 'openid email')
  t.equal(await granted('email openid'), 'email openid')
  t.equal(await granted(undefined), await granted(''), 'none is the default')
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1
//# If the resource owner denies the access request or if the request fails for reasons other than a missing or invalid redirection URI, the authorization server informs the client by adding the following parameters to the query component of the redirection URI using the "application/x-www-form-urlencoded" format
t.test('a client is told that the person said no', async (t) => {
  await authorize()
  const { page } = await person.open(authorizeUrl({ prompt: 'consent' }))
  const { away } = await person.submit(page!, { decision: 'deny' })
  t.match(Object.fromEntries(away!.searchParams), { error: 'access_denied', state: 'xyz' })
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1
//# Values for the "error" parameter MUST NOT include characters outside the set %x20-21 / %x23-5B / %x5D-7E.
//= https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1
//# Values for the "error_description" parameter MUST NOT include characters outside the set %x20-21 / %x23-5B / %x5D-7E.
//= https://www.rfc-editor.org/rfc/rfc6749#section-5.2
//# Values for the "error" parameter MUST NOT include characters outside the set %x20-21 / %x23-5B / %x5D-7E.
//= https://www.rfc-editor.org/rfc/rfc6749#section-5.2
//# Values for the "error_description" parameter MUST NOT include characters outside the set %x20-21 / %x23-5B / %x5D-7E.
//= https://www.rfc-editor.org/rfc/rfc6749#section-10.14
//# The authorization server and client MUST sanitize (and validate when possible) any value received -- in particular, the value of the "state" and "redirect_uri" parameters.
t.test('nothing that a client sends gets its quotes, lines or letters into an error, nor its markup into a page', async (t) => {
  const hostile = 'https://x.example/"\\\r\n<script>ü'
  for (const name of ['response_type', 'response_mode', 'max_age', 'code_challenge', 'code_challenge_method', 'resource']) {
    const { error, error_description, state } = await authorize({ [name]: hostile, state: hostile })
    t.match(error, ALPHABET, name)
    t.match(error_description, ALPHABET, name)
    t.equal(state, hostile, 'state comes back as it was')
  }
  for (const form of [
    { grant_type: hostile },
    { grant_type: 'authorization_code', code: hostile },
    { grant_type: 'refresh_token', refresh_token: hostile },
  ]) {
    const { error, error_description } = (await post('/token', { ...form, resource: hostile }, basicOf(client))).json<
      Record<string, string>
    >()
    t.match([error, error_description], [ALPHABET, ALPHABET], JSON.stringify(form))
  }
  for (const name of ['redirect_uri', 'client_id'])
    t.notMatch((await stranger().open(authorizeUrl({ [name]: hostile }))).page!.html, '<script>', name)
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3
//# require client authentication for confidential clients or for any client that was issued client credentials (or with other authentication requirements),
//= https://www.rfc-editor.org/rfc/rfc6749#section-6
//# require client authentication for confidential clients or for any client that was issued client credentials (or with other authentication requirements),
//= https://www.rfc-editor.org/rfc/rfc6749#section-2.2
//# The client identifier is not a secret; it is exposed to the resource owner and MUST NOT be used alone for client authentication.
t.test('the id alone is not enough of a client that has a secret', async (t) => {
  const { code } = await authorize()
  t.equal((await exchange(code, {}, { client_id: client.client_id })).statusCode, 401)
  const issued = (await exchange(code)).json<Tokens>()
  t.equal((await refresh(issued.refresh_token, {}, { client_id: client.client_id })).statusCode, 401)
  t.equal((await refresh(issued.refresh_token)).statusCode, 200, 'and nothing is spoilt by it')
})
