// The alert rules are right, know only metrics that there are, and each fires in its fault alone. The faults that need a process are in test/faults.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import Fastify from 'fastify'
import t from 'tap'
import { createAuditWebhook } from '#src/jobs/audit-webhook.ts'
import { startSweeper } from '#src/jobs/sweeper.ts'
import { COUNTERS, GAUGES, TIMES } from '#src/metrics/catalog.ts'
import { createPrometheus } from '#src/metrics/prometheus.ts'
import { listenForMetrics } from '#src/process/metrics/listener.ts'
import { makeEvent } from '#test/storage/conformance/records.ts'
import { ADMIN, createApp } from '#test/support/app.ts'
import { pageOf, startFlow } from '#test/support/authorization.ts'
import { codeOf, secretOn } from '#test/support/people/factors.ts'
import { createGateScene } from '#test/support/gate/gate.ts'
import { ROOT } from '#test/support/processes/processes.ts'
import { RULES, raises, withoutPromtool } from '#test/support/processes/promtool.ts'
import { stub } from '#test/support/stub.ts'

const folder = join(ROOT, 'examples/monitoring')
const read = (path: string): string => readFileSync(path, 'utf8')
const DAY_MS = 86_400_000
/** Between two samples, as promtool sees them. */
const SAMPLE_MS = 15_000

t.test('Prometheus accepts its configuration and the rules', { skip: withoutPromtool }, async (t) => {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'config', 'prometheus.yml'], { cwd: folder, encoding: 'utf8' })
  t.equal(status, 0, stdout + stderr)
})

t.test('rules and documents name only metrics that there are, and the documents name all of them', async (t) => {
  const names = Object.values({ ...COUNTERS, ...Object.fromEntries(Object.entries({ ...GAUGES }).map(([k, v]) => [`g ${k}`, v])) }).map(
    ({ name }) => name,
  )
  const all = new Set([...names, ...Object.values(TIMES).map(({ name }) => name), 'solar_build_info'])
  for (const path of [RULES, join(ROOT, 'docs/observability.md')]) {
    const named = new Set([...read(path).matchAll(/\bsolar_\w+/g)].map(([name]) => name.replace(/_(bucket|sum|count)$/, '')))
    for (const name of named) t.ok(all.has(name), `${path} names ${name}`)
    if (path.endsWith('.md')) for (const name of all) t.ok(named.has(name), `${name} is explained`)
  }
  const alerts = [...read(RULES).matchAll(/alert: (\w+)/g)].map(([, name]) => name!)
  for (const alert of alerts) t.match(read(join(ROOT, 'docs/observability.md')), alert, 'and every alert')
})

t.test('keys that nobody replaced for a day too long raise one alert, and those that are replaced none', async (t) => {
  const { meter, text } = createPrometheus('1')
  const { app, clock } = await createApp(t, { KEY_ROTATION_INTERVAL: '1d' }, undefined, { meter })
  const samples: string[] = []
  const look = async (days: number) => {
    for (let count = 0; count < 8; count++) {
      clock.now += (days * DAY_MS) / 8
      samples.push(await text())
    }
  }
  await look(0.9)
  await app.keyset.rotateDue(clock.now)
  await look(0.9)
  raises(t, samples, [])
  await look(1.5)
  raises(t, samples, ['SolarKeysNotRotating'])
})

t.test('an MCP server that is gone raises one alert', async (t) => {
  const { meter, text } = createPrometheus('1')
  let isUp = true
  const scene = await createGateScene(
    t,
    ({ socket }, response) => void (isUp ? response.writeHead(200, { 'content-type': 'application/json' }).end('{}') : socket.destroy()),
    { meter },
  )
  const token = await scene.token()
  const samples: string[] = []
  const call = async () => {
    await (await scene.send(token)).arrayBuffer()
    samples.push(await text())
  }
  for (let count = 0; count < 4; count++) await call()
  raises(t, samples, [])
  isUp = false
  for (let count = 0; count < 30; count++) await call()
  raises(t, samples, ['SolarUpstreamDown'])
})

t.test('a provider that does not answer raises one alert, and one that sometimes answers none', async (t) => {
  const { meter, text } = createPrometheus('1')
  const samples: string[] = []
  const ask = async (outcome: string) => {
    for (const each of ['ok', 'failed']) meter.count('providers', { provider: 'work', outcome: each }, each === outcome ? 1 : 0)
    samples.push(await text())
  }
  for (let count = 0; count < 6; count++) await ask(count === 3 ? 'failed' : 'ok')
  raises(t, samples, [])
  for (let count = 0; count < 30; count++) await ask('failed')
  raises(t, samples, ['SolarProviderDown'])
})

