import t from 'tap'
import { loadConfig } from '#src/config/config.ts'
import { ISSUER, createApp } from '#test/support/app.ts'

const OAUTH = '/.well-known/oauth-authorization-server'
const OPENID = '/.well-known/openid-configuration'
const { app } = await createApp(t)

//= https://www.rfc-editor.org/rfc/rfc8414#section-3
//# Authorization servers supporting metadata MUST make a JSON document containing metadata as specified in Section 2 available at a path formed by inserting a well-known URI string into the authorization server's issuer identifier between the host component and the path component, if any.
t.test('the document of an issuer with a path is found where clients look', async (t) => {
  const issuer = 'http://localhost:8000/t1'
  const { app } = await createApp(t, { ISSUER: issuer })
  for (const path of [`${OAUTH}/t1`, `${OPENID}/t1`, `/t1${OPENID}`])
    t.match((await app.inject(path)).json(), { issuer, token_endpoint: `${issuer}/token` }, path)
  for (const path of [`${OAUTH}/t2`, `${OAUTH}/t1/x`, `/t2${OPENID}`]) {
    const response = await app.inject(path)
    t.match([response.statusCode, response.headers['content-type']], [404, /^application\/json/], path)
  }
})

//= https://www.rfc-editor.org/rfc/rfc8414#section-3.2
//# A successful response MUST use the 200 OK HTTP status code and return a JSON object using the "application/json" content type that contains a set of claims as its members that are a subset of the metadata values defined in Section 2.
t.test('both documents are JSON, for any page of any origin', async (t) => {
  for (const path of [OAUTH, OPENID]) {
    const response = await app.inject({ url: path, headers: { origin: 'https://inspector.example', accept: 'text/html' } })
    t.match(
      [response.statusCode, response.headers['content-type'], response.headers['access-control-allow-origin']],
      [200, /^application\/json/, '*'],
    )
  }
  t.same((await app.inject(OAUTH)).json(), (await app.inject(OPENID)).json())
})

//= https://www.rfc-editor.org/rfc/rfc8414#section-3.2
//# Claims with zero elements MUST be omitted from the response.
t.test('no member is empty or null', async (t) => {
  for (const [name, value] of Object.entries((await app.inject(OAUTH)).json<Record<string, unknown>>()))
    t.ok(value !== null && value !== '' && !(Array.isArray(value) && value.length === 0), name)
})

//= https://www.rfc-editor.org/rfc/rfc8414#section-3.3
//# The "issuer" value returned MUST be identical to the authorization server's issuer identifier value into which the well-known URI string was inserted to create the URL used to retrieve the metadata.
t.test('the issuer is the configured one, whatever the Host header says (T16)', async (t) => {
  const response = await app.inject({
    url: OAUTH,
    headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https', forwarded: 'host=evil.example' },
  })
  t.match(response.json(), { issuer: ISSUER })
  t.notMatch(response.body, /evil/)
})

//= https://www.rfc-editor.org/rfc/rfc8414#section-3.1
//# An authorization server metadata document MUST be queried using an HTTP "GET" request at the previously specified path.
t.test('GET alone is answered', async (t) => {
  t.match((await app.inject({ method: 'POST', url: OAUTH })).statusCode, 405)
})

//= https://www.rfc-editor.org/rfc/rfc8414#section-2
//# JSON array containing a list of Proof Key for Code Exchange (PKCE) [RFC7636] code challenge methods supported by this authorization server.
t.test('clients find what they refuse to go without', async (t) => {
  t.match((await app.inject(OAUTH)).json(), {
    authorization_endpoint: `${ISSUER}/authorize`,
    token_endpoint: `${ISSUER}/token`,
    registration_endpoint: `${ISSUER}/register`,
    jwks_uri: `${ISSUER}/jwks`,
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    code_challenge_methods_supported: ['S256', 'plain'],
    scopes_supported: ['openid', 'profile', 'email', 'address', 'phone', 'offline_access'],
    subject_types_supported: ['public', 'pairwise'],
    id_token_signing_alg_values_supported: ['RS256', 'ES256', 'PS256', 'EdDSA'],
  })
})

//= https://www.rfc-editor.org/rfc/rfc8414#section-2
//# This URL MUST use the "https" scheme.
//= https://www.rfc-editor.org/rfc/rfc8414#section-2
//# The authorization server's issuer identifier, which is a URL that uses the "https" scheme and has no query or fragment components.
t.test('an issuer is https, without query or fragment, and so is each address', async (t) => {
  for (const ISSUER of [
    'https://auth.example.com?x=1',
    'https://auth.example.com#x',
    'https://auth.example.com/?',
    'ftp://auth.example.com',
    'auth.example.com',
  ])
    t.match(loadConfig({ ISSUER, ADMIN_PASSWORD: 'a password of theirs' }), { ok: false, error: [/^ISSUER /] }, ISSUER)
  const { app } = await createApp(t, { ISSUER: 'https://auth.example.com', ADMIN_PASSWORD: 'a password of theirs' })
  const addresses = Object.entries((await app.inject(OAUTH)).json<Record<string, unknown>>()).filter(([name]) =>
    /(_endpoint|_uri)$/.test(name),
  )
  for (const [name, url] of addresses) t.match(url, /^https:\/\/auth\.example\.com\//, name)
})

//= https://www.rfc-editor.org/rfc/rfc8414#section-2
//# This metadata entry MUST be present if either of these authentication methods are specified in the "token_endpoint_auth_methods_supported" entry. No default algorithms are implied if this entry is omitted. Servers SHOULD support "RS256". The value "none" MUST NOT be used.
t.test('a client reads by which algorithms it may sign, at each endpoint', async (t) => {
  const metadata = (await app.inject(OAUTH)).json<Record<string, string[]>>()
  for (const endpoint of ['token', 'revocation', 'introspection']) {
    t.ok(metadata[`${endpoint}_endpoint_auth_methods_supported`]!.includes('private_key_jwt'))
    const algs = metadata[`${endpoint}_endpoint_auth_signing_alg_values_supported`]!
    t.match([algs.includes('RS256'), algs.includes('none')], [true, false])
  }
})
