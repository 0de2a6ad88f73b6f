// `/forward-auth`: who may ask, about what, and what the answers say.
import { decodeJwt } from 'jose'
import t from 'tap'
import { permissionAt } from '#src/domain/protocol/scope.ts'
import { StorageUnavailable } from '#src/storage/storage.ts'
import { createApp, testConfig } from '#test/support/app.ts'
import { ath, createProofKey } from '#test/support/clients/dpop.ts'
import { RESOURCE, createForwardAuth, registerResource } from '#test/support/gate/forward-auth.ts'
import { speak } from '#test/support/network/socket.ts'

const METADATA = 'https://mcp.example.com/.well-known/oauth-protected-resource/mcp'
const at = (scope: string) => permissionAt(scope, RESOURCE)

t.test('a proxy learns that a request may pass, or gets the challenge for its client', async (t) => {
  const { ask, token, storage } = await createForwardAuth(t)
  const none = await ask(undefined)
  t.equal(none.statusCode, 401)
  t.equal(none.headers['www-authenticate'], `Bearer resource_metadata="${METADATA}"`)
  t.ok(none.body.length < 300)
  const good = await token()
  for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS'] as const) {
    const passed = await ask(good, { method })
    t.equal(passed.statusCode, 200, method)
    t.equal(passed.body, '')
    t.equal(passed.headers['cache-control'], 'no-store')
    const preflight = { origin: 'https://app.example', 'access-control-request-method': 'POST' }
    t.equal((await ask(undefined, { method, headers: preflight })).statusCode, 401, `${method} without a token`)
  }
  for (const bad of ['nonsense', await token('https://mcp.example.com/other')])
    t.match(await ask(bad), { statusCode: 401, headers: { 'www-authenticate': /error="invalid_token"/ } })
  const { findLive } = storage.grants
  Object.assign(storage.grants, { findLive: async () => Promise.reject(new StorageUnavailable('down')) })
  t.equal((await ask(good)).statusCode, 503)
  Object.assign(storage.grants, { findLive: async () => Promise.reject(new TypeError('a defect')) })
  t.equal((await ask(good)).statusCode, 500)
  Object.assign(storage.grants, { findLive })
})

t.test('the answer has the identity that the operator chose', async (t) => {
  const { ask, token, change } = await createForwardAuth(t)
  const access = await token(RESOURCE, [at('openid')])
  const none = Object.entries((await ask(access)).headers).filter(([name]) => /x-auth|assertion/.test(name))
  const copied = ['client', 'email', 'groups', 'scope', 'subject'].map((name) => [`x-auth-${name}`, ''])
  t.strictSame(none.sort(), [...copied, ['x-solar-assertion', '']], 'all that a proxy may copy')
  await change({}, { identity: 'headers' })
  t.match((await ask(access)).headers, { 'x-auth-subject': /./, 'x-auth-client': /^client_|./, 'x-auth-scope': 'openid' })
  await change({}, { identity: 'assertion' })
  const claims = decodeJwt((await ask(access)).headers['x-solar-assertion'] as string)
  t.match(claims, { aud: RESOURCE, scope: 'openid', sub: /./ })
})

t.test('a request lacks a scope: the challenge names all to ask for', async (t) => {
  const { ask, token, change } = await createForwardAuth(t)
  const scopes = ['use', 'more'].map((name) => ({ name, description: name }))
  await change({ scopes })
  t.match((await ask(undefined)).headers['www-authenticate'], /scope="use"/)
  t.match(await ask(await token(RESOURCE, [at('more')])), {
    statusCode: 403,
    headers: { 'www-authenticate': /insufficient_scope.*"more use"/ },
  })
  t.equal((await ask(await token(RESOURCE, [at('use')]))).statusCode, 200)
})

