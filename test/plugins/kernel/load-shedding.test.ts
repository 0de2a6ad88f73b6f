import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { AT_ONCE, QUEUED_MS, watchQueue } from '#src/plugins/kernel/load-shedding.ts'
import { ADMIN, ISSUER, injectFetch } from '#test/support/app.ts'
import { createApi, isOAuthError } from '#test/support/api.ts'
import { authorizeUrl, pageOf, registerClient } from '#test/support/authorization.ts'
import { createPerson } from '#test/support/people/person.ts'
import { pressed } from '#test/support/pressure.ts'
import { dial, hear } from '#test/support/network/socket.ts'
import type { Answer } from '#test/support/network/socket.ts'
import { stub } from '#test/support/stub.ts'

/** Connections with a pause after each: at once, on a busy machine, they would look like a queue and be shed. */
async function dialMany(app: FastifyInstance, count: number): Promise<Socket[]> {
  const sockets: Socket[] = []
  while (sockets.length < count) {
    sockets.push(await dial(app))
    await new Promise(setImmediate)
    await new Promise(setImmediate)
  }
  return sockets
}

/** As login.ts has it. */
const LOGINS = 64

t.test('a server under pressure turns requests away, in the words of the path, and says when to come back', async (t) => {
  const { app, ...api } = await pressed(t)
  const client = await api.register()
  await api.press()
  const response = await api.post('/token', { client_id: client.client_id })
  isOAuthError(t, response, 503, 'temporarily_unavailable', 'the server is busy: try again in a few seconds')
  t.equal(response.headers['retry-after'], '5')
  const page = await app.inject({ url: '/authorize', headers: { accept: 'text/html' } })
  t.equal(page.statusCode, 503)
  t.equal(page.headers['content-type'], 'text/html; charset=utf-8')
  t.equal(page.headers['retry-after'], '5')
  isOAuthError(t, await app.inject('/readyz'), 503, 'temporarily_unavailable')
  isOAuthError(t, await app.inject('/.well-known/nothing'), 503, 'temporarily_unavailable')
  t.equal((await app.inject('/healthz')).statusCode, 200, 'nobody should restart it for being busy')
  const headers = { origin: 'https://a.example', 'access-control-request-method': 'POST' }
  t.equal((await app.inject({ method: 'OPTIONS', url: '/token', headers })).statusCode, 204, 'so that a script can read the 503')

  await api.relieve()
  t.equal((await app.inject('/readyz')).statusCode, 200)
})

t.test('a server that stops finishes what is under way and turns away what still comes in', async (t) => {
  const { app } = await createApi(t)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const post = 'POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 11\r\n\r\n'
  const [early, late] = [await dial(app), await dial(app)]
  const reached = new Promise((resolve) => app.server.once('request', resolve))
  early.write(post)
  late.write(post.slice(0, 30))
  await reached
  const closing = new Promise((resolve) => app.server.once('close', resolve))
  const closed = app.close()
  while (app.server.listening) await new Promise(setImmediate)

  const answers = [hear(early), hear(late)]
  early.write('client_id=x')
  late.write(`${post.slice(30)}client_id=x`)
  const [first, second] = (await Promise.all(answers)) as [Answer, Answer]
  t.equal(first.status, 401, 'began before, and is answered')
  t.equal(second.status, 503)
  t.strictSame(JSON.parse(second.body), {
    error: 'temporarily_unavailable',
    error_description: 'the server is stopping: try again in a few seconds',
  })
  t.match(Object.fromEntries(second.headers), { 'retry-after': '5', 'access-control-allow-origin': '*', connection: 'close' })
  await Promise.all([closed, closing])
})

t.test('as many requests as the server can carry are let in, and each that is answered makes room for another', async (t) => {
  const { app, storage } = await createApi(t)
  const releases: (() => void)[] = []
  stub(storage, { ping: () => new Promise((resolve) => releases.push(resolve)) })
  const answers = Array.from({ length: AT_ONCE }, () => app.inject('/readyz'))
  while (releases.length < AT_ONCE) await new Promise(setImmediate)
  t.equal((await app.inject('/readyz')).statusCode, 503)
  releases[0]!()
  await Promise.race(answers)
  const oneMore = app.inject('/readyz')
  while (releases.length <= AT_ONCE) await new Promise(setImmediate)
  t.equal((await app.inject('/readyz')).statusCode, 503)
  for (const release of releases) release()
  for (const answer of await Promise.all([...answers, oneMore])) t.equal(answer.statusCode, 200)
})

