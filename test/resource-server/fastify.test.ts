/** The Fastify plugin: what it answers by itself, and how it protects a route. */
import Fastify from 'fastify'
import t from 'tap'
import type { Test } from 'tap'
import resourceServer, { scopeForTools } from '#src/resource-server/index.ts'
import { ath, createProofKey } from '#test/support/clients/dpop.ts'
import { ISSUER, RESOURCE, createIssuer } from '#test/support/providers/issuer.ts'

async function setUp(t: Test, more: { resource?: string } = {}) {
  const issuer = await createIssuer()
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(resourceServer, { ...issuer.options(), scopes: ['planets:read'], ...more })
  app.get('/open', async () => 'open to all')
  app.get('/mcp', { preHandler: app.requireScope('planets:read') }, async (request) => request.accessToken!.subject)
  app.post<{ Body: { scope: string } }>(
    '/mcp',
    { preHandler: app.requireScope((request) => (request.body as { scope: string }).scope) },
    async (request) => request.accessToken!.scopes,
  )
  app.delete('/mcp', { preHandler: app.requireScope() }, async (request, reply) => {
    reply.hijack()
    reply.raw.end(request.accessToken!.clientId)
  })
  const bearer = async (...changes: Parameters<typeof issuer.sign>) => ({ authorization: `Bearer ${await issuer.sign(...changes)}` })
  return { app, issuer, bearer }
}

/** A route of MCP, with tools of which one needs more. */
async function setUpTools(t: Test) {
  const issuer = await createIssuer()
  const app = Fastify()
  const parsed = { count: 0 }
  t.teardown(() => app.close())
  await app.register(resourceServer, { ...issuer.options(), scopes: ['planets:read'] })
  app.addHook('preValidation', async () => void parsed.count++)
  app.route({
    url: '/mcp',
    method: ['GET', 'POST', 'DELETE'],
    preHandler: app.requireScope(scopeForTools({ sweep: 'sky:admin' }, 'planets:read')),
    handler: async ({ method }) => (method === 'DELETE' ? 'ended' : 'answered'),
  })
  const bearer = async (...changes: Parameters<typeof issuer.sign>) => ({ authorization: `Bearer ${await issuer.sign(...changes)}` })
  return { app, issuer, bearer, parsed }
}

t.test('a route with requireScope lets good tokens through; other routes are not touched', async (t) => {
  const { app, bearer } = await setUp(t)
  t.match(await app.inject('/open'), { statusCode: 200, headers: { 'access-control-allow-origin': undefined } })
  t.match(await app.inject('/mcp'), {
    statusCode: 401,
    body: '',
    headers: { 'www-authenticate': /^Bearer resource_metadata=".+\/mcp", scope="planets:read"$/ },
  })
  t.match(await app.inject({ url: '/mcp', headers: await bearer() }), {
    statusCode: 200,
    body: 'helen',
    headers: { 'access-control-allow-origin': '*' },
  })
  t.match(await app.inject({ url: '/mcp', headers: await bearer({ scope: 'other' }) }), {
    statusCode: 403,
    headers: { 'www-authenticate': /scope="other planets:read", error="insufficient_scope"/ },
  })
  t.match(
    await app.inject({ method: 'DELETE', url: '/mcp', headers: await bearer() }),
    { body: 'client_planets', headers: { 'access-control-allow-origin': '*' } },
    'a handler that writes by itself',
  )
})

t.test('a scope may depend on the request', async (t) => {
  const { app, bearer } = await setUp(t)
  const post = async (scope: string) => app.inject({ method: 'POST', url: '/mcp', headers: await bearer(), payload: { scope } })
  t.match(await post('planets:read'), { statusCode: 200 })
  t.match(await post('comets:write'), { statusCode: 403 })
})

t.test('metadata and preflights are answered at their paths, whatever host a proxy reports', async (t) => {
  const { app } = await setUp(t)
  for (const url of ['/.well-known/oauth-protected-resource/mcp', '/.well-known/oauth-protected-resource']) {
    const response = await app.inject({ url, headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example' } })
    t.match(response.json(), { resource: 'https://mcp.example.com/mcp', authorization_servers: [ISSUER] })
    t.match(await app.inject({ method: 'OPTIONS', url }), { statusCode: 204 })
  }
  t.match(await app.inject({ method: 'OPTIONS', url: '/mcp' }), { statusCode: 204, headers: { 'access-control-allow-origin': '*' } })
  const atRoot = await setUp(t, { resource: 'https://mcp.example.com' })
  t.match((await atRoot.app.inject('/.well-known/oauth-protected-resource')).json(), { resource: 'https://mcp.example.com' })
})

/** Requests whose body the framework would refuse, or read at length. */
const BODIES: [what: string, headers: Record<string, string>, payload: string][] = [
  ['no body', { 'content-type': 'application/json' }, ''],
  ['broken JSON', { 'content-type': 'application/json' }, '{bad'],
  ['no content type', {}, '{"jsonrpc":"2.0"}'],
  ['a content type that nobody reads', { 'content-type': 'application/x-nothing' }, '<a/>'],
  ['no media type at all', { 'content-type': '???' }, '{}'],
  ['more than the framework takes', { 'content-type': 'application/json' }, JSON.stringify('x'.repeat(1_500_000))],
]

//= https://www.rfc-editor.org/rfc/rfc6750#section-3
//# If the protected resource request does not include authentication credentials or does not contain an access token that enables access to the protected resource, the resource server MUST include the HTTP "WWW-Authenticate" response header field
t.test('a client without a token, or with a bad one, gets the challenge whatever its body is', async (t) => {
  const { app } = await setUpTools(t)
  for (const [what, headers, payload] of BODIES) {
    for (const authorization of [undefined, 'Bearer junk']) {
      const response = await app.inject({
        method: 'POST',
        url: '/mcp',
        headers: { ...headers, ...(authorization && { authorization }) },
        payload,
      })
      t.match(
        response,
        {
          statusCode: 401,
          headers: { 'www-authenticate': /^Bearer resource_metadata="[^"]+", scope="planets:read"/, 'access-control-allow-origin': '*' },
        },
        `${what}, ${authorization}`,
      )
    }
  }
})

t.test('a client with too little scope is refused before its body is read, or after, if that depends on the body', async (t) => {
  const { app, bearer, parsed } = await setUpTools(t)
  const headers = { 'content-type': 'application/json', ...(await bearer({ scope: 'other' })) }
  t.match(await app.inject({ method: 'POST', url: '/mcp', headers, payload: '{bad' }), { statusCode: 403 })
  t.equal(parsed.count, 0)
  const call = (name: string) => JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name } })
  const reading = { ...headers, ...(await bearer({ scope: 'planets:read' })) }
  t.match(await app.inject({ method: 'POST', url: '/mcp', headers: reading, payload: call('whoami') }), { statusCode: 200 })
  t.match(await app.inject({ method: 'POST', url: '/mcp', headers: reading, payload: call('sweep') }), {
    statusCode: 403,
    headers: { 'www-authenticate': /scope="planets:read sky:admin", error="insufficient_scope"/ },
  })
  t.match(await app.inject({ method: 'POST', url: '/mcp', headers: reading, payload: '{bad' }), {
    statusCode: 400,
    headers: { 'access-control-allow-origin': '*' },
  })
})

