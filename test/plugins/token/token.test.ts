import t from 'tap'
import { Value } from '@sinclair/typebox/value'
import { TokenResponse } from '#src/schemas/token.ts'
import { REDIRECT_URI, basic, createApi, credentials, isOAuthError } from '#test/support/api.ts'
import type { TestClient } from '#test/support/api.ts'

const api = await createApi(t)
const { app, storage } = api
const confidential = await api.register()
const open = await api.register({ token_endpoint_auth_method: 'none' })
const FAILED = 'the client is unknown, or its authentication failed'
const GRANT_TYPES =
  'grant_type must be authorization_code or refresh_token or client_credentials or urn:ietf:params:oauth:grant-type:device_code'

const exchange = async (client: TestClient, changes: Record<string, string | string[]> = {}, headers = {}) =>
  api.post(
    '/token',
    { grant_type: 'authorization_code', code: await api.code(client), redirect_uri: REDIRECT_URI, ...credentials(client), ...changes },
    headers,
  )

//= https://www.rfc-editor.org/rfc/rfc6749#section-5.1
//# The authorization server MUST include the HTTP "Cache-Control" response header field [RFC2616] with a value of "no-store" in any response containing tokens, credentials, or other sensitive information, as well as the "Pragma" response header field [RFC2616] with a value of "no-cache".
t.test('a client that exchanges a code gets tokens that nobody keeps', async (t) => {
  const response = await exchange(confidential)
  t.equal(response.statusCode, 200)
  t.match(response.headers, {
    'cache-control': 'no-store',
    pragma: 'no-cache',
    'content-type': 'application/json; charset=utf-8',
    'access-control-allow-origin': '*',
  })
  t.ok(Value.Check(TokenResponse, response.json()))
  t.match(response.json(), {
    token_type: 'Bearer',
    expires_in: 3600,
    scope: 'openid profile email offline_access',
    refresh_token: /^[\w-]{65}$/,
  })
  t.notMatch(response.body, 'null')
})

t.test('what a client gets follows what was granted', async (t) => {
  t.notOk('id_token' in (await api.tokens(confidential, { scopes: ['profile'] })), 'no id_token without openid')
  const none = await api.tokens(confidential, { scopes: [] })
  t.equal(none.scope, '', 'the scope is told even when it is empty')
  const once = await api.register({ grant_types: ['authorization_code'] })
  t.notOk('refresh_token' in (await api.tokens(once)), 'a client that did not register refresh_token gets none')
})

