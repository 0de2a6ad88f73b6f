import { Writable } from 'node:stream'
import Fastify from 'fastify'
import t from 'tap'
import { createLazyLogger } from '#src/logging/lazy-logger.ts'

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const

/** An app whose requests log what `use` does, and the lines that came out. */
async function lines(
  level: string,
  use: (log: import('fastify').FastifyBaseLogger) => void,
): Promise<{ msg: string; reqId?: string; extra?: number }[]> {
  const written: string[] = []
  const stream = new Writable({ write: (chunk, _encoding, done) => (written.push(String(chunk)), done()) })
  const app = Fastify({ logger: { level, stream }, childLoggerFactory: createLazyLogger(() => undefined), genReqId: () => 'the-request' })
  app.get('/', async (request) => {
    use(request.log)
    return ''
  })
  await app.inject('/')
  await app.close()
  return written.map((line) => JSON.parse(line) as { msg: string; reqId?: string }).filter(({ msg }) => msg.startsWith('test'))
}

t.test('a request logs at every level, under its own id', async (t) => {
  const logged = await lines('trace', (log) => {
    for (const level of LEVELS) log[level]({ extra: 1 }, `test ${level}`)
    log.silent('test silent')
  })
  t.strictSame(
    logged.map(({ msg }) => msg),
    LEVELS.map((level) => `test ${level}`),
  )
  for (const line of logged) t.match(line, { reqId: 'the-request', extra: 1 })
})

t.test('a request that logs below the level writes nothing', async (t) => {
  const logged = await lines('warn', (log) => {
    t.equal(log.level, 'warn')
    for (const level of LEVELS) log[level](`test ${level}`)
  })
  t.strictSame(
    logged.map(({ msg }) => msg),
    ['test fatal', 'test error', 'test warn'],
  )
})

t.test("a child keeps the request's bindings", async (t) => {
  const logged = await lines('info', (log) => log.child({ extra: 2 }).info('test child'))
  t.match(logged, [{ msg: 'test child', reqId: 'the-request', extra: 2 }])
})
