// Audit events reach a receiver outside: signed, in order, once it answers, and after a restart.
import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { BATCH, createAuditWebhook, signPost } from '#src/jobs/audit-webhook.ts'
import { createPrometheus } from '#src/metrics/prometheus.ts'
import { start } from '#src/process/start.ts'
import { makeEvent } from '#test/storage/conformance/records.ts'
import { createApp, testConfig } from '#test/support/app.ts'
import { freePort } from '#src/process/free-port.ts'
import { captureLog } from '#test/support/log.ts'

type Teardown = { teardown(fn: () => unknown): unknown }

const RECEIVER_SECRET = 'what only the receiver knows besides us'

interface Post {
  readonly headers: Record<string, string>
  readonly body: string
}

/** Answers with what `status` says. */
async function receive(t: Teardown, status: () => number) {
  const posts: Post[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      posts.push({ headers: request.headers as Record<string, string>, body })
      response.writeHead(status(), { location: '/elsewhere' }).end('thanks')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const eventsOf = ({ body }: Post) => (JSON.parse(body) as { events: { id: string; event: string; at: string; times?: number }[] }).events
  return { url: `http://localhost:${(server.address() as AddressInfo).port}/events`, posts, eventsOf }
}

t.test('a receiver gets every event with a signature that it can check', async (t) => {
  const { url, posts, eventsOf } = await receive(t, () => 204)
  const { app, storage, clock } = await createApp(t)
  await storage.auditEvents.receive(true, clock.now)
  const deliver = createAuditWebhook(app, { url, secret: RECEIVER_SECRET })
  t.equal(await deliver(), 0, 'nothing is due')
  for (let index = 0; index < BATCH + 1; index++) await storage.auditEvents.insert(makeEvent({ id: `e${1000 + index}`, at: clock.now }))
  t.equal(await deliver(), BATCH)
  t.equal(await deliver(), 1)
  t.equal(await deliver(), 0)
  t.strictSame(
    posts.flatMap(eventsOf).map(({ id }) => id),
    Array.from({ length: BATCH + 1 }, (_, index) => `e${1000 + index}`),
  )
  t.match(eventsOf(posts[0]!)[0], { event: 'client.registered', at: new Date(clock.now).toISOString(), actor: 'anonymous' })
  const { headers, body } = posts[0]!
  const signed = `${headers['webhook-id']!}.${headers['webhook-timestamp']!}.${body}`
  t.equal(headers['webhook-signature'], `v1,${createHmac('sha256', RECEIVER_SECRET).update(signed).digest('base64')}`)
  t.equal(headers['webhook-timestamp'], String(Math.floor(clock.now / 1000)))
  t.equal(headers['content-type'], 'application/json')
  t.not(posts[1]!.headers['webhook-id'], headers['webhook-id'])
})

t.test('a secret in the form of Standard Webhooks is its bytes', async (t) => {
  const key = Buffer.from('the bytes of a secret')
  t.equal(signPost(`whsec_${key.toString('base64')}`, 'id', '1', '{}'), signPost(key.toString(), 'id', '1', '{}'))
})

t.test('a receiver that is away or redirects gets the events later, and the operator reads so once', async (t) => {
  let status = 500
  const { url, posts, eventsOf } = await receive(t, () => status)
  const log = captureLog('info')
  const { meter, text } = createPrometheus('1')
  const { app, storage, clock } = await createApp(t, {}, log.logger, { meter })
  await storage.auditEvents.receive(true, clock.now)
  await storage.auditEvents.insert(makeEvent({ at: clock.now }))
  const deliver = createAuditWebhook(app, { url, secret: RECEIVER_SECRET })
  t.equal(await deliver(), 0)
  t.equal(await deliver(), 0, 'not again at once')
  t.equal(posts.length, 1)
  clock.now += 60_000
  status = 302
  t.equal(await deliver(), 0)
  clock.now += 4 * 60_000
  status = 200
  t.equal(await deliver(), 1)
  t.equal(posts.length, 3)
  t.strictSame(eventsOf(posts[0]!), eventsOf(posts[2]!))
  const lines = log.lines().filter(({ msg }) => /audit events/.test(String(msg)))
  t.strictSame(
    lines.map(({ msg }) => msg),
    ['audit events could not be delivered, trying again later', 'audit events are delivered again'],
  )
  t.match(await text(), 'solar_audit_deliveries_total{outcome="failed"} 2')
  t.match(await text(), 'solar_audit_deliveries_total{outcome="ok"} 1')
})

t.test('a database that is away delays the events', async (t) => {
  const { url } = await receive(t, () => 200)
  const { app, storage } = await createApp(t)
  const deliver = createAuditWebhook(app, { url, secret: RECEIVER_SECRET })
  await storage.close()
  t.equal(await deliver(), 0)
})

t.test(
  'an operator who sets AUDIT_WEBHOOK gets what a server that was killed had not delivered, and nothing once it is unset',
  async (t) => {
    let status = 503
    const { url, posts, eventsOf } = await receive(t, () => status)
    const database = `sqlite:${join(t.testdir(), 'solar.db')}`
    const env = async (more = {}) => {
      const port = await freePort()
      return testConfig({ DATABASE_URL: database, PORT: String(port), ISSUER: `http://localhost:${port}`, ...more })
    }
    const wanted = { AUDIT_WEBHOOK: url, AUDIT_WEBHOOK_SECRET: RECEIVER_SECRET }
    const first = await start(await env(wanted), false)
    await first.storage.auditEvents.insert(makeEvent({ id: 'kept', at: Date.now() }))
    await first.close()
    status = 200
    const second = await start(await env(wanted), false)
    t.teardown(() => second.close())
    const deadline = Date.now() + 20_000
    while (!posts.flatMap(eventsOf).some(({ id }) => id === 'kept') && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 50))
    t.ok(posts.flatMap(eventsOf).some(({ id }) => id === 'kept'))
    await second.close()
    const third = await start(await env(), false)
    t.teardown(() => third.close())
    await third.storage.auditEvents.insert(makeEvent({ at: Date.now() }))
    t.strictSame(await third.storage.auditEvents.claim(Date.now() + 1, 10), [])
  },
)
