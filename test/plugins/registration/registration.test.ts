import t from 'tap'
import { Value } from '@sinclair/typebox/value'
import { RegistrationResponse } from '#src/schemas/registration.ts'
import { REDIRECT_URI, createApi, credentials, isOAuthError } from '#test/support/api.ts'

const api = await createApi(t, { RATE_LIMIT_REGISTER: 'off' })
const { app } = api

const register = (payload: unknown, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
  app.inject({ method: 'POST', url: '/register', headers, payload: typeof payload === 'string' ? payload : JSON.stringify(payload) })

/** The members that every client gets, whatever it registered. */
const issued = (secret: boolean) => ({
  client_id: /^client_[\w-]{22}$/,
  client_id_issued_at: Math.floor(api.clock.now / 1000),
  registration_access_token: /^[\w-]{43}$/,
  registration_client_uri: /^http:\/\/localhost:8000\/register\/client_[\w-]{22}$/,
  ...(secret && { client_secret: /^[\w-]{43}$/, client_secret_expires_at: 0 }),
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-3.2.1
//# The server responds with an HTTP 201 Created status code and a body of type "application/json"
t.test('a client that names its redirect URI alone gets the defaults, told in full', async (t) => {
  const response = await register({ redirect_uris: [REDIRECT_URI] })
  t.equal(response.statusCode, 201)
  t.match(response.headers, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'access-control-allow-origin': '*',
  })
  t.ok(Value.Check(RegistrationResponse, response.json()))
  t.match(response.json(), issued(true))
  const { client_id, client_secret: _secret, registration_access_token: _token, ...rest } = response.json()
  t.strictSame(rest, {
    client_id_issued_at: Math.floor(api.clock.now / 1000),
    client_secret_expires_at: 0,
    registration_client_uri: `http://localhost:8000/register/${client_id}`,
    redirect_uris: [REDIRECT_URI],
    token_endpoint_auth_method: 'client_secret_basic',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  })
})

t.test('a client reads back every member that it registered', async (t) => {
  const all = {
    redirect_uris: [REDIRECT_URI, 'http://127.0.0.1:1234/cb', 'com.example.app:/cb'],
    token_endpoint_auth_method: 'client_secret_post',
    grant_types: ['authorization_code'],
    response_types: ['code'],
    client_name: 'Comet',
    'client_name#ko': '혜성',
    client_uri: 'https://client.example',
    'client_uri#ko-KR': 'https://client.example/ko',
    logo_uri: 'https://client.example/logo.png',
    tos_uri: 'https://client.example/tos',
    policy_uri: 'http://localhost:3000/policy',
    scope: 'openid other',
    contacts: ['ops@client.example'],
    software_id: 'comet',
    software_version: '1.0',
    application_type: 'native',
    id_token_signed_response_alg: 'ES256',
    subject_type: 'public',
    default_max_age: 3600,
    require_auth_time: true,
    dpop_bound_access_tokens: true,
    default_acr_values: ['0'],
    initiate_login_uri: 'https://client.example/login',
    request_uris: ['https://client.example/request.jwt'],
    post_logout_redirect_uris: ['https://client.example/bye'],
    backchannel_logout_uri: 'https://client.example/logout',
    backchannel_logout_session_required: true,
  }
  const response = await register(all)
  t.match(response.json(), { ...issued(true), ...all })
  t.equal(Object.keys(response.json()).length, Object.keys(all).length + 6)
})

t.test('a public client gets no secret, and no member that is null', async (t) => {
  for (const members of [
    {},
    { client_name: null, scope: null, grant_types: null, contacts: null, 'tos_uri#ko': null },
    { scope: '', client_uri: '', client_name: '' },
  ]) {
    const response = await register({ redirect_uris: [REDIRECT_URI], token_endpoint_auth_method: 'none', ...members })
    t.match(response.json(), issued(false))
    t.strictSame(Object.keys(response.json()).sort(), [
      ...['client_id', 'client_id_issued_at', 'grant_types', 'redirect_uris', 'registration_access_token', 'registration_client_uri'],
      ...['response_types', 'token_endpoint_auth_method'],
    ])
  }
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-2
//# The authorization server MUST ignore any client metadata sent by the client that it does not understand (for instance, by silently removing unknown metadata from the client's registration record during processing).
t.test('members that the server does not know are ignored, whatever they hold', async (t) => {
  const strange = {
    jwks: { keys: [{ kty: 'EC', x5c: ['a', 'b'] }] },
    unknown: { a: [1] },
    'client_name#': 'x',
    'redirect_uris#ko': 7,
    software_statement: 'a.b.c',
    client_id: 'mine',
    client_secret: 'mine',
  }
  const response = await register({ redirect_uris: [REDIRECT_URI], ...strange })
  t.equal(response.statusCode, 201)
  for (const name of Object.keys(strange).slice(0, 5)) t.notOk(name in response.json(), name)
  t.match(response.json(), issued(true))
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-2
//# the authorization server MAY [...] replace any of the client's requested metadata values submitted during the registration and substitute them with suitable values
t.test('what is not supported is replaced where the RFC allows it', async (t) => {
  const replaced = {
    token_endpoint_auth_method: 'tls_client_auth',
    grant_types: ['authorization_code', 'implicit'],
    response_types: ['code', 'token'],
    application_type: 'toaster',
    id_token_signed_response_alg: 'none',
    subject_type: 'ephemeral',
  }
  const body = (await register({ redirect_uris: [REDIRECT_URI, REDIRECT_URI], ...replaced })).json()
  t.match(body, {
    redirect_uris: [REDIRECT_URI],
    token_endpoint_auth_method: 'client_secret_basic',
    grant_types: ['authorization_code'],
    response_types: ['code'],
  })
  t.equal(body.redirect_uris.length, 1)
  t.notOk('application_type' in body)
  t.match(body, { id_token_signed_response_alg: 'RS256', subject_type: 'public' })
})

const REQUIRED = 'redirect_uris is required and must be a non-empty array of strings'
const uri = (redirectUri: unknown) => ({ redirect_uris: [redirectUri] })
const also = (members: object) => ({ redirect_uris: [REDIRECT_URI], ...members })

const refusals: [about: string, body: unknown, error: string, description: string | RegExp][] = [
  ['no redirect_uris', {}, 'invalid_redirect_uri', REQUIRED],
  ['empty redirect_uris', { redirect_uris: [] }, 'invalid_redirect_uri', REQUIRED],
  ['redirect_uris null', { redirect_uris: null }, 'invalid_redirect_uri', REQUIRED],
  ['redirect_uris a string', { redirect_uris: REDIRECT_URI }, 'invalid_redirect_uri', REQUIRED],
  ['redirect_uris an object', { redirect_uris: { 0: REDIRECT_URI } }, 'invalid_redirect_uri', REQUIRED],
  ['a redirect URI that is a number', uri(7), 'invalid_redirect_uri', REQUIRED],
  ['a redirect URI that is null', uri(null), 'invalid_redirect_uri', REQUIRED],
  [
    '33 redirect URIs',
    { redirect_uris: Array.from({ length: 33 }, (_, i) => `https://c.example/${i}`) },
    'invalid_redirect_uri',
    /at most 32/,
  ],
  [
    '65 redirect URIs',
    { redirect_uris: Array.from({ length: 65 }, (_, i) => `https://c.example/${i}`) },
    'invalid_redirect_uri',
    'redirect_uris has too many entries',
  ],
  [
    'a redirect URI of 2049 characters',
    uri(`https://c.example/${'x'.repeat(2031)}`),
    'invalid_redirect_uri',
    'redirect_uris has an entry that is too long',
  ],
  ['a relative redirect URI', uri('/cb'), 'invalid_redirect_uri', /absolute/],
  ['a fragment', uri('https://c.example/cb#x'), 'invalid_redirect_uri', /fragment/],
  ['an empty fragment', uri('https://c.example/cb#'), 'invalid_redirect_uri', /fragment/],
  ['user information', uri('https://a:b@c.example/cb'), 'invalid_redirect_uri', /user information/],
  ['http on a host of others', uri('http://c.example/cb'), 'invalid_redirect_uri', /must be https/],
  ['a good and a bad one', { redirect_uris: [REDIRECT_URI, 'javascript:alert(1)'] }, 'invalid_redirect_uri', /scheme javascript/],
  ['client_name a number', also({ client_name: 7 }), 'invalid_client_metadata', 'client_name has the wrong type'],
  ['client_name too long', also({ client_name: 'x'.repeat(1025) }), 'invalid_client_metadata', 'client_name is too long'],
  ['client_name#ko an array', also({ 'client_name#ko': ['x'] }), 'invalid_client_metadata', 'client_name#ko has the wrong type'],
  ['scope an array', also({ scope: ['openid'] }), 'invalid_client_metadata', 'scope has the wrong type'],
  ['scope too long', also({ scope: 's'.repeat(4097) }), 'invalid_client_metadata', 'scope is too long'],
  ['contacts with a number', also({ contacts: [7] }), 'invalid_client_metadata', 'contacts has an entry that has the wrong type'],
  ['65 contacts', also({ contacts: Array(65).fill('x') }), 'invalid_client_metadata', 'contacts has too many entries'],
  ['grant_types a string', also({ grant_types: 'authorization_code' }), 'invalid_client_metadata', 'grant_types has the wrong type'],
  [
    'grant_types without a start',
    also({ grant_types: ['implicit', 'refresh_token'] }),
    'invalid_client_metadata',
    /must include authorization_code/,
  ],
  ['response_types without code', also({ response_types: ['token'] }), 'invalid_client_metadata', 'response_types must include code'],
  ['client_uri not https', also({ client_uri: 'http://c.example' }), 'invalid_client_metadata', 'client_uri must be an https URL'],
  ['default_max_age a text', also({ default_max_age: '3600' }), 'invalid_client_metadata', 'default_max_age has the wrong type'],
  ['default_max_age below zero', also({ default_max_age: -1 }), 'invalid_client_metadata', 'default_max_age has the wrong type'],
  ['require_auth_time a number', also({ require_auth_time: 1 }), 'invalid_client_metadata', 'require_auth_time has the wrong type'],
  [
    'initiate_login_uri not https',
    also({ initiate_login_uri: 'http://localhost/x' }),
    'invalid_client_metadata',
    'initiate_login_uri must be an https URL',
  ],
  [
    'a hostile post_logout_redirect_uri',
    also({ post_logout_redirect_uris: ['javascript:x'] }),
    'invalid_client_metadata',
    'post_logout_redirect_uris: javascript:x must not use the scheme javascript',
  ],
  [
    'a request_uri not https',
    also({ request_uris: ['http://c.example/r'] }),
    'invalid_client_metadata',
    'request_uris: http://c.example/r must be an https URL',
  ],
  [
    'pairwise on two hosts',
    { redirect_uris: [REDIRECT_URI, 'https://other.example/cb'], subject_type: 'pairwise' },
    'invalid_client_metadata',
    /^subject_type pairwise needs a sector_identifier_uri/,
  ],
  [
    'pairwise on loopback',
    { redirect_uris: ['http://localhost/cb'], subject_type: 'pairwise' },
    'invalid_client_metadata',
    /^subject_type pairwise needs a sector_identifier_uri/,
  ],
  [
    '201 members',
    also(Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`m${i}`, i]))),
    'invalid_client_metadata',
    'the request is malformed',
  ],
]
//= https://www.rfc-editor.org/rfc/rfc7591#section-3.2.2
//# The value of one or more redirection URIs is invalid.
t.test('a client that registers what cannot be is told what, by one of the two codes', async (t) => {
  for (const [about, body, error, description] of refusals) isOAuthError(t, await register(body), 400, error, description, about)
})

t.test('what is not a JSON object, sent as JSON, is one error', async (t) => {
  const good = JSON.stringify({ redirect_uris: [REDIRECT_URI] })
  const form = `redirect_uris=${encodeURIComponent(REDIRECT_URI)}&redirect_uris=${encodeURIComponent(REDIRECT_URI)}`
  const deep = `{"redirect_uris":["${REDIRECT_URI}"],"x":${'['.repeat(20_000)}${']'.repeat(20_000)}}`
  const json = { 'content-type': 'application/json' }
  const bodies: [about: string, body: string, headers: Record<string, string>][] = [
    ['no Content-Type', good, {}],
    ['text/plain', good, { 'content-type': 'text/plain' }],
    ['a form', form, { 'content-type': 'application/x-www-form-urlencoded' }],
    ['JSON called a form', good, { 'content-type': 'application/x-www-form-urlencoded' }],
    ['another JSON', good, { 'content-type': 'application/ld+json' }],
    ['a broken Content-Type', good, { 'content-type': 'application/json, text/plain' }],
    ['nothing', '', json],
    ['half', good.slice(0, -1), json],
    ['a comment', `${good} // x`, json],
    ['an array', `[${good}]`, json],
    ['null', 'null', json],
    ['a string', '"x"', json],
    ['a number', '7', json],
    ['too deep', deep, json],
    ['deep, and never closed', '['.repeat(60_000), json],
  ]
  for (const [about, body, headers] of bodies) {
    const said = `Invalid JSON in request body${headers === json ? '' : ': send Content-Type: application/json'}`
    isOAuthError(t, await register(body, headers), 400, 'invalid_client_metadata', said, about)
  }
  for (const type of ['application/json; charset=utf-8', 'APPLICATION/JSON'])
    t.equal((await register(good, { 'content-type': type })).statusCode, 201, type)
  t.equal(
    (await register(`{"redirect_uris":["${REDIRECT_URI}"],"client_name":"${'['.repeat(30)}","x":[[[[[[[[[]]]]]]]]]}`)).statusCode,
    201,
    'brackets in a text are no depth',
  )
})

t.test('a body above 64 KB is not read', async (t) => {
  const large = (length: number) => `{"redirect_uris":["${REDIRECT_URI}"],"x":"${'x'.repeat(length - 54)}"}`
  isOAuthError(t, await register(large(65 * 1024)), 413, 'invalid_client_metadata', 'the request body is larger than 64 KB')
  t.equal((await register(large(63 * 1024))).statusCode, 201)
})

t.test('a body that reaches for prototypes changes nothing but is read', async (t) => {
  const response = await register(
    `{"__proto__":{"token_endpoint_auth_method":"none","polluted":1},"constructor":{"prototype":{"polluted":1}},"redirect_uris":["${REDIRECT_URI}"]}`,
  )
  t.equal(response.statusCode, 201)
  t.equal(response.json().token_endpoint_auth_method, 'client_secret_basic', 'inherited members are not members')
  t.notOk('polluted' in {})
})

t.test('only a post registers', async (t) => {
  for (const method of ['GET', 'PUT', 'DELETE', 'PATCH'] as const) {
    const response = await app.inject({ method, url: '/register' })
    isOAuthError(t, response, 405, 'invalid_request', 'this address answers POST only', method)
    t.equal(response.headers.allow, 'POST, OPTIONS')
  }
})

t.test('a client of a registration is stored with its secret hashed', async (t) => {
  const { client_id, client_secret } = (await register({ redirect_uris: [REDIRECT_URI] })).json()
  const stored = (await api.storage.clients.find(client_id))!
  t.match(stored, { origin: 'registration', createdAt: api.clock.now, secretHash: /^[\w-]{43}$/ })
  t.not(stored.secretHash, client_secret)
  const { client_id: other, client_secret: another } = (await register({ redirect_uris: [REDIRECT_URI] })).json()
  t.not(other, client_id)
  t.not(another, client_secret)
})

/** What the clients of CLIENTS.md post. */
const bodies: Record<string, object> = {
  ChatGPT: {
    client_name: 'ChatGPT',
    redirect_uris: ['https://chatgpt.com/connector_platform_oauth_redirect'],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  },
  'ChatGPT, one redirect a connector': {
    client_name: 'ChatGPT',
    redirect_uris: ['https://chatgpt.com/connector/oauth/AbC-123_x'],
    token_endpoint_auth_method: 'none',
  },
  'GPT Actions': {
    redirect_uris: ['https://chat.openai.com/aip/g-1/oauth/callback', 'https://chatgpt.com/aip/g-1/oauth/callback'],
    token_endpoint_auth_method: 'client_secret_post',
  },
  Claude: {
    client_name: 'Claude',
    redirect_uris: ['https://claude.ai/api/mcp/auth_callback', 'https://claude.com/api/mcp/auth_callback'],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    scope: 'openid profile email offline_access',
  },
  'Claude Code': {
    client_name: 'Claude Code (mcp)',
    redirect_uris: ['http://localhost:53421/callback'],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  },
  Cursor: {
    client_name: 'Cursor',
    redirect_uris: [
      'cursor://anysphere.cursor-mcp/oauth/callback',
      'https://www.cursor.com/agents/mcp/oauth/callback',
      'http://localhost:8787/callback',
    ],
    token_endpoint_auth_method: 'none',
  },
  'VS Code': {
    client_name: 'Visual Studio Code',
    client_uri: 'https://code.visualstudio.com',
    redirect_uris: ['https://insiders.vscode.dev/redirect', 'https://vscode.dev/redirect', 'http://127.0.0.1/', 'http://127.0.0.1:33418/'],
    application_type: 'native',
    token_endpoint_auth_method: 'none',
  },
  'Gemini CLI': {
    client_name: 'Gemini CLI MCP Client',
    redirect_uris: ['http://localhost:7777/oauth/callback'],
    token_endpoint_auth_method: 'none',
    code_challenge_method: ['S256'],
  },
  'mcp-remote': {
    client_name: 'MCP CLI Proxy',
    client_uri: 'https://github.com/modelcontextprotocol/mcp-cli',
    redirect_uris: ['http://localhost:3335/oauth/callback'],
    software_id: '2e6dc280-f3c3-4e01-99a7-8181dbd1d23d',
    software_version: '0.1.0',
    token_endpoint_auth_method: 'none',
  },
  'MCP Inspector': {
    client_name: 'MCP Inspector',
    client_uri: 'https://github.com/modelcontextprotocol/inspector',
    redirect_uris: ['http://localhost:6274/oauth/callback', 'http://127.0.0.1:6276/oauth/callback'],
    scope: '',
    token_endpoint_auth_method: 'none',
  },
  'the SDK 1.x': { client_name: 'SDK', redirect_uris: ['http://localhost:8090/callback'], scope: 'mcp:tools' },
}
t.test('each client of the table registers with the body that it really sends', async (t) => {
  for (const [name, body] of Object.entries(bodies)) {
    const response = await register(body)
    t.equal(response.statusCode, 201, `${name} ${response.body}`)
    const { scope, code_challenge_method: _, ...told } = body as Record<string, unknown>
    t.match(response.json(), { ...told, ...(scope !== undefined && scope !== '' && { scope }) }, name)
    t.notOk(Object.values(response.json()).includes(null), name)
  }
})

t.test('sixty registrations in a burst pass; beyond the limit a client is told when to come back', async (t) => {
  const limited = await createApi(t, { RATE_LIMIT_REGISTER: '60/1m' })
  const burst = await Promise.all(Array.from({ length: 60 }, () => limited.register()))
  t.equal(new Set(burst.map(({ client_id }) => client_id)).size, 60)
  const one = { method: 'POST', url: '/register', payload: { redirect_uris: [REDIRECT_URI] } } as const
  const response = await limited.app.inject(one)
  isOAuthError(t, response, 429, 'temporarily_unavailable', 'too many requests from this address: try again later')
  t.match(response.headers['retry-after'], /^\d+$/)
  t.ok(Number(response.headers['retry-after']) <= 60)
  t.match(response.headers['access-control-expose-headers'], /Retry-After/)
  t.strictSame(
    Object.keys(response.headers).filter((name) => name.startsWith('x-ratelimit')),
    [],
  )
  const elsewhere = await limited.app.inject({ ...one, remoteAddress: '192.0.2.7' })
  t.equal(elsewhere.statusCode, 201, 'another address has a count of its own')
  t.equal((await limited.post('/token', credentials(burst[0]!))).statusCode, 400, 'so has another endpoint')
})

t.test('the default limit lets a burst of sixty pass twice', async (t) => {
  const { config } = await createApi(t)
  t.ok(config.rateLimitRegister !== 'off' && config.rateLimitRegister.max >= 120)
})