t.test('a client with a secret authenticates by the header, raw or percent-encoded, or by the form, whichever it registered', async (t) => {
  const id = confidential.client_id
  const secret = confidential.client_secret!
  const percent = (text: string) => [...text].map((each) => `%${each.charCodeAt(0).toString(16)}`).join('')
  const raw = basic(id, secret).authorization
  const ways: [about: string, form: Record<string, string>, headers: Record<string, string>][] = [
    ['raw', {}, basic(id, secret)],
    ['percent-encoded', {}, basic(percent(id), percent(secret))],
    ['the scheme in lower case', {}, { authorization: raw.replace('Basic', 'basic') }],
    ['two spaces', {}, { authorization: raw.replace(' ', '  ') }],
    ['no padding', {}, { authorization: raw.replace(/=+$/, '') }],
    ['the same client_id in the form', { client_id: id }, basic(id, secret)],
    ['an empty client_secret in the form', { client_secret: '' }, basic(id, secret)],
    ['the form', { client_id: id, client_secret: secret }, {}],
    [
      'the form with another charset',
      { client_id: id, client_secret: secret },
      { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' },
    ],
  ]
  for (const [about, form, headers] of ways) {
    const body = { grant_type: 'authorization_code', code: await api.code(confidential), redirect_uri: REDIRECT_URI, ...form }
    t.equal((await api.post('/token', body, headers)).statusCode, 200, about)
  }
})

const { client_id: id, client_secret: secret = '' } = confidential
const unknown: [about: string, form: Record<string, string | string[]>, headers: Record<string, string>, description: string][] = [
  ['nobody', {}, {}, 'client authentication is required'],
  ['an empty client_id', { client_id: '' }, {}, 'client authentication is required'],
  ['client_id twice', { client_id: [id, id], client_secret: secret }, {}, 'client authentication is required'],
  ['an unknown client', { client_id: 'client_unknown' }, {}, FAILED],
  ['an unknown client by header', {}, basic('client_unknown', 'x'), FAILED],
  ['a confidential client without its secret', { client_id: id }, {}, FAILED],
  ['a confidential client with an empty secret', { client_id: id, client_secret: '' }, {}, FAILED],
  ['a wrong secret', { client_id: id, client_secret: `${secret}x` }, {}, FAILED],
  ['a truncated secret', {}, basic(id, secret.slice(0, -1)), FAILED],
  ['a public client with a secret', { client_id: open.client_id, client_secret: 'x' }, {}, FAILED],
  ['a header without a colon', {}, { authorization: `Basic ${Buffer.from(id).toString('base64')}` }, 'the Basic credentials are malformed'],
  ['an empty header', {}, { authorization: 'Basic ' }, 'the Basic credentials are malformed'],
  ['a header of another scheme', {}, { authorization: 'Bearer x' }, 'client authentication is required'],
]
//= https://www.rfc-editor.org/rfc/rfc6749#section-5.2
//# If the client attempted to authenticate via the "Authorization" request header field, the authorization server MUST
//# respond with an HTTP 401 (Unauthorized) status code and include the "WWW-Authenticate" response header field
//# matching the authentication scheme used by the client.
t.test('a client that fails to authenticate is told 401 before the grant or the shape is looked at', async (t) => {
  for (const [about, form, headers, description] of unknown) {
    for (const [what, body] of Object.entries({
      'a good request': { grant_type: 'authorization_code', code: await api.code(confidential), redirect_uri: REDIRECT_URI },
      'no grant': {},
      'a bad grant': { grant_type: 'nonsense' },
      'a dead token': { grant_type: 'refresh_token', refresh_token: 'dead' },
      'a broken shape': { grant_type: ['authorization_code', 'authorization_code'], code: 'x'.repeat(5000) },
    })) {
      const response = await api.post('/token', { ...body, ...form }, headers)
      isOAuthError(t, response, 401, 'invalid_client', description, `${about}, ${what}`)
      t.equal(response.headers['www-authenticate'], 'Basic realm="http://localhost:8000", error="invalid_client"')
    }
  }
  for (const headers of [{}, { 'content-type': 'application/x-www-form-urlencoded' }]) {
    const response = await app.inject({ method: 'POST', url: '/token', headers })
    isOAuthError(t, response, 401, 'invalid_client', 'client authentication is required', 'no body at all')
  }
})

t.test('a disabled client is as unknown as any', async (t) => {
  const client = {
    ...(await storage.clients.find((await api.register()).client_id))!,
    id: 'client_disabled',
    secretHash: undefined,
    disabledAt: api.clock.now,
  }
  await storage.clients.insert(client)
  isOAuthError(t, await api.post('/token', { client_id: client.id }), 401, 'invalid_client', FAILED)
})

t.test('a client that authenticates in two ways at once is told so', async (t) => {
  isOAuthError(
    t,
    await exchange(confidential, {}, basic(id, secret)),
    400,
    'invalid_request',
    'the client must authenticate by one method only',
  )
  const other = await api.post('/token', { client_id: open.client_id }, basic(id, secret))
  isOAuthError(t, other, 400, 'invalid_request', 'client_id differs from the one in the Authorization header')
})

t.test('a client that sends what cannot be is told what', async (t) => {
  const once = await api.register({ grant_types: ['authorization_code'] })
  const code = await api.code(confidential)
  const cases: [about: string, form: Record<string, string | string[]>, error: string, description: string][] = [
    ['no grant_type', {}, 'invalid_request', 'grant_type is required'],
    ['an empty grant_type', { grant_type: '' }, 'invalid_request', 'grant_type is required'],
    ['an unknown grant_type', { grant_type: 'password' }, 'unsupported_grant_type', GRANT_TYPES],
    ['a name of Object', { grant_type: 'constructor' }, 'unsupported_grant_type', GRANT_TYPES],
    [
      'a grant type not registered',
      { grant_type: 'refresh_token', refresh_token: 'x', ...credentials(once) },
      'unauthorized_client',
      'this client did not register the grant type refresh_token',
    ],
    ['no code', { grant_type: 'authorization_code' }, 'invalid_request', 'code is required'],
    ['an empty code', { grant_type: 'authorization_code', code: '' }, 'invalid_request', 'code is required'],
    ['no refresh_token', { grant_type: 'refresh_token' }, 'invalid_request', 'refresh_token is required'],
    ['an empty refresh_token', { grant_type: 'refresh_token', refresh_token: '' }, 'invalid_request', 'refresh_token is required'],
    ['an unknown code', { grant_type: 'authorization_code', code: 'x' }, 'invalid_grant', 'the code is unknown'],
    ['an unknown refresh token', { grant_type: 'refresh_token', refresh_token: 'x' }, 'invalid_grant', 'the refresh token is unknown'],
    [
      'grant_type twice',
      { grant_type: ['authorization_code', 'authorization_code'], code },
      'invalid_request',
      'grant_type must not be repeated',
    ],
    ['code twice', { grant_type: 'authorization_code', code: [code, code] }, 'invalid_request', 'code must not be repeated'],
    [
      'redirect_uri twice',
      { grant_type: 'authorization_code', code, redirect_uri: [REDIRECT_URI, REDIRECT_URI] },
      'invalid_request',
      'redirect_uri must not be repeated',
    ],
    [
      'scope twice',
      { grant_type: 'refresh_token', refresh_token: 'x', scope: ['a', 'b'] },
      'invalid_request',
      'scope must not be repeated',
    ],
    ['a code too long', { grant_type: 'authorization_code', code: 'x'.repeat(513) }, 'invalid_grant', 'the code is unknown'],
    [
      '65 resources',
      { grant_type: 'authorization_code', code, resource: Array(65).fill('https://r.example') },
      'invalid_request',
      'resource has too many entries',
    ],
    [
      'another redirect_uri',
      { grant_type: 'authorization_code', code, redirect_uri: `${REDIRECT_URI}/` },
      'invalid_grant',
      'redirect_uri differs from the one of the authorization request',
    ],
    [
      'no redirect_uri',
      { grant_type: 'authorization_code', code },
      'invalid_grant',
      'redirect_uri is required, because the authorization request named one and used no PKCE',
    ],
    [
      'a resource that was not granted',
      { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI, resource: 'https://r.example' },
      'invalid_target',
      'resource was not granted, or is not registered any more',
    ],
  ]
  for (const [about, form, error, description] of cases) {
    const response = await api.post('/token', { ...credentials(confidential), ...form })
    isOAuthError(t, response, 400, error, description, about)
    t.notOk('www-authenticate' in response.headers, about)
  }
  t.equal((await exchange(confidential, { code })).statusCode, 200, 'none of it used the code up')
})

t.test('by the header, too, a repeated parameter is told only after the client is known', async (t) => {
  const twice = { grant_type: 'refresh_token', refresh_token: 'x', client_id: [id, id] }
  isOAuthError(t, await api.post('/token', twice, basic(id, secret)), 400, 'invalid_request', 'client_id must not be repeated')
  isOAuthError(t, await api.post('/token', twice, basic(id, 'wrong')), 401, 'invalid_client')
  isOAuthError(t, await api.post('/token', '', basic(id, secret)), 400, 'invalid_request', /grant_type is required|malformed/)
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-3.2
//# Parameters sent without a value MUST be treated as if they were omitted from the request.
//# The authorization server MUST ignore unrecognized request parameters.
t.test('empty and unknown parameters change nothing', async (t) => {
  const response = await exchange(confidential, {
    resource: '',
    code_verifier: '',
    scope: '',
    audience: '',
    nonsense: ['a', 'b'],
    __proto__: 'x',
  })
  t.equal(response.statusCode, 200, response.body)
  t.equal((await exchange(confidential, { resource: ['', ''] })).statusCode, 200)
  const code = await api.code(confidential, { redirectUriGiven: false })
  t.equal((await exchange(confidential, { code, redirect_uri: '' })).statusCode, 200, 'an empty redirect_uri is none')
})

t.test('a client that sends no form is told which it must be', async (t) => {
  for (const type of ['application/json', 'text/plain', 'multipart/form-data; boundary=x']) {
    const response = await app.inject({ method: 'POST', url: '/token', headers: { 'content-type': type }, payload: '{}' })
    isOAuthError(t, response, 415, 'invalid_request', 'the request body must be application/x-www-form-urlencoded', type)
  }
  isOAuthError(
    t,
    await api.post('/token', `code=${'x'.repeat(65 * 1024)}`),
    413,
    'invalid_request',
    'the request body is larger than 64 KB',
  )
  const response = await app.inject('/token?grant_type=authorization_code')
  isOAuthError(t, response, 405, 'invalid_request', 'this address answers POST only')
  t.equal(response.headers.allow, 'POST, OPTIONS')
})

t.test('a refresh narrows scope and resource within what was granted, and the answer says so', async (t) => {
  const resources = ['https://a.example/mcp', 'https://b.example']
  const { refresh_token = '' } = await api.tokens(confidential, { resources })
  const refresh = (token: string, more: Record<string, string | string[]>) =>
    api.post('/token', { grant_type: 'refresh_token', refresh_token: token, ...credentials(confidential), ...more })
  const narrowed = (await refresh(refresh_token, { scope: 'openid email', resource: 'https://b.example/' })).json()
  t.equal(narrowed.scope, 'openid email')
  t.equal(
    JSON.parse(Buffer.from(narrowed.access_token.split('.')[1], 'base64url').toString()).aud,
    'https://b.example',
    'as it was granted',
  )
  isOAuthError(t, await refresh(narrowed.refresh_token, { scope: 'openid admin' }), 400, 'invalid_scope', 'scope exceeds what was granted')
  isOAuthError(
    t,
    await refresh(narrowed.refresh_token, { resource: 'https://c.example' }),
    400,
    'invalid_target',
    'resource was not granted, or is not registered any more',
  )
  t.equal(
    (await refresh(narrowed.refresh_token, {})).json().scope,
    'openid profile email offline_access',
    'the grant itself was never narrowed',
  )
})

t.test('a client beyond the limit is told when to come back', async (t) => {
  const limited = await createApi(t, { RATE_LIMIT_TOKEN: '2/1m' })
  for (let i = 0; i < 2; i++) t.equal((await limited.post('/token', {})).statusCode, 401)
  const response = await limited.post('/token', {})
  isOAuthError(t, response, 429, 'temporarily_unavailable')
  t.match(response.headers['retry-after'], /^\d+$/)
})
