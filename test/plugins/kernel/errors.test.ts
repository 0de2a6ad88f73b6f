import t from 'tap'
import type { Test } from 'tap'
import type { FastifyInstance } from 'fastify'
import { buildApp } from '#src/app.ts'
import { loadKeyset } from '#src/crypto/keyset.ts'
import { createLanguages } from '#src/plugins/pages/page-language.ts'
import { openStorage } from '#src/storage/open.ts'
import { StorageUnavailable } from '#src/storage/storage.ts'
import { REDIRECT_URI, createApi, credentials, isOAuthError } from '#test/support/api.ts'
import type { ApiResponse } from '#test/support/api.ts'
import { SECRET, testConfig } from '#test/support/app.ts'
import { pressed } from '#test/support/pressure.ts'
import { stub } from '#test/support/stub.ts'

const HTML = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

/** An error as every page path shows it: a page of ours, that no script of others may read. */
function isErrorPage(t: Test, response: ApiResponse, status: number, error: string, about = ''): void {
  t.equal(response.statusCode, status, `status ${about}`)
  t.match(
    response.headers,
    { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', 'content-security-policy': /frame-ancestors 'none'/ },
    about,
  )
  t.notOk('access-control-allow-origin' in response.headers, `no CORS ${about}`)
  t.match(response.body, `${status} ${error}`, about)
  t.notMatch(response.body, /FST_|statusCode|Bad Request|Internal Server/, `nothing of the framework ${about}`)
}

function isErrorJson(t: Test, response: ApiResponse, status: number, error: string): void {
  t.equal(response.statusCode, status)
  t.match(response.headers['content-type'], 'application/json')
  t.strictSame(Object.keys(response.json()), ['error', 'error_description'])
  t.equal(response.json().error, error)
  t.notMatch(response.body, 'secret')
}

/** The paths that programs call, and those that people see. */
const API = [
  '/token',
  '/register',
  '/revoke',
  '/introspect',
  '/userinfo',
  '/jwks',
  '/healthz',
  '/readyz',
  '/.well-known/openid-configuration',
]
const POSTED_PAGES = ['/login', '/account', '/consent', '/logout', '/authorize']

t.test('400: what a form lacks is told in the words of the path', async (t) => {
  const api = await createApi(t)
  const client = await api.register()
  for (const url of ['/token', '/revoke', '/introspect'])
    isOAuthError(t, await api.post(url, credentials(client)), 400, 'invalid_request', undefined, url)
  for (const url of ['/login', '/account', '/consent']) isErrorPage(t, await api.post(url, {}, HTML), 400, 'invalid_request', url)
  isErrorPage(t, await api.app.inject({ url: '/authorize', headers: HTML }), 400, 'invalid_request', '/authorize')
})

t.test('400: a body whose length is not the one it claims', async (t) => {
  const { app } = await createApi(t)
  const send = (url: string, type: string) =>
    app.inject({ method: 'POST', url, headers: { ...HTML, 'content-type': type, 'content-length': '10' }, payload: 'abc' })
  isOAuthError(t, await send('/token', FORM['content-type']), 400, 'invalid_request', 'the request is malformed')
  isOAuthError(t, await send('/register', 'application/json'), 400, 'invalid_client_metadata', 'Invalid JSON in request body')
  isErrorPage(t, await send('/login', FORM['content-type']), 400, 'invalid_request')
})

t.test('401: everywhere with a challenge, of the scheme that fits', async (t) => {
  const api = await createApi(t)
  for (const url of ['/token', '/revoke', '/introspect']) {
    const response = await api.post(url, { client_id: 'client_x' })
    isOAuthError(t, response, 401, 'invalid_client', undefined, url)
    t.match(response.headers['www-authenticate'], /^Basic /, url)
  }
  const response = await api.app.inject('/userinfo')
  isOAuthError(t, response, 401, 'invalid_token')
  t.match(response.headers['www-authenticate'], /^Bearer /)
})

t.test('401: where a person or a program asks to authorize for an unknown client, it is a 400 as they prefer', async (t) => {
  const { app } = await createApi(t)
  const url = `/authorize?client_id=client_x&response_type=code&redirect_uri=${encodeURIComponent(REDIRECT_URI)}`
  isErrorPage(t, await app.inject({ url, headers: HTML }), 400, 'invalid_client')
  const response = await app.inject({ url, headers: { accept: 'application/json' } })
  isErrorJson(t, response, 400, 'invalid_client')
  t.notOk('access-control-allow-origin' in response.headers)
  t.notOk('www-authenticate' in response.headers)
})

t.test('404: what is not there, as the asker prefers', async (t) => {
  const { app } = await createApi(t)
  for (const url of ['/nothing', '/token/', '/TOKEN', '/authorize/x', '/assets/nothing.css', '/logout/', '//']) {
    isErrorPage(t, await app.inject({ url, headers: HTML }), 404, 'not_found', url)
    for (const accept of ['application/json', '*/*', undefined, 'image/png;q=0.1, application/json']) {
      const response = await app.inject({ url, headers: accept === undefined ? {} : { accept } })
      t.equal(response.statusCode, 404, url)
      t.strictSame(response.json(), { error: 'invalid_request', error_description: 'there is nothing at this address' }, `${url} ${accept}`)
    }
  }
  isOAuthError(
    t,
    await app.inject({ url: `/assets/${'x'.repeat(2100)}`, headers: HTML }),
    404,
    'invalid_request',
    'there is nothing at this address',
  )
})

//= https://www.rfc-editor.org/rfc/rfc9110#section-15.5.6
//# The origin server MUST generate an Allow header field in a 405 response containing a list of the target resource's
//# currently supported methods.
t.test('405: another method than the path has, and which it has', async (t) => {
  const { app } = await createApi(t)
  const posts = ['/token', '/register', '/revoke', '/introspect']
  const gets = ['/jwks', '/healthz', '/readyz', '/.well-known/openid-configuration']
  for (const [urls, methods, allow] of [
    [posts, ['GET', 'PUT', 'DELETE', 'PATCH', 'PROPFIND', 'TRACE'], 'POST, OPTIONS'],
    [gets, ['POST', 'PUT', 'DELETE'], 'GET, HEAD, OPTIONS'],
    [['/userinfo'], ['PUT', 'DELETE'], 'GET, HEAD, POST, OPTIONS'],
  ] as const) {
    for (const url of urls) {
      for (const method of methods) {
        const response = await app.inject({ method: method as 'GET', url, headers: HTML })
        isOAuthError(t, response, 405, 'invalid_request', /^this address answers (GET|POST|GET and POST) only$/, `${method} ${url}`)
        t.equal(response.headers.allow, allow)
      }
    }
  }
  for (const [url, allow] of Object.entries({
    '/login': 'POST',
    '/consent': 'POST',
    '/account': 'GET, HEAD, POST',
    '/logout': 'GET, HEAD, POST',
    '/authorize': 'GET, HEAD, POST',
    '/': 'GET, HEAD',
    '/assets/style.css': 'GET, HEAD',
  })) {
    for (const method of ['PUT', 'OPTIONS'] as const) {
      const response = await app.inject({ method, url, headers: HTML })
      isErrorPage(t, response, 405, 'invalid_request', `${method} ${url}`)
      t.equal(response.headers.allow, allow)
    }
  }
  const head = await app.inject({ method: 'HEAD', url: '/token' })
  t.equal(head.statusCode, 405)
  t.equal(head.headers.allow, 'POST, OPTIONS')
})

t.test('413 and 415: bodies that are not read', async (t) => {
  const { app } = await createApi(t)
  const send = (url: string, type: string, length: number) =>
    app.inject({ method: 'POST', url, headers: { ...HTML, 'content-type': type }, payload: 'x'.repeat(length) })
  for (const url of ['/token', '/revoke', '/introspect', '/userinfo']) {
    isOAuthError(t, await send(url, FORM['content-type'], 65 * 1024), 413, 'invalid_request', undefined, url)
    isOAuthError(t, await send(url, 'application/json', 2), 415, 'invalid_request', undefined, url)
    isOAuthError(t, await send(url, 'nonsense', 2), 415, 'invalid_request', undefined, url)
  }
  isOAuthError(t, await send('/register', 'application/json', 65 * 1024), 413, 'invalid_client_metadata')
  for (const url of POSTED_PAGES) {
    isErrorPage(t, await send(url, FORM['content-type'], 65 * 1024), 413, 'invalid_request', url)
    isErrorPage(t, await send(url, 'application/json', 2), 415, 'invalid_request', url)
  }
})

t.test('429: beyond a limit', async (t) => {
  const api = await createApi(t, { RATE_LIMIT_TOKEN: '1/1m', RATE_LIMIT_REGISTER: '1/1m' })
  for (const url of ['/token', '/register']) {
    await api.post(url, {})
    const response = await api.post(url, {}, { origin: 'https://a.example', ...HTML })
    isOAuthError(t, response, 429, 'temporarily_unavailable', undefined, url)
    t.match(response.headers['retry-after'], /^\d+$/)
  }
})

/** A storage that fails at whatever is asked of it. */
function breakStorage(storage: Awaited<ReturnType<typeof createApi>>['storage'], error: Error): void {
  const fail = () => Promise.reject(error)
  for (const store of [storage.clients, storage.users, storage.sessions, storage.grants, storage.consents])
    stub<object>(store, Object.fromEntries(Object.keys(store).map((name) => [name, fail])))
  stub(storage, { ping: fail })
}

const somewhere = { client_id: 'client_x', client_secret: 'x', grant_type: 'refresh_token', refresh_token: 'x', token: 'x' }

for (const [error, status, code] of [
  [new Error('secret of the defect'), 500, 'server_error'],
  [Object.assign(new Error('secret of a library'), { statusCode: 302, code: 'X' }), 500, 'server_error'],
  [new StorageUnavailable('secret of the database'), 503, 'temporarily_unavailable'],
] as const) {
  t.test(`${status}: ${error.message} stays a secret, on every path`, async (t) => {
    const api = await createApi(t)
    const { access_token } = await api.tokens(await api.register())
    breakStorage(api.storage, error)
    const responses: Record<string, ApiResponse> = {
      '/register': await api.app.inject({ method: 'POST', url: '/register', payload: { redirect_uris: [REDIRECT_URI] } }),
      '/userinfo': await api.app.inject({ url: '/userinfo', headers: { authorization: `Bearer ${access_token}` } }),
    }
    for (const url of ['/token', '/revoke', '/introspect']) responses[url] = await api.post(url, somewhere)
    for (const [url, response] of Object.entries(responses)) {
      isOAuthError(t, response, status, code, undefined, url)
      t.notMatch(response.body, 'secret')
      t.equal('retry-after' in response.headers, status === 503, url)
    }
    const cookie = { ...HTML, cookie: 'solar-session=x' }
    for (const response of [
      await api.app.inject({ url: '/authorize?client_id=x', headers: HTML }),
      await api.app.inject({ url: '/logout', headers: cookie }),
    ]) {
      isErrorPage(t, response, status, code)
      t.notMatch(response.body, 'secret')
      t.equal('retry-after' in response.headers, status === 503)
    }
    isOAuthError(t, await api.app.inject('/readyz'), 503, 'temporarily_unavailable')
  })
}

/** The app before it is ready: hooks can still be added, for paths that lead nowhere. */
async function buildUnready(t: Test): Promise<FastifyInstance> {
  const config = testConfig()
  const storage = await openStorage(config.databaseUrl)
  const app = await buildApp({ config, storage, secret: SECRET, keyset: await loadKeyset(storage.keys, SECRET, 0) })
  t.teardown(() => app.close())
  return app
}

t.test('429: a person beyond a limit reads that waiting helps', async (t) => {
  const app = await buildUnready(t)
  app.addHook('onRequest', () => Promise.reject(Object.assign(new Error('x'), { statusCode: 429 })))
  const response = await app.inject({ url: '/nothing', headers: HTML })
  isErrorPage(t, response, 429, 'temporarily_unavailable')
  t.equal(response.headers['retry-after'], '5')
  t.match(response.body, createLanguages().translate('en', 'error.advice.wait'))
})

t.test('500: a page of errors that is broken itself is answered in JSON of ours', async (t) => {
  const app = await buildUnready(t)
  app.addHook('onRequest', async (_request, reply) => {
    reply.viewAsync = () => Promise.reject(new Error('secret of a template'))
  })
  isErrorJson(t, await app.inject({ url: '/nothing', headers: HTML }), 500, 'server_error')
})

t.test('503: under pressure', async (t) => {
  const { app, press } = await pressed(t)
  await press()
  for (const url of [...API.filter((path) => path !== '/healthz'), '/.well-known/x']) {
    const response = await app.inject({ url, headers: HTML })
    isOAuthError(t, response, 503, 'temporarily_unavailable', undefined, url)
    t.equal(response.headers['retry-after'], '5')
  }
  for (const url of ['/', '/authorize', '/logout', '/login', '/nothing', '/assets/style.css']) {
    const response = await app.inject({ url, headers: HTML })
    isErrorPage(t, response, 503, 'temporarily_unavailable', url)
    t.equal(response.headers['retry-after'], '5')
  }
})
