// What passes the gate and what does not: the order of the checks, and what clients and upstreams see.
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import t from 'tap'
import { freePort } from '#src/process/free-port.ts'
import { StorageUnavailable } from '#src/storage/storage.ts'
import { sha256 } from '#src/domain/protocol/sha256.ts'
import { basic } from '#test/support/api.ts'
import { createApp } from '#test/support/app.ts'
import { ath, createProofKey } from '#test/support/clients/dpop.ts'
import { sampleClient } from '#test/support/records.ts'
import { CALL, LIST, answerOk, createGateScene, startUpstream } from '#test/support/gate/gate.ts'

const READ = { name: 'use', description: 'Use it' }

t.test('a client without a token learns where to get one, and the upstream sees nothing', async (t) => {
  const { send, issuer, address, upstream, change } = await createGateScene(t)
  for (const method of ['POST', 'GET', 'DELETE']) {
    const refused = await send(undefined, { method })
    t.equal(refused.status, 401, method)
    t.equal(refused.headers.get('www-authenticate'), `Bearer resource_metadata="${issuer}/.well-known/oauth-protected-resource/mcp"`)
    t.match(await refused.json(), { jsonrpc: '2.0', id: null, error: { code: -32_000 } }, 'no client takes it for an older server')
  }
  await change({ scopes: [READ] })
  t.match((await send(undefined)).headers.get('www-authenticate'), /scope="use"$/)
  for (const path of ['/.well-known/oauth-protected-resource/mcp', '/.well-known/oauth-protected-resource']) {
    const metadata = await send(undefined, { method: 'GET', path })
    t.match(await metadata.json(), { resource: address, authorization_servers: [issuer], scopes_supported: ['use'] }, path)
    t.equal(metadata.headers.get('access-control-allow-origin'), '*')
    t.equal((await send(undefined, { method: 'HEAD', path })).status, 200)
    t.equal((await send(undefined, { path })).status, 405)
  }
  t.same(upstream.requests, [])
})

t.test('a request with a token reaches the upstream without it, and the answer comes back as it is', async (t) => {
  const { token, send, upstream } = await createGateScene(t, ({ url }, response) => {
    response.writeHead(url === '/mcp?a=b' ? 202 : 500, { 'x-of-the-upstream': 'yes', 'content-type': 'text/odd' }).end('{"odd" : 1}')
  })
  const answer = await send(await token(), {
    path: '/mcp?a=b',
    headers: { 'x-custom': 'kept', traceparent: '00-1-2-01', 'mcp-param-x': 'p' },
  })
  t.equal(answer.status, 202)
  t.equal(await answer.text(), '{"odd" : 1}')
  t.equal(answer.headers.get('x-of-the-upstream'), 'yes')
  const [seen] = upstream.requests
  t.match(seen!.headers, { 'x-custom': 'kept', traceparent: '00-1-2-01', 'mcp-param-x': 'p', host: new URL(upstream.url).host })
  t.match(seen!.headers, { 'x-forwarded-host': /^localhost:\d+$/, 'x-forwarded-proto': 'http', 'x-forwarded-for': /./ })
  t.equal(seen!.headers.authorization, undefined)
  t.same(JSON.parse(seen!.text), LIST)
  t.match(await send(await token(), { method: 'GET', path: '/mcp' }), { status: 500 }, 'a status of the upstream is never changed')
})

t.test('headers pass byte by byte, whatever they are in', async (t) => {
  const bytes = Buffer.from('달 é').toString('latin1')
  const { token, address, upstream } = await createGateScene(t, (_request, response) => {
    response.writeHead(200, { 'x-text': bytes, 'x-texts': [bytes, 'two'] }).end()
  })
  const headers = { authorization: `Bearer ${await token()}`, 'x-text': bytes }
  const [answer] = (await once(request(address, { method: 'POST', headers }).end(), 'response')) as [IncomingMessage]
  answer.resume()
  t.equal(answer.headers['x-text'], bytes)
  t.equal(answer.headers['x-texts'], `${bytes}, two`)
  t.equal(upstream.requests[0]!.headers['x-text'], bytes)
})

t.test('the query of the upstream comes before that of the client', async (t) => {
  const upstream = await startUpstream(t, answerOk)
  const { token, send } = await createGateScene(t, answerOk, { env: { PROTECT: `/mcp=${upstream.url}?key=1` } })
  const access = await token()
  await send(access)
  await send(access, { path: '/mcp?a=b' })
  t.same(
    upstream.requests.map(({ url }) => url),
    ['/mcp?key=1', '/mcp?key=1&a=b'],
  )
})

