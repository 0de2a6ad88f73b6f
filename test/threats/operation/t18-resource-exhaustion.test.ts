// threat-model.md T18: nobody makes the server hold, build or wait for more than a little.
import t from 'tap'
import { REDIRECT_URI, basic, createApi, credentials, isOAuthError } from '#test/support/api.ts'
import { pressed } from '#test/support/pressure.ts'
import { dial, hear } from '#test/support/network/socket.ts'
import { stub } from '#test/support/stub.ts'

const api = await createApi(t, { RATE_LIMIT_REGISTER: 'off' })
const { app } = api
const client = await api.register()
const register = (payload: object | string) =>
  app.inject({ method: 'POST', url: '/register', headers: { 'content-type': 'application/json' }, payload })
const good = { redirect_uris: [REDIRECT_URI] }

t.test('T18: no body above 64 KB is read, on any path', async (t) => {
  const large = 'x'.repeat(64 * 1024)
  for (const url of ['/token', '/revoke', '/introspect', '/userinfo'])
    isOAuthError(t, await api.post(url, `a=${large}`), 413, 'invalid_request', undefined, url)
  isOAuthError(t, await register(`"${large}"`), 413, 'invalid_client_metadata')
  for (const url of ['/authorize', '/login', '/account', '/consent', '/logout'])
    t.equal((await api.post(url, `a=${large}`)).statusCode, 413, url)
})

t.test('T18: a body without end is cut off while it comes', async (t) => {
  const { app: open } = await createApi(t)
  await open.listen({ port: 0, host: '127.0.0.1' })
  const socket = await dial(open)
  socket.write('POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n')
  const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`
  for (let i = 0; i < 5; i++) socket.write(chunk) // 80 KB, and no end
  const answer = await hear(socket)
  t.equal(answer.status, 413)
  t.equal(answer.headers.get('connection'), 'close')
})

t.test('T18: JSON that nests deeper than any metadata is not built', async (t) => {
  const nested = (levels: number) => `{"redirect_uris":["${REDIRECT_URI}"],"x":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`
  t.equal((await register(nested(16))).statusCode, 201)
  isOAuthError(t, await register(nested(17)), 400, 'invalid_client_metadata', 'Invalid JSON in request body')
  isOAuthError(t, await register(nested(30_000)), 400, 'invalid_client_metadata', 'Invalid JSON in request body')
  isOAuthError(t, await register(`{"x":${'{"x":'.repeat(10_000)}`), 400, 'invalid_client_metadata', 'Invalid JSON in request body')
})

t.test('T18: JSON and bearer tokens that are written to be hard to read are answered at once', async (t) => {
  const unended = `"${'\\"'.repeat(32_000)}`
  const blanks = { authorization: `Bearer${' '.repeat(60_000)}\u00a0` }
  const hard = [() => register(unended), () => register(`{"x":${unended}`), () => app.inject({ url: '/userinfo', headers: blanks })]
  for (const send of hard) {
    const start = performance.now()
    t.ok([400, 401].includes((await send()).statusCode))
    t.ok(performance.now() - start < 500)
  }
})

t.test('T18: arrays and strings have an end', async (t) => {
  const many = (length: number) => Array.from({ length }, (_, i) => `https://c.example/${i}`)
  t.equal((await register({ redirect_uris: many(32), contacts: many(64) })).statusCode, 201)
  isOAuthError(t, await register({ redirect_uris: many(33) }), 400, 'invalid_redirect_uri')
  for (const member of ['contacts', 'grant_types', 'response_types'])
    isOAuthError(t, await register({ ...good, [member]: many(65) }), 400, 'invalid_client_metadata', `${member} has too many entries`)
  for (const [member, length] of Object.entries({
    client_name: 1024,
    client_uri: 2048,
    scope: 4096,
    software_id: 256,
    token_endpoint_auth_method: 64,
  })) {
    isOAuthError(t, await register({ ...good, [member]: 'x'.repeat(length + 1) }), 400, 'invalid_client_metadata', `${member} is too long`)
  }
  const members = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`client_name#x${i}`, 'x']))
  isOAuthError(t, await register({ ...good, ...members(200) }), 400, 'invalid_client_metadata')
  for (const [name, length] of Object.entries({
    grant_type: 128,
    code: 8192,
    redirect_uri: 2048,
    code_verifier: 512,
    refresh_token: 8192,
    device_code: 8192,
    scope: 4096,
  })) {
    isOAuthError(
      t,
      await api.post('/token', { ...credentials(client), [name]: 'x'.repeat(length + 1) }),
      400,
      'invalid_request',
      `${name} is too long`,
    )
  }
  isOAuthError(
    t,
    await api.post('/token', { ...credentials(client), resource: many(65) }),
    400,
    'invalid_request',
    'resource has too many entries',
  )
  isOAuthError(
    t,
    await api.post('/token', { ...credentials(client), resource: `https://c.example/${'x'.repeat(4096)}` }),
    400,
    'invalid_request',
    'resource is too long',
  )
  isOAuthError(
    t,
    await api.post('/introspect', { ...credentials(client), token: 'x'.repeat(8193) }),
    400,
    'invalid_request',
    'token is too long',
  )
})

t.test('T18: a form of as many parameters as fit is answered at once', async (t) => {
  const { client_id, client_secret = '' } = client
  const bodies = [
    Array.from({ length: 12_000 }, (_, i) => `${i.toString(36)}=`).join('&'),
    'a&'.repeat(32_000),
    'resource=x&'.repeat(5900),
    '%'.repeat(65_000),
    '=&'.repeat(32_000),
  ]
  for (const body of bodies) {
    const start = performance.now()
    isOAuthError(t, await api.post('/token', body, basic(client_id, client_secret)), 400, 'invalid_request')
    t.ok(performance.now() - start < 1000)
  }
})

t.test('T18: a client that is slow on purpose is cut off', async (t) => {
  t.equal(app.server.headersTimeout, 15_000)
  t.equal(app.server.requestTimeout, 30_000)
  t.ok((app.server as unknown as { connectionsCheckingInterval: number }).connectionsCheckingInterval <= 5000)
  const { app: open } = await createApi(t)
  Object.assign(open.server, { headersTimeout: 100, requestTimeout: 150, connectionsCheckingInterval: 20 })
  await open.listen({ port: 0, host: '127.0.0.1' })
  for (const bytes of [
    'POST /token HT',
    'POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\na=',
  ]) {
    const socket = await dial(open)
    socket.write(bytes)
    t.equal((await hear(socket)).status, 408)
  }
})

t.test('T18: under pressure requests are turned away before anything is done for them', async (t) => {
  const busy = await pressed(t)
  let asked = 0
  const find = busy.storage.clients.find
  stub(busy.storage.clients, { find: (id) => find(id).finally(() => asked++) })
  await busy.post('/token', { client_id: 'x' })
  t.equal(asked, 1)
  await busy.press()
  const response = await busy.post('/token', { client_id: 'x' })
  isOAuthError(t, response, 503, 'temporarily_unavailable')
  t.equal(response.headers['retry-after'], '5')
  t.equal(asked, 1)
})

t.test('T18: addresses beyond their limit cost no more than an answer', async (t) => {
  const limited = await createApi(t, { RATE_LIMIT_TOKEN: '3/1m', RATE_LIMIT_REGISTER: '3/1m' })
  let inserted = 0
  const { insert } = limited.storage.clients
  stub(limited.storage.clients, { insert: (each) => insert(each).finally(() => inserted++) })
  for (let i = 0; i < 6; i++) await limited.app.inject({ method: 'POST', url: '/register', payload: good })
  t.equal(inserted, 3)
})
