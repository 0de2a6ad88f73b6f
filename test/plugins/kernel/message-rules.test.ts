import t from 'tap'
import { createApi, isOAuthError } from '#test/support/api.ts'
import { dial, hear, speak } from '#test/support/network/socket.ts'

const { app } = await createApi(t)
await app.listen({ port: 0, host: '127.0.0.1' })

//= https://www.rfc-editor.org/rfc/rfc9112#section-3.2
//# A server MUST respond with a 400 (Bad Request) status code to any HTTP/1.1 request message that lacks a Host header field and to any request message that contains more than one Host header field line or a Host header field with an invalid field value.
t.test('a request with no Host, or with more than one, is refused with a body that a program can read', async (t) => {
  for (const hosts of ['', 'Host: a\r\nHost: a\r\n', 'Host: localhost\r\nX: y\r\nhOST: evil.example\r\n']) {
    for (const path of ['/jwks', '/authorize', '/nothing']) {
      const { status, headers, body } = await speak(
        app,
        `GET ${path} HTTP/1.1\r\n${hosts}Accept: application/json\r\nConnection: close\r\n\r\n`,
      )
      t.equal(status, 400, `${path} ${hosts}`)
      t.match(JSON.parse(body), { error: 'invalid_request', error_description: 'the request must have one Host header' })
      t.equal(headers.get('cache-control'), 'no-store')
    }
  }
  const page = await speak(app, `GET /authorize HTTP/1.1\r\nHost: a\r\nHost: b\r\nAccept: text/html\r\nConnection: close\r\n\r\n`)
  t.equal(page.status, 400)
  t.match(page.headers.get('content-type'), 'text/html')
})

t.test('HTTP/1.0 knows no Host, so that none is needed', async (t) => {
  t.equal((await speak(app, 'GET /jwks HTTP/1.0\r\n\r\n')).status, 200)
  t.equal((await speak(app, 'GET /jwks HTTP/1.0\r\nHost: a\r\n\r\n')).status, 200)
})

t.test('a request that expects what the server does not know is refused with a body, and 100-continue works', async (t) => {
  const post =
    'POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 11\r\nConnection: close\r\n'
  const { status, body } = await speak(app, `${post}Expect: magic\r\n\r\nclient_id=x`)
  t.equal(status, 417)
  t.match(JSON.parse(body), { error: 'invalid_request', error_description: 'the only expectation that this server meets is 100-continue' })
  const socket = await dial(app)
  socket.write(`${post}Expect: 100-continue\r\n\r\n`)
  socket.once('data', () => socket.write('client_id=x'))
  t.match((await hear(socket)).body, /401 Unauthorized/)
})

t.test('a client that sends a body of megabytes before it reads gets the answer, and no reset', async (t) => {
  const megabytes = 'x'.repeat(8 * 1024 * 1024)
  for (const [path, type] of [
    ['/register', 'application/json'],
    ['/token', 'application/x-www-form-urlencoded'],
  ] as const) {
    const length = `Content-Length: ${megabytes.length}\r\n\r\n${megabytes}`
    const chunks = `Transfer-Encoding: chunked\r\n\r\n${megabytes.length.toString(16)}\r\n${megabytes}\r\n0\r\n\r\n`
    for (const rest of [length, chunks]) {
      const socket = await dial(app)
      let reset: Error | undefined
      socket.on('error', (error) => (reset = error))
      socket.pause()
      await new Promise((resolve) => socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\n${rest}`, resolve))
      const { status, headers } = await hear(socket.resume())
      t.equal(status, 413, path)
      t.equal(headers.get('connection'), 'close')
      t.equal(reset, undefined)
    }
  }
})

t.test(
  'T18: a body without end is thrown away up to a bound, one that stops is not waited for, and one that is there costs nothing',
  async (t) => {
    const head = 'POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n'
    const socket = await dial(app)
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`
    const more = () => {
      while (!socket.destroyed && socket.write(chunk));
    }
    // It goes on only after it has the answer, which the reset at the bound could otherwise overtake.
    socket
      .on('error', () => undefined)
      .once('data', () => {
        socket.on('drain', more)
        more()
      })
    socket.write(head + chunk.repeat(2))
    t.equal((await hear(socket)).status, 413)
    t.ok(socket.bytesWritten < 64 * 1024 * 1024)

    const begun = performance.now()
    t.equal((await speak(app, head + chunk.repeat(2))).status, 413)
    t.ok(performance.now() - begun < 4000)
    isOAuthError(
      t,
      await app.inject({
        method: 'POST',
        url: '/token',
        payload: 'x'.repeat(70_000),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      }),
      413,
      'invalid_request',
    )
  },
)

t.test('T18: a body that comes in drops ends after a while', async (t) => {
  const { discardBody } = await import('#src/plugins/kernel/http/leftover-body.ts')
  const { PassThrough } = await import('node:stream')
  const body = new PassThrough()
  const drops = setInterval(() => body.write('x'), 50)
  t.teardown(() => clearInterval(drops))
  const begun = performance.now()
  await discardBody(body as never)
  const ms = performance.now() - begun
  t.ok(ms > 4000 && ms < 10_000)
  body.destroy()
  await new Promise(setImmediate)
  await discardBody(body as never)
  t.ok(performance.now() - begun - ms < 200, 'one that is gone is not waited for')
})