t.test('where tools have rules, headers count only if they can be believed', async (t) => {
  const { ask, token, change } = await createForwardAuth(t)
  await change(
    { scopes: ['use', 'delete'].map((name) => ({ name, description: name })) },
    {
      tools: [
        { tool: '*', scope: 'use' },
        { tool: 'rm', scope: 'delete' },
      ],
    },
  )
  const [use, both] = [await token(RESOURCE, [at('use')]), await token(RESOURCE, [at('use'), at('delete')])]
  const modern = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'ls' }
  t.match(await ask(use, { headers: modern }), { statusCode: 403, headers: { 'www-authenticate': /scope="use delete"/ } }, 'not probed')
  t.equal((await ask(both, { headers: modern })).statusCode, 200)
  t.equal((await ask(use, { headers: { 'x-forwarded-method': 'GET' } })).statusCode, 200, 'a stream calls nothing')
  await change({}, { validatesHeaders: true })
  for (const [about, status, headers] of [
    ['a tool that is allowed', 200, modern],
    ['encoded', 200, { ...modern, 'mcp-name': '=?base64?bHM=?=' }],
    ['another method', 200, { ...modern, 'mcp-method': 'tools/list', 'mcp-name': undefined }],
    ['a tool that is not', 403, { ...modern, 'mcp-name': 'rm' }],
    ['encoded', 403, { ...modern, 'mcp-name': '=?base64?cm0=?=' }],
    ['no name', 200, { ...modern, 'mcp-name': undefined }],
    ['no method', 403, { ...modern, 'mcp-method': undefined }],
    ['an older revision', 403, { ...modern, 'mcp-protocol-version': '2025-11-25' }],
    ['two revisions', 403, { ...modern, 'mcp-protocol-version': '2026-07-28, 2025-11-25' }],
    ['no revision', 403, { ...modern, 'mcp-protocol-version': undefined }],
    ['a session', 403, { ...modern, 'mcp-session-id': 'x' }],
  ] as const)
    t.equal((await ask(use, { headers })).statusCode, status, about)
  await change({}, { tools: [{ tool: 'rm', scope: 'delete' }] })
  t.match(await ask(both, { headers: { ...modern, 'mcp-name': 'ls' } }), { statusCode: 403 }, 'a tool without rule')
  t.equal((await ask(both, { headers: { 'mcp-method': 'tools/call' } })).statusCode, 403, 'which tool it is can not be seen')
})

t.test('a path is matched in one meaning only', async (t) => {
  const scene = await createForwardAuth(t)
  const { ask, token } = scene
  await registerResource(scene, 'https://mcp.example.com/mcp/admin')
  await registerResource(scene, 'https://root.example.com')
  await registerResource(scene, 'https://query.example.com/x?a=b')
  const good = await token()
  const uri = (value: string, more = {}) => ask(good, { headers: { 'x-forwarded-uri': value, ...more } })
  for (const same of ['/mcp', '/mcp?a=/../x%2f', '/%6dcp', '/mcp/', '/mcp/messages/1', '/mcp/a.b/..c'])
    t.equal((await uri(same)).statusCode, 200, same)
  for (const other of [
    ...['/', '/mcpx', '/MCP', '/mc', '/other', '/mcp/../admin', '/mcp/./x', '/mcp//x', '//mcp', '/mcp%2fx', '/mcp%2Fadmin', '/mcp%5cadmin'],
    ...[
      '/mcp/%2e%2e/x',
      '/mcp/..',
      '/mcp\\..\\x',
      '/mcp%00',
      '/mcp;x',
      '/mcp%3bx',
      '/mcp%252fx',
      '/mcp%',
      '/mcp%zz',
      '/mcp#x',
      '/달',
      '/mcp%c0%ae',
      'mcp',
      '',
    ],
    ...['https://mcp.example.com/mcp', '*', '/mcp\t'],
  ])
    t.equal((await uri(other)).statusCode, 403, other)
  t.equal((await uri('/mcp/admin')).statusCode, 401, 'the nearest resource counts, and the token is for another')
  t.equal((await uri('/mcp/%61dmin/x')).statusCode, 401)
  t.equal((await uri('/any/thing', { 'x-forwarded-host': 'root.example.com' })).statusCode, 401)
  t.equal((await uri('/x', { 'x-forwarded-host': 'query.example.com' })).statusCode, 403)
})

t.test('what a proxy says must be there, and must say one thing', async (t) => {
  const { ask, token } = await createForwardAuth(t)
  const good = await token()
  const nginx = { 'x-forwarded-method': undefined, 'x-forwarded-uri': undefined, 'x-original-method': 'POST', 'x-original-uri': '/mcp' }
  t.equal((await ask(good, { headers: nginx })).statusCode, 200)
  t.equal((await ask(good, { headers: { 'x-forwarded-host': 'MCP.example.com:443' } })).statusCode, 200)
  t.equal((await ask(good, { headers: { 'x-original-uri': '/mcp', 'x-original-method': 'POST' } })).statusCode, 200)
  for (const headers of [
    ...['method', 'uri', 'host', 'proto'].map((name) => ({ [`x-forwarded-${name}`]: undefined })),
    ...[{ 'x-original-uri': '/other' }, { 'x-original-method': 'OPTIONS' }, { ...nginx, 'x-forwarded-uri': '/other' }],
    ...[
      { 'x-forwarded-host': 'evil.example, mcp.example.com' },
      { 'x-forwarded-host': 'mcp.example.com/x' },
      { 'x-forwarded-host': 'evil.example' },
    ],
    ...[
      { 'x-forwarded-proto': 'https,http' },
      { 'x-forwarded-proto': 'ws' },
      { 'x-forwarded-method': 'post' },
      { 'x-forwarded-method': 'A B' },
    ],
    { 'x-forwarded-method': 'OPTIONS' },
  ])
    t.match(await ask(good, { headers }), { statusCode: 403 }, JSON.stringify(headers))
})

