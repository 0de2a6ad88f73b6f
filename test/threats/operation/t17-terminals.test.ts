// threat-model.md T17: what leaves as text can neither steer a terminal nor show what somebody typed by mistake.
import { Writable } from 'node:stream'
import pino from 'pino'
import t from 'tap'
import { loggerOptions } from '#src/logging/logger.ts'
import { addUser, pageOf, startFlow } from '#test/support/authorization.ts'
import { createApi, REDIRECT_URI } from '#test/support/api.ts'
import { captureLog } from '#test/support/log.ts'

const HOSTILE = '\u009b2J\u009d0;owned\u009c\u202eevil\u007f\u2028\u001b[31m\r\nforged'
const STEERING = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/

t.test('T17: no line of the log holds what steers a terminal, whatever a stranger sent', async (t) => {
  const log = captureLog('debug')
  const flow = await startFlow(t, {}, {}, log.logger)
  const person = flow.person()
  await person.submit(pageOf(await person.open(flow.url())), { username: HOSTILE, password: HOSTILE })
  await flow.app.inject({ method: 'POST', url: '/register', payload: { redirect_uris: [`x:${HOSTILE}`], client_name: HOSTILE } })
  await flow.app.inject(`/nothing/${encodeURIComponent(HOSTILE)}`)
  await flow.app.inject({ url: '/authorize?client_id=x', headers: { 'x-forwarded-for': HOSTILE.replace(/[\r\n\u2028]/g, '') } })
  flow.app.log.warn({ [HOSTILE]: [{ [HOSTILE]: HOSTILE }] }, HOSTILE)
  flow.app.log.child({ bound: HOSTILE }).error(new Error(HOSTILE))
  for (const line of log.text().trimEnd().split('\n')) {
    t.notMatch(line, STEERING)
    t.ok(JSON.parse(line))
  }
  t.match(log.lines().at(-2), { msg: HOSTILE }, 'and yet a program reads what it was')
})

t.test('T17: neither does a line for people, and none passes for two', async (t) => {
  const written: string[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      written.push(chunk.toString())
      done()
    },
  })
  const pretty = (await import('pino-pretty')).default
  const { stream: _, ...options } = loggerOptions('info', true) as ReturnType<typeof loggerOptions> & { stream: unknown }
  const log = pino(options, pretty({ colorize: false, sync: true, destination: stream }))
  log.warn({ username: HOSTILE, [HOSTILE]: 1, list: [HOSTILE, null] }, HOSTILE)
  log.error({ err: new Error('first\nsecond') }, 'broken')
  const lines = written.join('').split('\n')
  for (const line of lines) t.notMatch(line, STEERING)
  t.notOk(lines.some((line) => line.startsWith('forged')))
  t.ok(
    lines.some((line) => /^ +at /.test(line)),
    'a stack keeps its lines',
  )
})

t.test('T17: a name that no account has is not logged: it may be a password', async (t) => {
  const log = captureLog('debug')
  const flow = await startFlow(t, { RATE_LIMIT_LOGIN: '2/15m' }, {}, log.logger)
  await addUser(flow, 'helen', 'right')
  const person = flow.person()
  const login = async (username: string) => person.submit(pageOf(await person.open(flow.url())), { username, password: 'wrong' })
  for (let i = 0; i < 4; i++) await login('Correct-Horse-Battery')
  await login('Helen')
  t.notMatch(log.text(), /correct-horse/i)
  const lines = log.lines().filter(({ msg }) => /^login/.test(String(msg)))
  t.strictSame(
    lines.map(({ msg, username, address }) => [msg, username, address]),
    [
      ['login failed', undefined, '127.0.0.1'],
      ['login failed', undefined, '127.0.0.1'],
      ['login refused: too many attempts', undefined, '127.0.0.1'],
      ['login refused: too many attempts', undefined, '127.0.0.1'],
      ['login failed', 'helen', '127.0.0.1'],
    ],
  )
  const events = await flow.storage.auditEvents.list({ since: 0, limit: 50 })
  t.notMatch(JSON.stringify(events), /correct-horse/i)
  const logins = events.filter(({ name }) => name.startsWith('login.')).map(({ name, details }) => `${name} ${String(details['user'])}`)
  t.strictSame(logins.sort(), ['login.failed helen', 'login.failed undefined', 'login.limited undefined'])
  t.equal(events.find(({ name, details }) => name === 'login.failed' && details['user'] === undefined)?.times, 2)
})