t.test('a server that answers no more raises one alert', async (t) => {
  const { text } = createPrometheus('1')
  const server = await listenForMetrics({ host: '127.0.0.1', port: 0 }, text)
  const { port } = server.address() as AddressInfo
  const samples: string[] = []
  const look = async () =>
    samples.push(
      await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { connection: 'close' } }).then(
        (response) => response.text(),
        () => '',
      ),
    )
  for (let count = 0; count < 4; count++) await look()
  raises(t, samples, [])
  await new Promise((resolve) => server.close(resolve))
  for (let count = 0; count < 12; count++) await look()
  raises(t, samples, ['SolarDown'])
})

t.test('a defect raises one alert, the first time that it happens', async (t) => {
  const { meter, text } = createPrometheus('1')
  const { app, storage } = await createApp(t, {}, undefined, { meter })
  const samples: string[] = []
  const ask = async (status: number) => {
    t.equal((await app.inject('/authorize?client_id=client_x')).statusCode, status)
    samples.push(await text())
  }
  for (let count = 0; count < 4; count++) await ask(400)
  raises(t, samples, [])
  const restore = stub(storage.clients, { find: () => Promise.reject(new TypeError('a defect')) })
  await ask(500)
  restore()
  for (let count = 0; count < 30; count++) await ask(400)
  raises(t, samples, ['SolarDefect'])
})

t.test('a sweeper that fails raises one alert after half an hour, and one that works none', async (t) => {
  const { meter, text } = createPrometheus('1')
  const { storage, config, clock } = await createApp(t, {}, undefined, { now: SAMPLE_MS })
  const app = Fastify()
  t.teardown(() => app.close())
  app.decorate('storage', storage).decorate('meter', meter)
  app.decorate('now', () => clock.now).decorate('settings', config as never)
  startSweeper(app.decorate('keyset', { rotateDue: async () => [] } as never), 1)
  const samples: string[] = []
  const look = async (isOver: (shown: string) => boolean) => {
    let shown = await text()
    while (!isOver(shown)) {
      await new Promise(setImmediate)
      shown = await text()
    }
    samples.push(shown)
    clock.now += SAMPLE_MS
  }
  for (let count = 0; count < 10; count++)
    await look((shown) => shown.includes(`\nsolar_sweeper_last_success_timestamp_seconds ${clock.now / 1000}\n`))
  raises(t, samples, [])
  t.teardown(stub(storage.leases, { take: () => Promise.reject(new TypeError('a defect')) }))
  await look((shown) => /\nsolar_sweeper_failures_total [1-9]/.test(shown))
  for (let count = 0; count < 150; count++) await look(() => true)
  raises(t, samples, ['SolarSweeperStopped'])
})

t.test('a receiver of audit events that is away raises one alert, and one that comes back in time none', async (t) => {
  const { meter, text } = createPrometheus('1')
  const { app, storage, clock } = await createApp(t, {}, undefined, { meter })
  await storage.auditEvents.receive(true, clock.now)
  let status = 204
  const receiver = createServer((_request, response) => void response.writeHead(status).end())
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  t.teardown(() => receiver.close())
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`
  const deliver = createAuditWebhook(app, { url, secret: 'x'.repeat(32) })
  const samples: string[] = []
  const look = async (times: number) => {
    for (let count = 0; count < times; count++) {
      await storage.auditEvents.insert(makeEvent({ at: clock.now }))
      await deliver()
      samples.push(await text())
      clock.now += SAMPLE_MS
    }
  }
  await look(3)
  status = 503
  await look(20)
  status = 204
  await look(3)
  raises(t, samples, [])
  status = 503
  await look(130)
  raises(t, samples, ['SolarAuditNotDelivered'])
})

t.test('more than a wrong code each second raises one alert, and the tenth of it none', async (t) => {
  const { meter, text } = createPrometheus('1')
  const flow = await startFlow(t, { SECOND_FACTOR: 'everyone', RATE_LIMIT_LOGIN: 'off' }, {}, undefined, { meter })
  const person = flow.person()
  const setUp = pageOf(await person.submit(pageOf(await person.open(flow.url())), ADMIN))
  await person.submit(setUp, { code: codeOf(secretOn(setUp), flow.clock.now) })
  const stranger = flow.person()
  const page = pageOf(await stranger.submit(pageOf(await stranger.open(flow.url())), ADMIN))
  const samples: string[] = []
  const guess = async (times: number) => {
    for (let count = 0; count < times; count++) await stranger.submit(page, { code: '000000' })
    samples.push(await text())
  }
  for (let count = 0; count < 5; count++) await guess(2)
  raises(t, samples, [])
  for (let count = 0; count < 5; count++) await guess(130)
  for (let count = 0; count < 25; count++) await guess(0)
  raises(t, samples, ['SolarPasswordsGuessed'])
})