t.test('a DELETE that names a content type and has no body is passed on', async (t) => {
  const { app, bearer } = await setUpTools(t)
  const authorization = await bearer()
  for (const more of [{}, { 'content-length': '0' }])
    t.match(
      await app.inject({ method: 'DELETE', url: '/mcp', headers: { ...authorization, 'content-type': 'application/json', ...more } }),
      {
        statusCode: 200,
        body: 'ended',
      },
    )
  const typed = { ...authorization, 'content-type': 'application/json' }
  t.match(
    await app.inject({ method: 'DELETE', url: '/mcp', headers: typed, payload: '{"a":1}' }),
    { statusCode: 403 },
    'what it holds was not understood',
  )
  t.match(await app.inject({ method: 'DELETE', url: '/mcp', headers: { 'content-type': 'application/json' } }), { statusCode: 401 })
})

t.test('a proof of possession counts once, though a request is looked at twice', async (t) => {
  const { app, issuer } = await setUpTools(t)
  const key = await createProofKey(() => issuer.clock.now)
  const token = await issuer.sign({ cnf: { jkt: key.jkt } })
  const headers = {
    authorization: `DPoP ${token}`,
    dpop: await key.prove('POST', RESOURCE, ath(token)),
    'content-type': 'application/json',
  }
  const payload = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'
  t.match(await app.inject({ method: 'POST', url: '/mcp', headers, payload }), { statusCode: 200 })
  t.match(await app.inject({ method: 'POST', url: '/mcp', headers, payload }), { statusCode: 401 })
})

t.test('requireScope works as any hook of a route, and of an app', async (t) => {
  const issuer = await createIssuer()
  const app = Fastify()
  t.teardown(() => app.close())
  await app.register(resourceServer, issuer.options())
  const order: string[] = []
  app.get('/early', { onRequest: app.requireScope('planets:read') }, async (request) => request.accessToken!.subject)
  app.get(
    '/list',
    {
      onRequest: async () => void order.push('mine'),
      preHandler: [async () => void order.push('before'), app.requireScope(() => 'planets:read')],
    },
    async (request) => request.accessToken!.subject,
  )
  await app.register(async (inner) => {
    inner.addHook('preHandler', inner.requireScope('planets:read'))
    inner.get('/inner', async (request) => request.accessToken!.subject)
  })
  const headers = { authorization: `Bearer ${await issuer.sign()}` }
  for (const url of ['/early', '/list', '/inner']) {
    t.match(await app.inject({ url, headers }), { statusCode: 200, body: 'helen' }, url)
    t.match(await app.inject({ url }), { statusCode: 401 }, url)
  }
  t.strictSame(order, ['mine', 'before', 'mine'])
})

t.test('an operator reads in the log why a token could not be checked', async (t) => {
  const issuer = await createIssuer()
  const lines: string[] = []
  const app = Fastify({ logger: { level: 'debug', stream: { write: (line: string) => void lines.push(line) } } })
  t.teardown(() => app.close())
  await app.register(resourceServer, issuer.options())
  app.get('/mcp', { preHandler: app.requireScope() }, async () => '')
  const token = await issuer.sign()
  t.equal((await app.inject({ url: '/mcp', headers: { authorization: 'Bearer ..' } })).statusCode, 401)
  issuer.metadata['issuer'] = 'https://auth.example.com/'
  t.equal((await app.inject({ url: '/mcp', headers: { authorization: `Bearer ${token}` } })).statusCode, 503)
  const logged = lines
    .map((line) => JSON.parse(line) as { level: number; msg: string })
    .filter(({ msg }) => msg === 'the access token was not accepted')
  t.match(logged, [
    { level: 20 },
    {
      level: 40,
      err: {
        message: /the keys could not be fetched.*is the metadata of https:\/\/auth\.example\.com\/, not of https:\/\/auth\.example\.com/,
      },
    },
  ])
  t.notMatch(lines.join(''), token)
})

t.test('wrong options stop the start', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  await t.rejects(
    async () => app.register(resourceServer, { issuer: 'http://auth.example.com', resource: 'https://mcp.example.com/mcp' }),
    { name: 'TypeError' },
  )
})
