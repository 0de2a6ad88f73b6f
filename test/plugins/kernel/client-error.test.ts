import t from 'tap'
import type { Test } from 'tap'
import { createApi, isOAuthError } from '#test/support/api.ts'
import { speak } from '#test/support/network/socket.ts'

const HTML = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

/** What is answered where no route, and maybe no request, is known: JSON that any script may read. */
function isBrokenAnswer(
  t: Test,
  { status, headers, body }: Awaited<ReturnType<typeof speak>>,
  wanted: number,
  description: string,
  about: string,
): void {
  t.equal(status, wanted, about)
  t.strictSame(JSON.parse(body || 'null'), { error: 'invalid_request', error_description: description }, about)
  t.equal(headers.get('content-type'), 'application/json; charset=utf-8', about)
  t.equal(headers.get('access-control-allow-origin'), '*', about)
  t.equal(headers.get('cache-control'), 'no-store', about)
}

t.test('400, 408, 431: what never becomes a request', async (t) => {
  const { app } = await createApi(t)
  Object.assign(app.server, { headersTimeout: 100, requestTimeout: 150, connectionsCheckingInterval: 20 })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const host = 'Host: localhost\r\n'
  const post = `POST /token HTTP/1.1\r\n${host}Content-Type: application/x-www-form-urlencoded\r\n`
  for (const [about, bytes] of Object.entries({
    'not HTTP': 'hello\r\n\r\n',
    TLS: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    'another version': `GET / HTTP/9.9\r\n${host}\r\n`,
    'a header without a colon': `GET /jwks HTTP/1.1\r\n${host}nonsense\r\n\r\n`,
    'two lengths': `${post}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc`,
    'a length and chunks (request smuggling)': `${post}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    'a length that is none': `${post}Content-Length: abc\r\n\r\n`,
  })) {
    isBrokenAnswer(t, await speak(app, bytes), 400, 'the request is malformed', about)
  }
  isBrokenAnswer(
    t,
    await speak(app, `GET /authorize?x=${'x'.repeat(17_000)} HTTP/1.1\r\n${host}\r\n`),
    431,
    'the request line and headers are larger than 16 KB',
    'a long line',
  )
  isBrokenAnswer(
    t,
    await speak(app, `GET /login HTTP/1.1\r\n${host}Cookie: ${'x'.repeat(17_000)}\r\n\r\n`),
    431,
    'the request line and headers are larger than 16 KB',
    'long headers',
  )
  isBrokenAnswer(t, await speak(app, 'GET /jwks HTTP/1.1\r\nHost: loc'), 408, 'the request took too long to arrive', 'half the headers')
  isBrokenAnswer(t, await speak(app, `${post}Content-Length: 10\r\n\r\nab`), 408, 'the request took too long to arrive', 'half a body')
  const none = await speak(app, 'GET /jwks HTTP/1.1\r\nConnection: close\r\n\r\n')
  isBrokenAnswer(t, none, 400, 'the request must have one Host header', 'no Host (RFC 9112 section 3.2)')
})

t.test('400: an address that is none', async (t) => {
  const { app } = await createApi(t)
  for (const url of ['/%zz', '/token%', '/authorize%ff', '/.well-known/%c0%af']) {
    for (const method of ['GET', 'POST', 'OPTIONS'] as const) {
      isOAuthError(
        t,
        await app.inject({ method, url, headers: HTML }),
        400,
        'invalid_request',
        'the address is malformed',
        `${method} ${url}`,
      )
    }
  }
})

t.test('a connection that is broken on purpose is not answered twice', async (t) => {
  const { answerBrokenRequest } = await import('#src/plugins/kernel/client-error.ts')
  const written: string[] = []
  const socket = (state: object) =>
    ({
      writable: true,
      destroyed: false,
      write: (text: string) => written.push(text),
      destroy: () => written.push('destroyed'),
      ...state,
    }) as never
  answerBrokenRequest(Object.assign(new Error(), { code: 'ECONNRESET' }), socket({}))
  answerBrokenRequest(new Error(), socket({ destroyed: true }))
  t.strictSame(written, [])
  answerBrokenRequest(new Error(), socket({ writable: false }))
  t.strictSame(written, ['destroyed'])
})
