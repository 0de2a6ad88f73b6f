import t from 'tap'
import { createApi } from '#test/support/api.ts'
import { speak } from '#test/support/network/socket.ts'

const api = await createApi(t)
const { app } = api
const ORIGIN = 'http://localhost:6274'

const API = [
  '/token',
  '/register',
  '/userinfo',
  '/revoke',
  '/introspect',
  '/jwks',
  '/healthz',
  '/readyz',
  '/.well-known/openid-configuration',
  '/.well-known/x',
]
const PAGES = ['/', '/authorize', '/login', '/account', '/consent', '/logout', '/assets/style.css', '/favicon.ico', '/nothing']

t.test('a script may call every API path, with any header', async (t) => {
  for (const url of API) {
    for (const method of ['GET', 'POST', 'DELETE'] as const) {
      const response = await app.inject({ method, url, headers: { origin: ORIGIN } })
      t.equal(response.headers['access-control-allow-origin'], '*', `${method} ${url}`)
      t.match(response.headers['access-control-expose-headers'], /WWW-Authenticate.*Retry-After/)
      t.notOk('access-control-allow-credentials' in response.headers, 'cookies are never read here')
    }
    const asked = {
      origin: ORIGIN,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type,mcp-protocol-version',
    }
    const preflight = await app.inject({ method: 'OPTIONS', url, headers: asked })
    t.equal(preflight.statusCode, 204, url)
    t.equal(preflight.body, '')
    t.match(preflight.headers, {
      'access-control-allow-origin': '*',
      'access-control-allow-methods': /GET.*POST/,
      'access-control-allow-headers': asked['access-control-request-headers'],
      'access-control-max-age': '86400',
    })
  }
})

t.test('an OPTIONS that is no preflight is answered, without words of the framework', async (t) => {
  for (const headers of [{}, { origin: ORIGIN }, { 'access-control-request-method': 'POST' }]) {
    const response = await app.inject({ method: 'OPTIONS', url: '/token', headers })
    t.equal(response.statusCode, 204)
    t.equal(response.body, '')
  }
})

t.test('no script of others may read a page, whatever its answer', async (t) => {
  for (const url of PAGES) {
    for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS'] as const) {
      const headers = { origin: ORIGIN, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' }
      const response = await app.inject({ method, url, headers })
      const about = `${method} ${url} ${response.statusCode}`
      t.strictSame(
        Object.keys(response.headers).filter((name) => name.startsWith('access-control-')),
        [],
        about,
      )
      if (method === 'OPTIONS') t.ok(response.statusCode === 405 || response.statusCode === 404, about)
    }
  }
})

t.test('below the path of an issuer the same paths are an API', async (t) => {
  const below = await createApi(t, { ISSUER: 'http://localhost:8000/t1' })
  const open = async (url: string) =>
    (await below.app.inject({ method: 'POST', url, headers: { origin: ORIGIN } })).headers['access-control-allow-origin'] === '*'
  for (const url of ['/t1/token', '/t1/register', '/t1/.well-known/openid-configuration', '/.well-known/openid-configuration/t1'])
    t.ok(await open(url), url)
  // Clients of the first MCP revision try the root of the host, and must be able to read the 404.
  t.ok(await open('/register'), '/register')
  for (const url of ['/t1', '/t1/', '/t1/login', '/t10/token', '/t1x', '/t1/authorize']) t.notOk(await open(url), url)
})

//= https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2
//# a server MUST accept the absolute-form in requests
t.test('an absolute address in the request line is the same path', async (t) => {
  const { app: open } = await createApi(t)
  await open.listen({ port: 0, host: '127.0.0.1' })
  const ask = (target: string) => speak(open, `GET ${target} HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\nConnection: close\r\n\r\n`)
  const api = await ask('http://evil.example/token?x=http://y/')
  t.equal(api.status, 405)
  t.equal(api.headers.get('access-control-allow-origin'), '*')
  const page = await ask('http://evil.example/login')
  t.equal(page.status, 405)
  t.notOk(page.headers.has('access-control-allow-origin'))
  for (const target of ['http://evil.example', 'http://evil.example/']) {
    const home = await ask(target)
    t.match(home.headers.get('content-type'), 'text/html', target)
    t.notOk(home.headers.has('access-control-allow-origin'))
  }
})
