// Streams through the gate: nothing is held back, either side ends the other, and each ends with the right to it.
import type { ServerResponse } from 'node:http'
import t from 'tap'
import type { Test } from 'tap'
import { credentials } from '#test/support/api.ts'
import type { TestClient } from '#test/support/api.ts'
import { ACCEPT, CALL, answerOk, createGateScene } from '#test/support/gate/gate.ts'
import type { GateScene } from '#test/support/gate/gate.ts'
import { handOut } from '#test/support/initial-access.ts'

const EVENTS = { 'content-type': 'text/event-stream' }
const MINUTE = 60_000

/** An upstream whose answers are streams that the test writes. */
async function createStreams(t: Test, env: Record<string, string> = {}) {
  const open: ServerResponse[] = []
  let arrived = () => {}
  const scene = await createGateScene(
    t,
    (_request, response) => {
      open.push(response)
      response.writeHead(200, EVENTS)
      response.flushHeaders()
      arrived()
    },
    { env },
  )
  /** The client's side and the upstream's. */
  async function stream(access: string, method = 'GET', options: Parameters<GateScene['send']>[1] = {}) {
    const there = new Promise<void>((resolve) => (arrived = resolve))
    const controller = new AbortController()
    const response = await scene.send(access, { method, signal: controller.signal, ...options })
    await there
    return { ...reader(response), response, upstream: open.at(-1)!, abort: () => controller.abort() }
  }
  return { ...scene, stream }
}

function reader(response: Response) {
  const chunks = response.body!.getReader()
  const decoder = new TextDecoder()
  return {
    /** What comes next, usually without the comments of silent streams; `undefined` at the end. */
    async next(comments = false): Promise<string | undefined> {
      for (;;) {
        const { done, value } = await chunks.read()
        const text = done ? undefined : decoder.decode(value as Uint8Array)
        if (comments || text !== ':\n\n') return text
      }
    },
  }
}

const closed = (response: ServerResponse) => new Promise<void>((resolve) => (response.closed ? resolve() : response.once('close', resolve)))

t.test('the head and each event pass at once, whether in an answer or in a stream of its own', async (t) => {
  const { stream, token } = await createStreams(t)
  const access = await token()
  for (const method of ['GET', 'POST']) {
    const { upstream, next, response } = await stream(access, method)
    t.equal(response.status, 200, 'before any event')
    t.equal(response.headers.get('x-accel-buffering'), 'no')
    for (const event of ['id: 1\ndata: one\n\n', 'data: two\n\n', ': a comment\n', 'data: three\r\n\r\n']) {
      upstream.write(event)
      t.equal(await next(), event, `${method} ${event}`)
    }
    upstream.end()
    t.equal(await next(), undefined, 'its end, too')
  }
})

t.test('resumption passes, and a stream is asked for uncompressed', async (t) => {
  const { stream, token, upstream } = await createStreams(t)
  await stream(await token(), 'GET', { headers: { 'last-event-id': '7', 'accept-encoding': 'gzip' } })
  t.match(upstream.requests[0]!.headers, { 'last-event-id': '7', accept: ACCEPT })
  t.notOk('accept-encoding' in upstream.requests[0]!.headers)
})

t.test('a client that goes ends the request to the upstream, before its answer and within it', async (t) => {
  const { stream, token } = await createStreams(t)
  const { upstream, abort, next } = await stream(await token(), 'POST')
  abort()
  await closed(upstream)
  await t.rejects(next())
  let asked: ServerResponse | undefined
  const silent = await createGateScene(t, (_request, response) => void (asked = response))
  const controller = new AbortController()
  const waiting = silent.send(await silent.token(), { signal: controller.signal })
  while (asked === undefined) await new Promise((resolve) => setTimeout(resolve, 5))
  controller.abort()
  await t.rejects(waiting)
  await closed(asked)
})

t.test('an upstream that breaks off breaks off, so that nobody takes the part for the whole', async (t) => {
  const { stream, token } = await createStreams(t)
  const { upstream, next } = await stream(await token())
  upstream.write('data: one\n\n')
  await next()
  upstream.destroy()
  await t.rejects(next())
})

