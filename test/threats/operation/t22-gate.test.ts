// T22: a request that passes the gate as somebody else, for something else, or an upstream that acts in our name.
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import t from 'tap'
import { mac } from '#src/domain/protocol/mac.ts'
import { LIST, answerOk, createGateScene, startUpstream } from '#test/support/gate/gate.ts'
import { dial, speak } from '#test/support/network/socket.ts'

const names = (request: IncomingMessage | undefined): string[] => Object.keys(request!.headers)

t.test('identity headers and credentials that a client smuggles are gone, in every spelling', async (t) => {
  const secrets: { key?: string } = {}
  const { app, token, gate, upstream, issuer } = await createGateScene(t, answerOk, { readReference: async () => secrets.key })
  await gate({ identity: 'headers', headers: [{ name: 'X-Api-Key', value: 'env:KEY' }] })
  const { host } = new URL(issuer)
  const smuggled = [
    ...[
      'X-Auth-Subject: evil',
      'x_auth_subject: evil',
      'X-AUTH_SUBJECT: evil',
      'X.Auth.Subject: evil',
      'X-Auth-Groups: admins',
      'x-auth-subject: twice',
    ],
    ...[
      'X_Api_Key: evil',
      'Remote-User: evil',
      'REMOTE_USER: evil',
      'X-Forwarded-User: evil',
      'X-Forwarded-For: 1.2.3.4',
      'Forwarded: for=1.2.3.4',
    ],
    ...[
      'Cookie: session=evil',
      'DPoP: evil',
      'X-Solar-Assertion: evil',
      'Proxy-Authorization: Basic ZXZpbA==',
      'X-HTTP-Method-Override: DELETE',
    ],
    ...[
      'X-Original-URL: /admin',
      'Proxy: http://evil.example',
      'Connection: close, X-Auth-Client, X-Kept',
      'X-Kept: named by Connection',
      'TE: trailers',
    ],
  ]
  const body = JSON.stringify(LIST)
  const head = [
    `POST /mcp HTTP/1.1`,
    `Host: ${host}`,
    `Authorization: Bearer ${await token()}`,
    `Content-Length: ${body.length}`,
    ...smuggled,
  ]
  const refused = await speak(app, `${head.join('\r\n')}\r\n\r\n${body}`)
  t.equal(refused.status, 502, 'without the secret of the operator nothing is sent')
  secrets.key = 'of the operator\n'
  t.equal((await speak(app, `${head.join('\r\n')}\r\n\r\n${body}`)).status, 200)
  const [seen] = upstream.requests
  t.notMatch(JSON.stringify(seen!.rawHeaders), /evil|twice|1\.2\.3\.4|admins|named by/)
  t.equal(seen!.headers['x-api-key'], 'of the operator')
  t.match(seen!.headers, { 'x-auth-subject': /^[\w-]{22}$/, 'x-auth-client': /./, 'x-auth-scope': '' })
  for (const name of ['te', 'x-kept', 'cookie', 'authorization', 'forwarded', 'proxy']) t.notOk(names(seen).includes(name), name)
})

t.test('no other spelling of the path leads to the upstream', async (t) => {
  const { app, token, upstream, issuer } = await createGateScene(t)
  const access = await token()
  const { host } = new URL(issuer)
  const paths = [
    '//mcp',
    '/mcp/',
    '/mcp//',
    '/%6dcp',
    '/mcp%2f',
    '/./mcp',
    '/x/../mcp',
    '/mcp/..',
    '/MCP',
    '/mcp;x',
    '/mcp/x',
    '/mcp%00',
    '/mcp\\',
  ]
  for (const path of [
    ...paths,
    `${issuer}/mcp`,
    'http://evil.example/mcp',
    '*',
    '/mcp/messages/x',
    '/mcp/messages/',
    '/x/messages/y',
    '/.well-known/oauth-protected-resource/mcp/messages/x',
  ]) {
    const answer = await speak(
      app,
      `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${access}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
    )
    t.ok([400, 404].includes(answer.status), `${path}: ${answer.status}`)
  }
  t.same(upstream.requests, [])
})

t.test('a request with two lengths, or with a broken one, is none', async (t) => {
  const { app, token, upstream, issuer } = await createGateScene(t)
  const access = await token()
  const head = `POST /mcp HTTP/1.1\r\nHost: ${new URL(issuer).host}\r\nAuthorization: Bearer ${access}\r\nConnection: close\r\n`
  const smuggled = 'GET /admin HTTP/1.1\r\nHost: x\r\n\r\n'
  for (const framing of [
    `Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    `Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${smuggled}`,
    `Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`,
    `Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde`,
    `Content-Length: +3\r\n\r\nabc`,
  ])
    t.equal((await speak(app, head + framing)).status, 400, framing.split('\r\n')[0]!)
  t.same(upstream.requests, [], 'of which the upstream sees nothing')
  // What is well formed is framed again, whatever the client chose.
  const chunked = await speak(app, `${head}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`)
  t.equal(chunked.status, 200)
  t.equal(upstream.requests[0]!.text, '{}')
})

