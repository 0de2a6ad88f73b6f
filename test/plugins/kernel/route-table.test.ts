import Fastify from 'fastify'
import t from 'tap'
import { createRouteTable, pathOf } from '#src/plugins/kernel/route-table.ts'
import { createApp } from '#test/support/app.ts'
import { buildPageApp } from '#test/templates/page-app.ts'

//= https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2
//# a server MUST accept the absolute-form in requests
t.test('the path of a request target is the same in either form, without query and fragment', async (t) => {
  for (const [target, path] of [
    ['/token?code=x', '/token'],
    ['/token#x', '/token'],
    ['http://evil.example/token?x=http://y/', '/token'],
    ['http://evil.example', '/'],
    ['http://evil.example?x', '/'],
  ] as const)
    t.equal(pathOf(target), path, target)
})

t.test('a server does not start with a route that does not say whom it answers', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  createRouteTable(app)
  t.throws(() => app.get('/new', async () => ''), { message: 'GET /new does not say whom it answers: its config needs an `audience`' })
  t.throws(() => app.post('/newer', { config: { endpoint: undefined } }, async () => ''), { message: /^POST \/newer / })
  app.get('/newest', { config: { audience: 'page' } }, async () => '')
  await app.ready()

  const server = await buildPageApp()
  t.teardown(() => server.close())
  t.throws(() => server.get('/new', async () => ''), { message: /^GET \/new does not say/ }, 'nor does this one')
  await t.rejects(
    async () => server.register(async (plugin) => void plugin.put('/below', async () => ''), { prefix: '/deep' }),
    { message: /^PUT \/deep\/below does not say/ },
    'nor if a plugin brings it',
  )
})

t.test('an address is found as the router finds it, no matter who calls it', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  const routes = createRouteTable(app)
  app.get('/a.b/:id', { config: { audience: 'api' } }, async (request) => routes.audienceOf(request))
  app.post('/a.b/:id', { config: { audience: 'api' } }, async () => '')
  app.get('/a.b/new', { config: { audience: 'page' } }, async (request) => routes.audienceOf(request))
  app.options('/all/*', { config: { audience: 'api' } }, async () => '')
  app.setNotFoundHandler(async (request) => ({ audience: routes.audienceOf(request), methods: routes.methodsOf(request.url) }))
  t.equal((await app.inject('/a.b/1')).body, 'api')
  t.equal((await app.inject('/a.b/new')).body, 'page')
  t.equal((await app.inject('/a.b/')).body, 'api')
  const table = [
    ['/a.b/1?x=y', 'api', ['GET', 'HEAD', 'POST']],
    ['/a.b/new', 'page', ['GET', 'HEAD']],
    ['/all/', 'api', ['OPTIONS']],
    ['/all/the/rest', 'api', ['OPTIONS']],
    ['/a.b/', 'api', ['GET', 'HEAD', 'POST']],
    ['/a.b/1/2', undefined, []],
    ['/axb/1', undefined, []],
    ['/all', undefined, []],
    ['/constructor', undefined, []],
  ] as const
  for (const [url, audience, methods] of table)
    t.same((await app.inject({ method: 'DELETE', url })).json(), { ...(audience !== undefined && { audience }), methods }, url)
})

t.test('a script may ask before it calls any route of the API, below the issuer’s path as well as at the root', async (t) => {
  const urls = ['/token', '/register', '/register/client_x', '/par', '/introspect', '/.well-known/openid-configuration', '/.well-known/x']
  for (const base of ['', '/t1', '/register']) {
    const { app } = await createApp(t, { ISSUER: `http://localhost:8000${base}` })
    const ask = async (url: string) => (await app.inject({ method: 'OPTIONS', url })).statusCode
    for (const url of urls) {
      t.equal(await ask(url), 204, url)
      t.equal(await ask(base + url), 204, base + url)
    }
    // A path like an endpoint's is taken for a client of it.
    if (base !== '/register') for (const url of [`${base}/authorize`, `${base}/login`, base || '/']) t.equal(await ask(url), 405, url)
    t.equal(await ask('/nothing'), 404)
  }
})