t.test('a client that reads slowly holds the upstream back', async (t) => {
  const chunk = 'data: '.padEnd(64 * 1024, 'x') + '\n\n'
  const total = 400
  let sent = 0
  const { token, send } = await createGateScene(t, (_request, response) => {
    response.writeHead(200, EVENTS)
    const more = () => {
      while (sent < total) {
        sent++
        if (!response.write(chunk)) return void response.once('drain', more)
      }
      response.end()
    }
    more()
  })
  const response = await send(await token())
  await new Promise((resolve) => setTimeout(resolve, 300))
  t.ok(sent < total, `${sent} of ${total} chunks before anybody read`)
  t.equal((await response.text()).length, total * chunk.length)
})

t.test('a stream ends with the token, an answer a grace time later, and both as if they were whole', async (t) => {
  const { stream, token, clock } = await createStreams(t, { STREAM_GRACE: '5m', ACCESS_TOKEN_TTL: '10m' })
  const access = await token()
  const listening = await stream(access)
  const subscribed = await stream(access, 'POST', { headers: { 'mcp-method': 'subscriptions/listen' } })
  const answering = await stream(access, 'POST')
  clock.now += 10 * MINUTE
  for (const { next, upstream } of [listening, subscribed]) {
    t.equal(await next(), undefined)
    await closed(upstream)
  }
  answering.upstream.write('data: still here\n\n')
  t.match(await answering.next(), /still here/)
  clock.now += 5 * MINUTE
  t.equal(await answering.next(), undefined)
})

t.test('a revocation ends streams and answers within 30 seconds, also in the grace time; the others go on', async (t) => {
  const { stream, token, clock, register, storage, post } = await createStreams(t, { ACCESS_TOKEN_TTL: '10m' })
  const [mine, other] = [await register({ token_endpoint_auth_method: 'none' }), await register({ token_endpoint_auth_method: 'none' })]
  const access = await token({ client: mine })
  const ending = [await stream(access), await stream(access, 'POST')]
  const late = await stream(await token({ client: mine }), 'POST')
  const staying = await stream(await token({ client: other }), 'POST')
  await post('/revoke', { token: access, client_id: mine.client_id })
  clock.now += 30_000
  for (const { next } of ending) t.equal(await next(), undefined)
  clock.now += 10 * MINUTE
  await storage.clients.delete(mine.client_id)
  clock.now += 30_000
  t.equal(await late.next(), undefined, 'its token had expired already')
  staying.upstream.write('data: on\n\n')
  t.match(await staying.next(), /on/)
})

t.test('a machine client that is deleted loses its streams, also in the grace time', async (t) => {
  const scene = await createStreams(t, { ACCESS_TOKEN_TTL: '10m' })
  const { stream, clock, app, storage, address, post } = scene
  const headers = await handOut(scene, { name: 'a machine', policy: { grantTypes: ['client_credentials'] } })
  const payload = { client_name: 'a machine', grant_types: ['client_credentials'] }
  const client = (await app.inject({ method: 'POST', url: '/register', headers, payload })).json<TestClient>()
  const own = await post('/token', { grant_type: 'client_credentials', resource: address, ...credentials(client) })
  const { next, upstream } = await stream(own.json<{ access_token: string }>().access_token, 'POST')
  clock.now += 11 * MINUTE
  upstream.write('data: on\n\n')
  t.match(await next(), /on/)
  await storage.clients.delete(client.client_id)
  clock.now += 30_000
  t.equal(await next(), undefined)
})

t.test('a resource that is deleted ends its streams', async (t) => {
  const { stream, token, clock, storage, address } = await createStreams(t)
  const { next } = await stream(await token())
  await storage.resources.delete((await storage.resources.findByIdentifier(address))!.id)
  clock.now += 30_000
  t.equal(await next(), undefined)
})

t.test('while the database can not answer, streams go on', async (t) => {
  const { stream, token, clock, storage } = await createStreams(t)
  const { next, upstream } = await stream(await token())
  const findLive = storage.grants.findLive.bind(storage.grants)
  let asked = 0
  Object.assign(storage.grants, { findLive: async () => Promise.reject(new Error(`down ${asked++}`)) })
  clock.now += 30_000
  while (asked === 0) await new Promise((resolve) => setTimeout(resolve, 20))
  Object.assign(storage.grants, { findLive })
  upstream.write('data: on\n\n')
  t.match(await next(), /on/)
})

t.test('a silent stream gets a comment, but not within an event', async (t) => {
  const { stream, token, clock } = await createStreams(t)
  const access = await token()
  const [silent, half] = [await stream(access), await stream(access, 'POST')]
  half.upstream.write('data: ha')
  t.equal(await half.next(), 'data: ha')
  for (let times = 0; times < 2; times++) {
    clock.now += 16_000
    t.equal(await silent.next(true), ':\n\n')
  }
  half.upstream.write('lf\n\n')
  t.equal(await half.next(true), 'lf\n\n', 'no comment came between')
})

