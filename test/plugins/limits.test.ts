import t from 'tap'
import { createApi, isOAuthError } from '../support/api.ts'
import { pressed } from '../support/pressure.ts'
import { dial, hear } from '../support/socket.ts'
import type { Answer } from '../support/socket.ts'

t.test('a server under pressure turns requests away, in the words of the path, and says when to come back', async (t) => {
  const { app, ...api } = await pressed(t)
  const client = await api.register()
  api.press()
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
  t.strictSame(JSON.parse(second.body), { error: 'temporarily_unavailable', error_description: 'the server is stopping: try again in a few seconds' })
  t.match(Object.fromEntries(second.headers), { 'retry-after': '5', 'access-control-allow-origin': '*', connection: 'close' })
  await Promise.all([closed, closing])
})

t.test('limits that are off count nothing', async (t) => {
  const { post, register } = await createApi(t, { RATE_LIMIT_TOKEN: 'off', RATE_LIMIT_REGISTER: 'off' })
  for (let i = 0; i < 200; i++) await register()
  t.equal((await post('/token', {})).statusCode, 401)
})

t.test('addresses of one IPv6 network share a count, others do not', async (t) => {
  const { app } = await createApi(t, { RATE_LIMIT_TOKEN: '1/1m' })
  const from = async (remoteAddress: string) => (await app.inject({ method: 'POST', url: '/token', remoteAddress })).statusCode
  t.equal(await from('2001:db8:1:2::1'), 401)
  t.equal(await from('2001:db8:1:2:ffff::9'), 429)
  t.equal(await from('2001:db8:1:3::1'), 401)
  t.equal(await from('192.0.2.1'), 401)
  t.equal(await from('::ffff:192.0.2.1'), 429)
  t.equal(await from('192.0.2.2'), 401)
})