t.test('requests whose bodies arrive together are turned away all the same', async (t) => {
  const { app, post } = await createApi(t)
  let found = 0
  let shed = 0
  let release = (): void => undefined
  const released = new Promise<void>((resolve) => (release = resolve))
  stub(app.storage.clients, {
    find: async () => {
      found++
      await released
      return undefined
    },
  })
  const ask = async () => {
    const { statusCode } = await post('/token', { client_id: 'x' })
    if (statusCode === 503 && ++shed === 50) release()
  }
  await Promise.all(Array.from({ length: AT_ONCE + 50 }, ask))
  t.equal(shed, 50)
  t.equal(found, AT_ONCE, 'but not sooner than has to be')
  t.equal((await post('/token', { client_id: 'x' })).statusCode, 401, 'refusals were never counted as work')
})

t.test('who sends a body slowly keeps nobody out', async (t) => {
  const { app, post } = await createApi(t)
  await app.listen({ port: 0, host: '127.0.0.1' })
  let arrived = 0
  app.server.on('request', () => arrived++)
  const sockets = await dialMany(app, AT_ONCE)
  t.teardown(() => sockets.forEach((socket) => socket.destroy()))
  for (const socket of sockets)
    socket.write('POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\na=')
  while (arrived < AT_ONCE) await new Promise(setImmediate)
  t.equal((await post('/token', { client_id: 'x' })).statusCode, 401)
})

t.test('work that nobody waits for any more is still counted until it is done', async (t) => {
  const { app, storage } = await createApi(t)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const releases: (() => void)[] = []
  stub(storage, { ping: () => new Promise((resolve) => releases.push(resolve)) })
  const sockets = await dialMany(app, AT_ONCE)
  for (const socket of sockets) socket.write('GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n')
  while (releases.length < AT_ONCE) await new Promise(setImmediate)
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve).destroy())))
  t.equal((await app.inject('/readyz')).statusCode, 503)
  for (const release of releases) release()
  stub(storage, { ping: async () => undefined })
  while ((await app.inject('/readyz')).statusCode !== 200) await new Promise(setImmediate)
})

t.test('logins wait apart from everything else, and only so many', async (t) => {
  const { app, storage } = await createApi(t)
  const person = createPerson(ISSUER, injectFetch(app))
  const url = authorizeUrl(ISSUER, await registerClient(injectFetch(app), ISSUER))
  const page = pageOf(await person.open(url))
  const { count } = storage.loginAttempts
  const releases: (() => void)[] = []
  const restore = stub(storage.loginAttempts, {
    count: async (...args) => {
      await new Promise<void>((resolve) => releases.push(resolve))
      return count(...args)
    },
  })
  const logins = Array.from({ length: LOGINS }, () => person.submit(page, { username: 'nobody', password: 'x' }))
  while (releases.length < LOGINS) await new Promise(setImmediate)
  const refused = pageOf(await person.submit(page, ADMIN))
  t.equal(refused.status, 503)
  t.ok(refused.headers.has('retry-after'))
  t.equal(pageOf(await person.open(url)).status, 200, 'the page itself')
  restore()
  for (const release of releases) release()
  await Promise.all(logins)
  t.equal(releases.length, LOGINS, 'who was turned away was not counted as an attempt')
})

t.test('new connections that queue up for too long are noticed, and so is the end of it', async (t) => {
  const server = new EventEmitter()
  let now = 0
  const isQueueing = watchQueue(server as never, () => now)
  const turn = () => new Promise(setImmediate)
  for (; now < QUEUED_MS; now += QUEUED_MS / 10) {
    server.emit('connection')
    t.equal(isQueueing(), false, 'not long enough yet')
    await turn()
  }
  t.equal(isQueueing(), false, 'just as long as they may')
  now += 1
  t.equal(isQueueing(), true, 'one at each turn of the event loop')
  await turn()
  await turn()
  t.equal(isQueueing(), false)
  for (let pauses = 0; pauses < 20; pauses++) {
    now += QUEUED_MS / 10
    server.emit('connection')
    t.equal(isQueueing(), false, 'many, but with pauses')
    await turn()
    await turn()
    await turn()
  }
})

t.test('a request that comes while connections have queued up for a second is turned away, and the next one is not', async (t) => {
  const { app } = await createApi(t)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { now } = performance
  t.teardown(() => (performance.now = now))
  const answered = new Promise<number>((resolve) => {
    app.server.once('connection', () => {
      const later = performance.now() + QUEUED_MS + 1
      performance.now = () => later
      resolve(app.inject('/jwks').then(({ statusCode }) => statusCode))
    })
  })
  const socket = await dial(app)
  t.equal(await answered, 503)
  performance.now = now
  await new Promise(setImmediate)
  t.equal((await app.inject('/jwks')).statusCode, 200)
  socket.destroy()
})
