// A resource on another host than the issuer's: what clients find there.
import t from 'tap'
import { createPrometheus } from '#src/metrics/prometheus.ts'
import { createApi } from '#test/support/api.ts'
import type { TestOptions } from '#test/support/app.ts'
import { answerOk, startUpstream } from '#test/support/gate/gate.ts'
import { permissionAt } from '#src/domain/protocol/scope.ts'
import type { Resource } from '#src/domain/resource/resource.ts'

const ISSUER = 'https://auth.example.com'
const ADDRESS = 'https://mcp.example.com/mcp'

async function createHosts(
  t: Parameters<typeof createApi>[0],
  env: Record<string, string> = {},
  answer = answerOk,
  options: TestOptions = {},
) {
  const upstream = await startUpstream(t, answer)
  const api = await createApi(t, { ISSUER, ADMIN_PASSWORD: 'a long passphrase of theirs', ...env }, undefined, options)
  const now = api.clock.now
  const gate = { upstream: upstream.url, identity: 'none', headers: [], tools: [] } as const
  const base = { secretHash: '', name: 'Tools', scopes: [], createdAt: now, updatedAt: now }
  const resources: Resource[] = [
    { ...base, id: 'resource_1', identifier: ADDRESS, gate },
    { ...base, id: 'resource_2', identifier: 'https://root.example.com', gate },
    { ...base, id: 'resource_3', identifier: `${ISSUER}/jwks`, gate },
    { ...base, id: 'resource_4', identifier: 'https://elsewhere.example.com/mcp' },
  ]
  for (const resource of resources) await api.storage.resources.insert(resource)
  api.clock.now += 6000
  const ask = (method: 'GET' | 'POST' | 'OPTIONS', url: string, headers: Record<string, string> = {}) =>
    api.app.inject({ method, url, headers: { host: 'mcp.example.com', ...headers } })
  return { ...api, ask, upstream }
}

t.test('there are the resource, its metadata, /register and /token; everything else of the issuer is there, not here', async (t) => {
  const { ask, upstream, register, tokens, post } = await createHosts(t)
  const refused = await ask('POST', '/mcp')
  t.equal(refused.statusCode, 401)
  t.match(refused.headers['www-authenticate'], 'resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource/mcp"')
  const { access_token: token } = await tokens(await register(), { resources: [ADDRESS], scopes: [permissionAt('openid', ADDRESS)] })
  t.equal((await ask('POST', '/mcp', { authorization: `Bearer ${token}`, host: 'MCP.example.com:443' })).statusCode, 200)
  t.match(upstream.requests[0]!.headers, { 'x-forwarded-host': 'mcp.example.com', 'x-forwarded-proto': 'https' })
  t.match((await ask('GET', '/.well-known/oauth-protected-resource/mcp')).json(), { resource: ADDRESS, authorization_servers: [ISSUER] })

  const authorize = await ask('GET', '/authorize?client_id=x&state=a%20b')
  t.equal(authorize.statusCode, 307)
  t.equal(authorize.headers.location, `${ISSUER}/authorize?client_id=x&state=a%20b`)
  t.equal((await ask('GET', '/authorize')).headers.location, `${ISSUER}/authorize`)
  t.equal((await ask('OPTIONS', '/authorize')).statusCode, 204, 'a preflight is never redirected')
  for (const path of ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']) {
    const moved = await ask('GET', path)
    t.equal(moved.statusCode, 308)
    t.equal(moved.headers.location, ISSUER + path)
    t.equal(moved.headers['access-control-allow-origin'], '*')
    t.equal((await ask('OPTIONS', path)).statusCode, 204)
  }
  const registered = await post('/register', '{"redirect_uris":["https://a.example/cb"]}', {
    host: 'mcp.example.com',
    'content-type': 'application/json',
  })
  t.equal(registered.statusCode, 201)
  t.match((await post('/token', { grant_type: 'x' }, { host: 'mcp.example.com' })).json(), { error: 'invalid_client' })
  for (const path of [
    '/',
    '/login',
    '/account',
    '/jwks',
    '/healthz',
    '/userinfo',
    '/nothing',
    '/mcp/',
    '/register/x',
    '/assets/page.css',
  ]) {
    const missing = await ask('GET', path)
    t.equal(missing.statusCode, 404, path)
    t.match(missing.json(), { jsonrpc: '2.0' })
    t.notOk(missing.headers['set-cookie'])
  }
})