t.test('what an upstream says about our origin is not said', async (t) => {
  const bad = {
    ...{
      'set-cookie': ['__Host-session=evil; Path=/; Secure', 'b=c'],
      'clear-site-data': '"*"',
      'service-worker-allowed': '/',
      refresh: '0;url=//evil',
    },
    ...{
      'strict-transport-security': 'max-age=0',
      'alt-svc': 'h3="evil.example:443"',
      'www-authenticate': 'Basic realm="evil"',
      nel: '{}',
    },
    ...{
      'content-security-policy': "script-src 'unsafe-inline'",
      'access-control-allow-credentials': 'true',
      'report-to': '{}',
      location: '//evil',
    },
    ...{
      'x-content-type-options': 'none',
      'set-login': 'logged-in',
      connection: 'x-private',
      'x-private': 'of the connection',
      'keep-alive': 'timeout=99',
    },
  }
  const { token, send } = await createGateScene(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html', ...bad }).end('<script>alert(1)</script>')
  })
  const { headers } = await send(await token())
  for (const name of Object.keys(bad).filter((name) => !/content-security|content-type|connection|keep-alive/.test(name)))
    t.equal(headers.get(name), null, name)
  t.equal(headers.get('content-security-policy'), 'sandbox')
  t.equal(headers.get('x-content-type-options'), 'nosniff')
  t.not(headers.get('keep-alive'), 'timeout=99')
})

t.test('an upstream that refuses its own login, or sends clients elsewhere, is an error of its operator', async (t) => {
  const elsewhere = await startUpstream(t, answerOk)
  let answer: [number, Record<string, string>] = [401, {}]
  const { token, send } = await createGateScene(t, (_request, response) => void response.writeHead(...answer).end('body of the upstream'))
  const access = await token()
  for (const status of [401, 403, 407]) {
    answer = [status, { 'www-authenticate': 'Bearer resource_metadata="https://evil.example"' }]
    const refused = await send(access)
    t.equal(refused.status, 502)
    t.equal(refused.headers.get('www-authenticate'), null)
    t.match(await refused.json(), { jsonrpc: '2.0', error: { message: /operator must configure/ } })
  }
  for (const status of [301, 302, 303, 307, 308]) {
    answer = [status, { location: elsewhere.url }]
    const refused = await send(access)
    t.equal(refused.status, 502, String(status))
    t.equal(refused.headers.get('location'), null)
  }
  t.same(elsewhere.requests, [])
})

t.test('a redirect within the upstream is followed with the body, and a circle of them is not', async (t) => {
  const { token, send, upstream } = await createGateScene(t, (request, response) => {
    if (request.url === '/mcp/' && request.method === 'POST') answerOk(request, response)
    else response.writeHead(307, { location: request.method === 'POST' ? '/mcp/' : '/mcp' }).end()
  })
  const access = await token()
  t.equal((await send(access)).status, 200)
  t.same(
    upstream.requests.map(({ url, text }) => [url, JSON.parse(text)]),
    [
      ['/mcp', LIST],
      ['/mcp/', LIST],
    ],
  )
  t.equal((await send(access, { method: 'GET' })).status, 502)
})

