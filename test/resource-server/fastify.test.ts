/** The Fastify plugin: what it answers by itself, and how it protects a route. */
import Fastify from 'fastify'
import t from 'tap'
import type { Test } from 'tap'
import resourceServer from '#src/resource-server/index.ts'
import { ISSUER, createIssuer } from '#test/support/issuer.ts'

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