t.test('nobody but the proxy asks, and nobody under a public name', async (t) => {
  const { ask, token } = await createForwardAuth(t)
  const good = await token()
  t.equal((await ask(good, { remoteAddress: '192.0.2.1' })).statusCode, 404)
  for (const host of ['auth.example.com', 'AUTH.example.com:443', 'auth.example.com:8000', 'mcp.example.com', 'mcp.example.com:1'])
    t.equal((await ask(good, { headers: { host } })).statusCode, 404, host)
  const { app } = await createApp(t)
  const off = await app.inject({ url: '/forward-auth', headers: { host: 'x', 'x-forwarded-host': 'mcp.example.com' } })
  t.equal(off.statusCode, 404, 'off by default')
  for (const TRUST_PROXY of ['1', 'none'])
    t.throws(() => testConfig({ FORWARD_AUTH: 'on', TRUST_PROXY }), /must be the addresses or networks of your proxies/, TRUST_PROXY)
})

t.test('a proxy of HTTP/1.0 need not name a host', async (t) => {
  const { app } = await createForwardAuth(t)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const said = ['Method: POST', 'Proto: https', 'Host: mcp.example.com', 'Uri: /mcp'].map((line) => `X-Forwarded-${line}`).join('\r\n')
  t.equal((await speak(app, `GET /forward-auth HTTP/1.0\r\n${said}\r\n\r\n`)).status, 401)
})

t.test('a proof of possession is for the request that the proxy passes on', async (t) => {
  const { ask, register, code, post, clock } = await createForwardAuth(t)
  const key = await createProofKey(() => clock.now)
  const client = await register({ token_endpoint_auth_method: 'none' })
  const form = { grant_type: 'authorization_code', redirect_uri: 'https://client.example/callback', client_id: client.client_id }
  const dpop = await key.prove('POST', 'https://auth.example.com/token')
  const issued = await post('/token', { ...form, code: await code(client, { resources: [RESOURCE], scopes: [] }) }, { dpop })
  const { access_token: token } = issued.json<{ access_token: string }>()
  const send = async (method: string, url: string, more: Record<string, string> = {}) =>
    ask(undefined, { headers: { authorization: `DPoP ${token}`, dpop: await key.prove(method, url, ath(token)), ...more } })
  t.equal((await send('POST', RESOURCE)).statusCode, 200)
  t.equal((await send('DELETE', `${RESOURCE}?a=b`, { 'x-forwarded-method': 'DELETE', 'x-forwarded-uri': '/mcp?a=b' })).statusCode, 200)
  for (const [method, url] of [
    ['GET', RESOURCE],
    ['POST', 'https://auth.example.com/forward-auth'],
    ['POST', 'http://mcp.example.com/mcp'],
  ] as const)
    t.match(await send(method, url), { statusCode: 401, headers: { 'www-authenticate': /^DPoP .*invalid_dpop_proof/ } }, `${method} ${url}`)
})

t.test('metadata and preflights of these hosts are answered here, and nothing else', async (t) => {
  const { app } = await createForwardAuth(t)
  const direct = (method: 'GET' | 'POST' | 'OPTIONS', url: string) => app.inject({ method, url, headers: { host: 'mcp.example.com' } })
  for (const path of ['/.well-known/oauth-protected-resource/mcp', '/.well-known/oauth-protected-resource'])
    t.match((await direct('GET', path)).json(), { resource: RESOURCE, authorization_servers: ['https://auth.example.com'] })
  t.match(await direct('OPTIONS', '/mcp'), { statusCode: 204, headers: { 'access-control-allow-headers': /Authorization/ } })
  t.equal((await direct('POST', '/mcp')).statusCode, 404)
  t.equal((await direct('GET', '/login')).statusCode, 404)
  t.equal((await direct('GET', '/.well-known/oauth-authorization-server')).statusCode, 308)
})