t.test('a resource may be at the root of its host', async (t) => {
  const { ask, tokens, register, upstream } = await createHosts(t)
  const host = 'root.example.com'
  t.equal((await ask('GET', '/', { host })).statusCode, 401)
  const { access_token: token } = await tokens(await register(), { resources: ['https://root.example.com'], scopes: ['openid'] })
  t.equal((await ask('GET', '/', { host, authorization: `Bearer ${token}` })).statusCode, 200)
  t.match((await ask('GET', '/.well-known/oauth-protected-resource', { host })).json(), { resource: 'https://root.example.com' })
  t.equal((await ask('OPTIONS', '/', { host })).statusCode, 204)
  t.equal(upstream.requests.length, 1)
})

t.test('on any other host the resource is not there, and the issuer is as ever', async (t) => {
  const { ask } = await createHosts(t)
  for (const host of ['auth.example.com', 'evil.example.com', 'mcp.example.com.evil.example', 'mcp.example.com:8443']) {
    t.equal((await ask('POST', '/mcp', { host })).statusCode, 404, host)
    t.equal((await ask('GET', '/jwks', { host })).statusCode, 200, host)
  }
})

t.test('the name that a proxy passes on counts if the proxy is trusted', async (t) => {
  for (const [TRUST_PROXY, status] of [
    ['none', 404],
    ['1', 401],
  ] as const) {
    const { ask } = await createHosts(t, { TRUST_PROXY })
    t.equal(
      (await ask('POST', '/mcp', { host: 'auth.example.com', 'x-forwarded-host': 'mcp.example.com' })).statusCode,
      status,
      TRUST_PROXY,
    )
  }
})

t.test('below an issuer with a path, clients register there', async (t) => {
  const { ask } = await createHosts(t, { ISSUER: `${ISSUER}/t1` })
  for (const path of ['/t1/register', '/register']) t.equal((await ask('POST', path)).statusCode, 404, path)
  t.equal((await ask('GET', '/authorize')).headers.location, `${ISSUER}/t1/authorize`)
  t.equal((await ask('GET', '/.well-known/openid-configuration')).headers.location, `${ISSUER}/.well-known/openid-configuration/t1`)
})

t.test('a resource at the root of its host may speak HTTP with SSE', async (t) => {
  const { ask, tokens, register } = await createHosts(t, {}, (request, response) => {
    if (request.method === 'POST') return answerOk(request, response)
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end('event: endpoint\ndata: /post?id=1\n\n')
  })
  const { access_token: token } = await tokens(await register(), { resources: ['https://root.example.com'], scopes: ['openid'] })
  const headers = { host: 'root.example.com', authorization: `Bearer ${token}` }
  const [, path = ''] = /data: (\/messages\/\S+)/.exec((await ask('GET', '/', headers)).body)!
  t.equal((await ask('POST', path, headers)).statusCode, 200)
  t.equal((await ask('POST', path, { host: headers.host })).statusCode, 401)
})

t.test('an operator sees requests of a resource under the gate, also where this server has a route of that path', async (t) => {
  const { meter, text } = createPrometheus('1')
  const { ask } = await createHosts(t, {}, answerOk, { meter })
  t.equal((await ask('GET', '/', { host: 'root.example.com' })).statusCode, 401)
  t.equal((await ask('GET', '/', { host: 'auth.example.com' })).statusCode, 200)
  const shown = await text()
  t.match(shown, 'solar_http_requests_total{route="gate",method="GET",status="401"} 1')
  t.match(shown, 'solar_http_requests_total{route="/",method="GET",status="200"} 1')
})

t.test('a resource that got the address of a route of ours hides nothing', async (t) => {
  const { ask } = await createHosts(t)
  for (const host of ['auth.example.com', 'other.example.com']) t.match((await ask('GET', '/jwks', { host })).json(), { keys: [{}] })
})

t.test('a registered resource without a gate is not there', async (t) => {
  const { ask } = await createHosts(t)
  t.equal((await ask('POST', '/mcp', { host: 'elsewhere.example.com' })).statusCode, 404)
})