t.test('T17: what people put behind the address of a page is not logged', async (t) => {
  const log = captureLog('debug')
  const { app, config } = await createApi(t, { ISSUER: 'http://localhost:8000/t1' }, log.logger)
  t.equal(config.issuer, 'http://localhost:8000/t1')
  const paths = [
    '/t1/device/WDJB-MJHT',
    '/device/wdjbmjht',
    '/t1/login/hunter2',
    '/t1/consent/hunter2/x',
    '/WDJB-MJHT',
    '/t1/wdjb%2Dmjht',
    '/t1/register/a/hunter2',
  ]
  // Below the login is where a provider's button posts to.
  for (const url of paths) t.equal((await app.inject(url)).statusCode, url === '/t1/login/hunter2' ? 405 : 404, url)
  t.notMatch(log.text(), /wdjb|mjht|hunter2/i)
  t.match(
    log
      .lines()
      .filter(({ msg }) => msg === 'request')
      .map(({ path }) => path),
    ['/t1/device/…', '/device/…', '/t1/login/…', '/t1/consent/…', '/[redacted]', '/t1/[redacted]', '/t1/register/…'],
  )
  await app.inject({ method: 'POST', url: '/t1/register', payload: { redirect_uris: [`${REDIRECT_URI}#x`] } })
  t.equal(log.lines().at(-1)!['path'], '/t1/register', 'where there is something, the path says what')
  await app.inject('/.well-known/nothing')
  t.equal(log.lines().at(-1)!['path'], '/.well-known/nothing')
})

t.test('T17: what people put where the name of a provider belongs is not logged, by no method and however it is refused', async (t) => {
  const log = captureLog('debug')
  const { app } = await createApi(t, { ISSUER: 'http://localhost:8000/t1' }, log.logger)
  const own = { origin: 'http://localhost:8000', 'content-type': 'application/x-www-form-urlencoded' }
  const long = `hunter2${'x'.repeat(300)}`
  for (const name of ['hunter2', 'WDJB-MJHT', 'hunter2%zz', 'hunter2%2F', long]) {
    for (const url of [`/t1/login/${name}`, `/t1/login/${name}/callback`, `/t1/login/${name}/callback?state=hunter2`]) {
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'] as const) {
        for (const headers of [{}, own, { ...own, 'access-control-request-method': 'POST' }]) {
          const { statusCode } = await app.inject({ method, url, headers, ...(method === 'POST' && { payload: 'transaction=x' }) })
          t.ok(statusCode >= 400 && statusCode < 500, `${method} ${url}: ${statusCode}`)
        }
      }
    }
  }
  t.notMatch(log.text(), /wdjb|mjht|hunter2/i)
  const paths = new Set(log.lines().flatMap(({ msg, path }) => (msg === 'request' ? [path] : [])))
  t.ok(paths.has('/t1/login/:provider/callback'), 'the operator reads which address it was')
  t.ok(paths.has('/t1/login/:provider'))
})

t.test('T17: log lines and events hold an address without its port', async (t) => {
  const log = captureLog('debug')
  const flow = await startFlow(t, { TRUST_PROXY: '1' }, {}, log.logger)
  const person = flow.person()
  const headers = { origin: flow.issuer, 'x-forwarded-for': '[2001:DB8::7]:50001' }
  await person.submit(pageOf(await person.open(flow.url())), { username: 'admin', password: 'wrong' }, headers)
  t.match(
    log.lines().find(({ msg }) => msg === 'login failed'),
    { address: '2001:db8::7' },
  )
  t.match(await flow.storage.auditEvents.list({ since: 0, limit: 1 }), [{ name: 'login.failed', address: '2001:db8::7' }])
})
