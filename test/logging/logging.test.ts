import { Writable } from 'node:stream'
import Fastify from 'fastify'
import t from 'tap'
import { ADMIN, ISSUER, injectFetch } from '#test/support/app.ts'
import { createPerson, wayBackOf } from '#test/support/people/person.ts'
import { loggerOptions, prettyStream, withReference } from '#src/logging/logger.ts'
import { describeError, redactMembers, redactText } from '#src/logging/redaction.ts'
import { REDIRECT_URI, createApi, credentials } from '#test/support/api.ts'
import { captureLog } from '#test/support/log.ts'
import { stub } from '#test/support/stub.ts'

t.test('an operator reads one line for each refusal, with its path, and events by name', async (t) => {
  const log = captureLog('info')
  const api = await createApi(t, {}, log.logger)
  const client = await api.register({ client_name: 'Comet' })
  await api.app.inject('/healthz?x=1')
  await api.post('/token?code=in-the-query', { ...credentials(client), grant_type: 'x' })
  const [registered, why, refused, ...more] = log.lines()
  t.match(registered, { level: 30, msg: 'client registered', client: client.client_id, name: 'Comet' })
  t.match(why, { msg: /^grant_type must be/, error: 'unsupported_grant_type' })
  t.match(refused, { msg: 'request', method: 'POST', path: '/token', status: 400, ms: Number })
  t.equal(why!['reqId'], refused!['reqId'], 'the lines of one request belong together')
  t.strictSame(more, [], 'successful requests are not logged at this level')
  t.notMatch(log.text(), 'in-the-query')
})

t.test('an operator reads why a request object was refused, which its client is not told', async (t) => {
  const log = captureLog('info')
  const api = await createApi(t, {}, log.logger)
  const { client_id } = await api.register()
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const request = `${part({ alg: 'ES256' })}.${part({ client_id, state: 'in-the-object' })}.c2lnbmF0dXJl`
  const { body } = await api.app.inject(`/authorize?${new URLSearchParams({ client_id, request }).toString()}`)
  t.match(wayBackOf({ html: body })?.searchParams.get('error_description'), /not signed by a registered key/)
  t.match(log.lines()[1], { error: 'invalid_request_object', client: client_id, detail: 'the client has no keys' })
  t.notMatch(log.text(), 'in-the-object')
  t.notMatch(log.text(), request.split('.')[1]!)
})

t.test('an operator who debugs reads one line for each request', async (t) => {
  const log = captureLog('debug')
  const { app } = await createApi(t, {}, log.logger)
  await app.inject('/healthz?x=1')
  await app.inject('/nothing#fragment')
  await app.inject(`/${'long'.repeat(100)}`)
  const requests = log.lines().filter(({ msg }) => msg === 'request')
  t.equal(requests.length, 3)
  t.match(requests[0], { level: 20, method: 'GET', path: '/healthz', status: 200 })
  t.match(requests[1], { level: 30, method: 'GET', path: '/nothing', status: 404 })
  for (const { path } of requests) t.ok(String(path).length <= 200)
})

t.test('an operator finds the page that a person saw by its reference', async (t) => {
  const log = captureLog('info')
  const { app } = await createApi(t, {}, log.logger)
  const { body } = await app.inject({ url: '/authorize', headers: { accept: 'text/html' } })
  const { reqId } = log.lines()[0]!
  t.match(reqId, /^[\w-]{22}$/)
  t.match(body, String(reqId))
})

t.test('an operator reads what broke and where, but not the secrets it held', async (t) => {
  const log = captureLog('info')
  const api = await createApi(t, {}, log.logger)
  const defect = new TypeError('no such column: x', { cause: Object.assign(new Error('driver'), { code: 'SQLITE_ERROR' }) })
  stub(api.storage.clients, { insert: () => Promise.reject(defect) })
  await api.app.inject({ method: 'POST', url: '/register', payload: { redirect_uris: [REDIRECT_URI] } })
  const line = log.lines().find(({ level }) => level === 50)
  t.match(line, {
    msg: 'something went wrong on this server',
    err: {
      type: 'TypeError',
      message: 'no such column: x',
      stack: /logging\.test\.ts/,
      cause: { errorCode: 'SQLITE_ERROR', message: 'driver' },
    },
  })
})

t.test('an error that quotes what a device or a client sent does not bring it into the log', async (t) => {
  const log = captureLog('info')
  const api = await createApi(t, {}, log.logger)
  const secrets = {
    user_code: 'WDJB-MJHT',
    device_code: 'device-code',
    client_assertion: 'eyAi.assertion',
    request: 'eyAi.object',
    request_uri: 'urn:pushed',
  }
  stub(api.storage.clients, { find: () => Promise.reject(new Error(`broke at ${Object.values(secrets).join(' and ')}`)) })
  await api.app.inject(`/authorize?${new URLSearchParams({ client_id: 'x', ...secrets }).toString()}`)
  const line = log.lines().find(({ level }) => level === 50)
  t.match(line?.['err'], {
    message: `broke at ${Object.keys(secrets)
      .map(() => '[redacted]')
      .join(' and ')}`,
  })
})