t.test('a token counts for its own resource only, and only as long as it lives', async (t) => {
  const scene = await createGateScene(t)
  const { token, send, address, clock, register, tokens, post, upstream } = scene
  const client = await register({ token_endpoint_auth_method: 'none' })
  const foreign = await tokens(client, { resources: ['https://other.example/mcp'] })
  const none = await tokens(client)
  const near = await tokens(client, { resources: [`${address}/`] })
  for (const bad of ['nonsense', 'a.b.c', foreign.access_token, none.access_token, near.access_token]) {
    const refused = await send(bad)
    t.equal(refused.status, 401, bad.slice(0, 20))
    t.match(refused.headers.get('www-authenticate'), /error="invalid_token"/)
  }
  const good = await token({ client })
  t.equal((await send(good)).status, 200)
  await post('/revoke', { token: good, client_id: client.client_id })
  t.equal((await send(good)).status, 401, 'revoked: at once')
  const late = await token()
  clock.now += 3_601_000
  t.equal((await send(late)).status, 401, 'expired')
  t.equal(upstream.requests.length, 1)
})

t.test('opaque tokens count as well', async (t) => {
  const { token, send, change } = await createGateScene(t)
  await change({ accessTokenFormat: 'opaque' })
  t.equal((await send(await token())).status, 200)
})

t.test('a client that got a token for itself may call, and is its own user', async (t) => {
  const { send, storage, post, address, gate, upstream } = await createGateScene(t)
  await gate({ identity: 'headers' })
  const metadata = {
    tokenEndpointAuthMethod: 'client_secret_basic',
    grantTypes: ['client_credentials'],
    redirectUris: [],
    scopes: [],
  } as const
  await storage.clients.insert(sampleClient({ id: 'client_machine', secretHash: sha256('s'), origin: 'operator', metadata }))
  const issued = await post('/token', { grant_type: 'client_credentials', resource: address }, basic('client_machine', 's'))
  t.equal((await send(issued.json<{ access_token: string }>().access_token)).status, 200)
  t.match(upstream.requests[0]!.headers, { 'x-auth-subject': 'client_machine', 'x-auth-client': 'client_machine' })
})

t.test('a token needs the first scope of the resource, and the refusal names all to ask for', async (t) => {
  const { token, send, change } = await createGateScene(t)
  await change({ scopes: [READ, { name: 'more', description: 'More' }] })
  const refused = await send(await token({ scopes: ['more'] }))
  t.equal(refused.status, 403)
  t.match(refused.headers.get('www-authenticate'), /error="insufficient_scope".*scope="more use"/)
  t.match(await refused.json(), { jsonrpc: '2.0', error: {} })
  t.equal((await send(await token({ scopes: ['use'] }))).status, 200)
})

t.test('other methods, bad origins and bodies that are too large are refused before anybody looks at the token', async (t) => {
  const { send, token, issuer, upstream } = await createGateScene(t, answerOk, { env: { GATE_BODY_LIMIT: '2KB' } })
  t.match(await send(undefined, { method: 'PUT', body: 'x' }), { status: 405 })
  t.equal((await send(undefined, { method: 'PATCH' })).headers.get('allow'), 'GET, POST, DELETE, OPTIONS')
  for (const origin of ['null', 'nonsense', 'https://user@evil.example', 'https://a.example/path']) {
    const refused = await send(undefined, { headers: { origin } })
    t.equal(refused.status, 403, origin)
    t.match(await refused.json(), { jsonrpc: '2.0' })
  }
  const large = JSON.stringify(CALL('x'.repeat(3000)))
  t.equal((await send(undefined, { body: large })).status, 413)
  const access = await token()
  for (const origin of ['https://app.example', 'vscode-webview://abc', issuer])
    t.equal((await send(access, { headers: { origin } })).status, 200, origin)
  const chunked = await fetch(`${issuer}/mcp`, {
    method: 'POST',
    headers: { authorization: `Bearer ${access}` },
    body: new Blob([large]).stream(),
    duplex: 'half',
  } as RequestInit)
  t.equal(chunked.status, 413, 'of unknown length')
  t.equal(upstream.requests.length, 3)
})

t.test('a script of any page may call, and may read what it needs', async (t) => {
  const { token, send } = await createGateScene(t, (_request, response) => {
    response.writeHead(200, {
      'mcp-session-id': 's1',
      'access-control-allow-origin': 'https://only.example',
      'access-control-allow-credentials': 'true',
    })
    response.end('{}')
  })
  const preflight = await send(undefined, {
    method: 'OPTIONS',
    headers: { origin: 'https://app.example', 'access-control-request-method': 'POST' },
  })
  t.equal(preflight.status, 204)
  t.match(preflight.headers.get('access-control-allow-headers'), /Authorization.*Mcp-Session-Id.*Mcp-Protocol-Version/)
  const answer = await send(await token(), { headers: { origin: 'https://app.example' } })
  t.equal(answer.headers.get('access-control-allow-origin'), '*')
  t.equal(answer.headers.get('access-control-allow-credentials'), null)
  t.match(answer.headers.get('access-control-expose-headers'), /Mcp-Session-Id/)
})