t.test('a session belongs to the user and the client that opened it: for everybody else it is over', async (t) => {
  const { token, send, register, upstream, app } = await createGateScene(t, (request, response) => {
    response.setHeader('mcp-session-id', 'session-1')
    answerOk(request, response)
  })
  const [mine, other] = [await register({ token_endpoint_auth_method: 'none' }), await register({ token_endpoint_auth_method: 'none' })]
  const access = await token({ client: mine })
  const session = (await send(access)).headers.get('mcp-session-id')!
  t.match(session, /^session-1\.[\w-]{43}$/)
  t.equal(
    (await send(await token({ client: mine }), { headers: { 'mcp-session-id': session } })).status,
    200,
    'with another token of the same two',
  )
  t.equal(upstream.requests.at(-1)!.headers['mcp-session-id'], 'session-1')
  const before = upstream.requests.length
  const forged = `session-1.${mac(app.macKeys[0], 'mcp endpoint', 'x')}`
  for (const [holder, id] of [
    [other, session],
    [mine, 'session-1'],
    [mine, `${session}x`],
    [mine, forged],
    [mine, `.${session.split('.')[1]!}`],
  ] as const) {
    for (const method of ['POST', 'GET', 'DELETE']) {
      const refused = await send(await token({ client: holder }), { method, headers: { 'mcp-session-id': id } })
      t.equal(refused.status, 404, `${method} ${id}`)
      t.match(await refused.json(), { error: { code: -32_001, message: 'Session not found' } })
    }
  }
  t.equal(upstream.requests.length, before)
})

t.test('an upstream whose session id has no place in a header, or that gives several, opens no session', async (t) => {
  let id: string | string[] = 'with a space'
  const { token, send } = await createGateScene(t, (request, response) => {
    response.setHeader('mcp-session-id', id)
    answerOk(request, response)
  })
  const access = await token()
  t.equal((await send(access)).headers.get('mcp-session-id'), null)
  id = ['a', 'b']
  t.equal((await send(access)).headers.get('mcp-session-id'), null)
})

t.test('a bound token needs a proof of its key, for this address and this token', async (t) => {
  const { token, send } = await createGateScene(t)
  t.equal((await send(await token(), { headers: { dpop: 'a.b.c' } })).status, 200, 'of a bearer token a proof says nothing')
  const refused = await send(undefined, { headers: { authorization: `DPoP ${await token()}` } })
  t.equal(refused.status, 401)
  t.match(refused.headers.get('www-authenticate'), /^DPoP resource_metadata=.*error="invalid_token".*algs="/)
})

t.test('a client that goes away within its request leaves nothing behind, and blames nobody', async (t) => {
  const lines: string[] = []
  const logger = { level: 'info', stream: { write: (line: string) => void lines.push(line) } }
  const { app, token, issuer, upstream, gate, change, send } = await createGateScene(t, answerOk, { logger })
  const head = `POST /mcp HTTP/1.1\r\nHost: ${new URL(issuer).host}\r\nContent-Type: application/json\r\n`
  await change({ scopes: [{ name: 'use', description: 'Use' }] })
  const access = await token({ scopes: ['use'] })
  for (const tools of [[], [{ tool: '*', scope: 'use' }]]) {
    await gate({ tools })
    for (const framing of ['Content-Length: 100', 'Content-Length: 100000', 'Transfer-Encoding: chunked']) {
      const socket = await dial(app)
      socket.write(`${head}Authorization: Bearer ${access}\r\n${framing}\r\n\r\n2\r\n{}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
      socket.destroy()
    }
  }
  await new Promise((resolve) => setTimeout(resolve, 100))
  t.same(
    lines.filter((line) => /"level":[56]0/.test(line)),
    [],
  )
  t.same(upstream.requests, [])
  t.equal((await send(access)).status, 200)
})

t.test('an upstream that answers something else than HTTP, or nothing, is 502', async (t) => {
  const server = createServer((request) => request.socket.end('no HTTP at all\r\n\r\n'))
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as { port: number }
  const { token, send } = await createGateScene(t, answerOk, { env: { PROTECT: `/mcp=http://localhost:${port}/` } })
  t.equal((await send(await token())).status, 502)
})