t.test('a line keeps everything except secret members, and members that are too deep to check', async (t) => {
  const at = new Date(0)
  const error = new Error('code')
  const list = [1, null, { state: 'x', at }]
  t.strictSame(redactMembers({ list, error, none: undefined }), { list: [1, null, { state: '[redacted]', at }], error, none: undefined })
  t.match(JSON.stringify(redactMembers({ a: { a: { a: { a: { a: { a: { token: 'opensesame' } } } } } } })), /"a":"\[deeper\]"/)
})

t.test('text loses what looks like a secret, and what is known to be one', async (t) => {
  const secret = 'Zx9_-'.repeat(9).slice(0, 43)
  for (const [text, wanted] of [
    [`code ${secret} is used`, 'code [redacted] is used'],
    [`(${secret})`, '([redacted])'],
    ['token eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln!', 'token [redacted]!'],
    ['Authorization: Bearer abc.def', 'Authorization: [redacted]'],
    ['"basic YTpi"', '"[redacted]"'],
    ['hash $argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA end', 'hash [redacted] end'],
    ['connect postgres://solar:pass@db.example/solar', 'connect postgres://[redacted]@db.example/solar'],
    ['client_abcdefghijklmnopqrstuv at /token', 'client_abcdefghijklmnopqrstuv at /token'],
  ] as const) {
    t.equal(redactText(text), wanted)
  }
  t.equal(redactText('pw hunter22 and hunter2', ['hunter2', 'hunter22', 'and']), 'pw [redacted] and [redacted]')
})

t.test('an error is described without its other members, and so is a value that is no error', async (t) => {
  const error = Object.assign(new Error('x', { cause: 'y' }), { code: 7, detail: 'secret', parameters: ['secret'] })
  t.strictSame(Object.keys(describeError(error)), ['type', 'message', 'stack', 'cause'])
  t.strictSame(describeError(error)['cause'], { message: 'y' })
  delete (error as { stack?: string }).stack
  t.notOk('stack' in describeError(error))
  t.strictSame(describeError('a string'), { message: 'a string' })
})

t.test('in a terminal, lines about refusals end with the reference of the error page', async (t) => {
  const text = (line: object) => withReference({ msg: 'what happened', reqId: 'qUMEhn8e', ...line }, 'msg')
  t.equal(text({ level: 30, error: 'invalid_client' }), 'what happened [qUMEhn8e]')
  t.equal(text({ level: 40 }), 'what happened [qUMEhn8e]')
  t.equal(text({ level: 50, reqId: undefined }), 'what happened')
  t.equal(text({ level: 30 }), 'what happened')
})

t.test('in a terminal the log is for people', async (t) => {
  t.ok('stream' in loggerOptions('info', true), 'written by pino-pretty')
  t.notOk('stream' in loggerOptions('info', false), 'written as JSON')
  const { err } = loggerOptions('info', false).serializers as { err: (value: unknown) => unknown }
  t.match(err(new Error('boom')), { type: 'Error', message: 'boom' })
  t.strictSame(err({ message: 'described already' }), { message: 'described already' })
})

t.test('in a terminal an event is one line, whatever it is about, and a stack has its lines', async (t) => {
  let shown = ''
  const terminal = new Writable({
    write(chunk, _encoding, done) {
      shown += String(chunk)
      done()
    },
  })
  const { log } = Fastify({ logger: { ...loggerOptions('info', true), stream: prettyStream(terminal) } })
  log.warn({ user: 'id-of-helen', username: 'helen', address: '192.0.2.1', reqId: 'qUMEhn8e' }, 'login failed')
  t.match(shown, /^\[\d\d:\d\d:\d\d\] WARN: login failed \[qUMEhn8e\] .*"username":"helen".*"address":"192\.0\.2\.1".*\n$/)
  t.equal(shown.split('\n').length, 2)
  log.error({ err: { type: 'Error', message: 'boom', stack: 'Error: boom\n    at here\n    at there' } }, 'a defect')
  t.match(shown, /\n +at here\n +at there\n/)
})

t.test('an operator reads one line for a login, failed, limited or not, with the name', async (t) => {
  const log = captureLog('info')
  const api = await createApi(t, { RATE_LIMIT_LOGIN: '1/15m' }, log.logger)
  const { client_id } = await api.register()
  const query = {
    client_id,
    response_type: 'code',
    redirect_uri: REDIRECT_URI,
    code_challenge: 'x'.repeat(43),
    code_challenge_method: 'S256',
  }
  const address = `${ISSUER}/authorize?${new URLSearchParams(query).toString()}`
  const before = log.lines().length
  const person = createPerson(ISSUER, injectFetch(api.app))
  await person.submit((await person.open(address)).page!, ADMIN)
  for (const _try of [1, 2]) {
    const stranger = createPerson(ISSUER, injectFetch(api.app))
    await stranger.submit((await stranger.open(address)).page!, { username: 'admin', password: 'wrong' })
  }
  const said = log.lines().slice(before)
  t.match(said, [
    { msg: 'logged in', username: 'admin', user: String },
    { msg: 'login failed', username: 'admin', user: String, address: String },
    { msg: 'login refused: too many attempts', username: 'admin' },
  ])
  t.equal(said.length, 3)
})