t.test('an upstream that is not there is 503; the log says so once, and once when it is back', async (t) => {
  const lines: { msg: string; upstream?: string }[] = []
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as { msg: string }) }
  const port = await freePort()
  const env = { PROTECT: `/mcp=http://localhost:${port}/mcp` }
  const { token, send } = await createGateScene(t, answerOk, { env, logger: { level: 'info', stream } })
  const access = await token()
  for (let tries = 0; tries < 3; tries++) {
    const refused = await send(access)
    t.equal(refused.status, 503)
    t.equal(refused.headers.get('retry-after'), '5')
    t.match(await refused.json(), { jsonrpc: '2.0', error: { message: /can not be reached/ } })
  }
  const server = createServer((_request, response) => response.end('{}')).listen(port, 'localhost')
  t.teardown(() => server.close())
  await once(server, 'listening')
  for (let tries = 0; tries < 2; tries++) t.equal((await send(access)).status, 200)
  const said = lines.filter(({ upstream }) => upstream === `http://localhost:${port}`).map(({ msg }) => msg)
  t.strictSame(said, ['the MCP server can not be reached: try again later', 'the upstream answers again'])
})

t.test('a token that is bound to a key needs a proof of the key, for this address, once', async (t) => {
  const { token: _bearer, send, register, code, post, address, clock } = await createGateScene(t, answerOk, { env: { DPOP_NONCE: 'on' } })
  const key = await createProofKey(() => clock.now)
  const client = await register({ token_endpoint_auth_method: 'none' })
  const form = { grant_type: 'authorization_code', redirect_uri: 'https://client.example/callback', client_id: client.client_id }
  const tokenUrl = new URL('/token', address).href
  const asked = await post('/token', { ...form, code: 'x' }, { dpop: await key.prove('POST', tokenUrl) })
  const nonce = asked.headers['dpop-nonce'] as string
  const issued = await post(
    '/token',
    { ...form, code: await code(client, { resources: [address] }) },
    { dpop: await key.prove('POST', tokenUrl, { nonce }) },
  )
  const { access_token: token } = issued.json<{ access_token: string }>()
  const call = async (proof: string | undefined, scheme = 'DPoP') =>
    send(undefined, { headers: { authorization: `${scheme} ${token}`, ...(proof !== undefined && { dpop: proof }) } })
  const good = await key.prove('POST', address, { nonce, ...ath(token) })
  const answer = await call(good)
  t.equal(answer.status, 200)
  t.ok(answer.headers.get('dpop-nonce'), 'for the next one')
  const other = await createProofKey(() => clock.now)
  for (const [about, error, proof] of [
    ['a second time', 'invalid_dpop_proof', good],
    ['no proof', 'invalid_token', undefined],
    ['another key', 'invalid_token', await other.prove('POST', address, { nonce, ...ath(token) })],
    ['another address', 'invalid_dpop_proof', await key.prove('POST', `${address}/x`, { nonce, ...ath(token) })],
    ['another method', 'invalid_dpop_proof', await key.prove('GET', address, { nonce, ...ath(token) })],
    ['another token', 'invalid_dpop_proof', await key.prove('POST', address, { nonce, ...ath('x') })],
    ['no nonce', 'use_dpop_nonce', await key.prove('POST', address, ath(token))],
  ] as const) {
    const refused = await call(proof)
    t.equal(refused.status, 401, about)
    t.match(refused.headers.get('www-authenticate'), `error="${error}"`, about)
  }
  t.equal((await call(undefined, 'Bearer')).status, 401, 'as a bearer token')
})

t.test('somebody who tries tokens is stopped after a while, and the others are not', async (t) => {
  const { send, app } = await createGateScene(t, answerOk, { env: { RATE_LIMIT_TOKEN: '2/1m' } })
  for (let tries = 0; tries < 2; tries++) t.equal((await send('nonsense')).status, 401)
  const limited = await send('nonsense')
  t.equal(limited.status, 429)
  t.match(await limited.json(), { jsonrpc: '2.0' })
  const elsewhere = await app.inject({ method: 'POST', url: '/mcp', headers: { authorization: 'Bearer x' }, remoteAddress: '192.0.2.7' })
  t.equal(elsewhere.statusCode, 401)
})

t.test('while the database can not answer, requests are 503; a defect says nothing', async (t) => {
  const { send, token, storage, upstream } = await createGateScene(t)
  const access = await token()
  for (const [error, status, body] of [
    [new StorageUnavailable('down'), 503, { jsonrpc: '2.0', error: { message: /try again/ } }],
    [new TypeError('a defect'), 500, { error: 'server_error' }],
  ] as const) {
    const { findLive } = storage.grants
    Object.assign(storage.grants, { findLive: async () => Promise.reject(error) })
    const refused = await send(access)
    Object.assign(storage.grants, { findLive })
    t.equal(refused.status, status)
    t.match(await refused.json(), body)
  }
  t.same(upstream.requests, [])
})

t.test('a server without the gate answers as before', async (t) => {
  const { app } = await createApp(t)
  t.equal((await app.inject({ method: 'POST', url: '/mcp' })).statusCode, 404)
  t.equal((await app.inject('/.well-known/oauth-protected-resource/mcp')).statusCode, 404)
})