t.test('what is silent for too long ends: a stream as a whole, an answer that never begins with an error', async (t) => {
  const { stream, token, clock } = await createStreams(t, { STREAM_IDLE: '10m' })
  const { next } = await stream(await token())
  clock.now += 11 * MINUTE
  t.equal(await next(), undefined)
  let asked = false
  const silent = await createGateScene(t, () => void (asked = true), { env: { STREAM_IDLE: '1m' } })
  const waiting = silent.send(await silent.token())
  while (!asked) await new Promise((resolve) => setTimeout(resolve, 5))
  silent.clock.now += 2 * MINUTE
  t.match(await (await waiting).json(), { error: { message: /took too long/ } })
})

t.test('an answer that never begins ends with the token, too', async (t) => {
  let asked = false
  const { token, send, clock } = await createGateScene(t, () => void (asked = true), { env: { ACCESS_TOKEN_TTL: '1m' } })
  const waiting = send(await token())
  while (!asked) await new Promise((resolve) => setTimeout(resolve, 5))
  clock.now += 7 * MINUTE
  const refused = await waiting
  t.equal(refused.status, 401)
  t.match(refused.headers.get('www-authenticate'), /error="invalid_token"/)
})

t.test('an answer that is no stream is broken off when its time is over, so that nobody waits for the rest', async (t) => {
  const { token, send, clock } = await createGateScene(
    t,
    (_request, response) => void response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' }).write('{"a":'),
    { env: { ACCESS_TOKEN_TTL: '1m' } },
  )
  const response = await send(await token())
  clock.now += 7 * MINUTE
  await t.rejects(response.text())
})

t.test('an upstream that takes too long to begin is 504', async (t) => {
  const { token, send } = await createGateScene(t, () => undefined, { env: { UPSTREAM_TIMEOUT: '1s' } })
  const refused = await send(await token())
  t.equal(refused.status, 504)
  t.match(await refused.json(), { jsonrpc: '2.0', error: { message: /took too long/ } })
})

t.test('streams are limited by user, by client and in all, and one that ends makes room', async (t) => {
  const limits: [string, number][] = [
    ['STREAMS_PER_USER', 429],
    ['STREAMS_PER_CLIENT', 429],
    ['STREAMS', 503],
  ]
  for (const [limit, status] of limits) {
    const { stream, token, send, post } = await createStreams(t, { [limit]: '2' })
    const access = await token()
    const [first] = [await stream(access), await stream(access)]
    const refused = await send(access)
    t.equal(refused.status, status, limit)
    t.equal(refused.headers.get('retry-after'), '5')
    t.match(await refused.json(), { jsonrpc: '2.0' })
    t.equal((await post('/token', { grant_type: 'authorization_code' })).statusCode, 401, 'nobody else is held up')
    first!.abort()
    await closed(first!.upstream)
    t.equal((await stream(access)).response.status, 200)
  }
})

t.test('at a stop streams end at once, and an answer that is no stream comes to its end', async (t) => {
  const { stream, token, app } = await createStreams(t)
  const access = await token()
  const [listening, answering] = [await stream(access), await stream(access, 'POST')]
  const begun = performance.now()
  const stopped = app.close()
  t.equal(await listening.next(), undefined)
  t.equal(await answering.next(), undefined)
  await stopped
  t.ok(performance.now() - begun < 3000)
})

t.test('a body of any length passes without being kept', async (t) => {
  const { token, send, upstream } = await createGateScene(t, answerOk, { env: { GATE_BODY_LIMIT: '8MB' } })
  const body = CALL('x'.repeat(5 * 1024 * 1024))
  t.equal((await send(await token(), { body })).status, 200)
  t.same(JSON.parse(upstream.requests[0]!.text), body)
  t.equal(upstream.requests[0]!.headers['content-length'], String(JSON.stringify(body).length))
})

t.test('of a stream to listen on, a line passes when it is whole, since it may be an address', async (t) => {
  const { stream, token } = await createStreams(t)
  const { upstream, next } = await stream(await token())
  upstream.write('data: ha')
  await new Promise((resolve) => setTimeout(resolve, 50))
  upstream.write('lf\n\n')
  t.equal(await next(), 'data: half\n\n')
})
