import t from 'tap'
import { createApi, credentials, isOAuthError } from '#test/support/api.ts'

const api = await createApi(t, { ADMIN_EMAIL: 'admin@example.com' })
const { app, storage } = api
const client = await api.register()
const REALM = 'Bearer realm="http://localhost:8000"'
const INVALID = `${REALM}, error="invalid_token", error_description="the access token is invalid, expired or revoked"`

const ask = (authorization: string | undefined, options: object = {}) =>
  app.inject({ url: '/userinfo', headers: authorization === undefined ? {} : { authorization }, ...options })

t.test('a client reads about the person what the scopes open, by GET and by POST', async (t) => {
  const { id: sub, updatedAt } = (await storage.users.findAdministrator())!
  const profile = { name: 'admin', preferred_username: 'admin', updated_at: Math.floor(updatedAt / 1000) }
  const email = { email: 'admin@example.com', email_verified: true }
  for (const [scopes, claims] of [
    [['openid'], { sub }],
    [['openid', 'profile'], { sub, ...profile }],
    [['openid', 'email', 'offline_access'], { sub, ...email }],
    [['openid', 'profile', 'email'], { sub, ...profile, ...email }],
  ] as const) {
    const { access_token } = await api.tokens(client, { scopes: [...scopes], resources: ['https://mcp.example/mcp'] })
    const get = await ask(`Bearer ${access_token}`)
    t.equal(get.statusCode, 200)
    t.strictSame(get.json(), claims, scopes.join(' '))
    t.match(get.headers, {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'access-control-allow-origin': '*',
    })
    t.strictSame((await ask(`Bearer ${access_token}`, { method: 'POST' })).json(), claims, 'posted without a body')
    t.strictSame((await api.post('/userinfo', { access_token })).json(), claims, 'posted as a form (RFC 6750 section 2.2)')
    t.strictSame((await ask(`bearer  ${access_token} `)).json(), claims, 'whatever the case of the scheme')
    t.equal((await ask(`Bearer ${access_token}`, { method: 'HEAD' })).statusCode, 200)
  }
})

//= https://www.rfc-editor.org/rfc/rfc6750#section-3.1
//# If the request lacks any authentication information (e.g., the client was unaware that authentication is necessary or
//# attempted using an unsupported authentication method), the resource server SHOULD NOT include an error code or other
//# error information.
t.test('a client without a token learns that it needs one, and no more', async (t) => {
  const { access_token } = await api.tokens(client)
  const none = [
    await ask(undefined),
    await ask('Basic YTpi'),
    await ask('Bearer'),
    await ask(undefined, { method: 'POST' }),
    await api.post('/userinfo', { access_token: '' }),
  ]
  for (const response of [...none, await app.inject(`/userinfo?access_token=${access_token}`)]) {
    isOAuthError(t, response, 401, 'invalid_token', 'an access token is required')
    t.equal(response.headers['www-authenticate'], REALM)
    t.match(response.headers['access-control-expose-headers'], /WWW-Authenticate/)
  }
})

t.test('a client with a token that is not good any more learns so', async (t) => {
  const dead = async (kill: (tokens: { access_token: string; refresh_token: string }) => Promise<unknown>) => {
    const tokens = (await api.tokens(client)) as { access_token: string; refresh_token: string }
    t.equal((await ask(`Bearer ${tokens.access_token}`)).statusCode, 200)
    await kill(tokens)
    return tokens.access_token
  }
  const { access_token, id_token = '', refresh_token = '' } = await api.tokens(client)
  const tokens: [about: string, token: string][] = [
    ['not a token', 'x'],
    ['not even a word', '%%% "quoted" \\'],
    ['a refresh token', refresh_token],
    ['an id_token', id_token],
    ['changed', `${access_token.slice(0, -4)}AAAA`],
    ['two tokens', `${access_token}, ${access_token}`],
    ['revoked', await dead((each) => api.post('/revoke', { token: each.access_token, ...credentials(client) }))],
    ['of a revoked grant', await dead((each) => api.post('/revoke', { token: each.refresh_token, ...credentials(client) }))],
  ]
  for (const [about, token] of tokens) {
    const response = await ask(`Bearer ${token}`)
    isOAuthError(t, response, 401, 'invalid_token', 'the access token is invalid, expired or revoked', about)
    t.equal(response.headers['www-authenticate'], INVALID, about)
  }
})

t.test('a token is good until the second in which it ends', async (t) => {
  const { access_token, expires_in } = await api.tokens(client)
  const start = Math.floor(api.clock.now / 1000) * 1000
  api.clock.now = start + expires_in * 1000 - 1
  t.equal((await ask(`Bearer ${access_token}`)).statusCode, 200)
  api.clock.now = start + expires_in * 1000
  isOAuthError(t, await ask(`Bearer ${access_token}`), 401, 'invalid_token')
})

t.test('a client whose token lacks openid learns which scope it needs', async (t) => {
  const { access_token } = await api.tokens(client, { scopes: ['profile'] })
  const response = await ask(`Bearer ${access_token}`)
  isOAuthError(t, response, 403, 'insufficient_scope', 'the access token lacks the scope openid')
  t.equal(
    response.headers['www-authenticate'],
    `${REALM}, error="insufficient_scope", error_description="the access token lacks the scope openid", scope="openid"`,
  )
})

//= https://www.rfc-editor.org/rfc/rfc6750#section-2
//# Clients MUST NOT use more than one method to transmit the token in each request.
t.test('a client that sends its token twice is told so', async (t) => {
  const { access_token } = await api.tokens(client)
  const both = await api.post('/userinfo', { access_token }, { authorization: `Bearer ${access_token}` })
  isOAuthError(t, both, 400, 'invalid_request', 'the access token was sent twice')
  t.equal(both.headers['www-authenticate'], `${REALM}, error="invalid_request", error_description="the access token was sent twice"`)
  isOAuthError(
    t,
    await api.post('/userinfo', { access_token: [access_token, access_token] }),
    400,
    'invalid_request',
    'access_token must not be repeated',
  )
})

t.test('other methods and other bodies are refused as everywhere', async (t) => {
  const response = await app.inject({ method: 'DELETE', url: '/userinfo' })
  isOAuthError(t, response, 405, 'invalid_request', 'this address answers GET and POST only')
  t.equal(response.headers.allow, 'GET, HEAD, POST, OPTIONS')
  isOAuthError(t, await app.inject({ method: 'POST', url: '/userinfo', payload: {} }), 415, 'invalid_request')
})
