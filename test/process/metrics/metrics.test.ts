// Metrics leave the process by a listener of their own, and those of workers as one sum.
import { EventEmitter } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { createPrometheus } from '#src/metrics/prometheus.ts'
import { freePort } from '#src/process/free-port.ts'
import { listenForMetrics } from '#src/process/metrics/listener.ts'
import { answerPrimary, createMetrics } from '#src/process/metrics/metrics.ts'
import type { Asked, Answered } from '#src/process/metrics/metrics.ts'
import { measureStorage } from '#src/process/metrics/storage.ts'
import { sumOfWorkers } from '#src/process/metrics/worker-sum.ts'
import type { AskedWorker } from '#src/process/metrics/worker-sum.ts'
import { StorageRefused, StorageUnavailable } from '#src/storage/storage.ts'
import { SECRET } from '#test/support/app.ts'
import { withPostgres } from '#test/support/processes/postgres.ts'
import { spawnServer } from '#test/support/processes/processes.ts'

t.test('Prometheus finds metrics at one address, and nothing else there', async (t) => {
  const port = await freePort()
  let text = () => Promise.resolve('solar 1\n')
  const server = await listenForMetrics({ host: 'localhost', port }, () => text())
  t.teardown(() => server.close())
  const ask = (path: string, method = 'GET') => fetch(`http://localhost:${port}${path}`, { method, headers: { connection: 'close' } })
  const found = await ask('/metrics?x=1')
  t.equal(found.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  t.equal(await found.text(), 'solar 1\n')
  t.equal(await (await ask('/metrics', 'HEAD')).text(), '')
  t.equal((await ask('/metrics', 'POST')).status, 405)
  for (const path of ['/', '/token', '/metrics/x']) t.equal((await ask(path)).status, 404)
  text = () => Promise.reject(new Error('broken'))
  t.equal((await ask('/metrics')).status, 503)
})

t.test('an operator whose metrics can not be offered reads so, and why', async (t) => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  await t.rejects(
    listenForMetrics({ host: 'localhost', port }, async () => ''),
    new StorageRefused(`METRICS_LISTEN: localhost:${port} can't be used (EADDRINUSE): choose another address or port.`),
  )
})

t.test('without METRICS_LISTEN nothing keeps metrics', async (t) => t.equal(await createMetrics({}), undefined))

t.test('calls of the database are timed, and what it can not do is counted by its reason', async (t) => {
  const { meter, text } = createPrometheus('1')
  const onCall = measureStorage(meter)
  onCall('read', 500)
  onCall('write', 250, new StorageUnavailable('PostgreSQL: gone'))
  onCall('write', 250, new TypeError('a defect'))
  const shown = await text()
  t.match(shown, 'solar_storage_duration_seconds_sum{kind="read"} 0.5')
  t.match(shown, 'solar_storage_duration_seconds_count{kind="write"} 2')
  t.match(shown, 'solar_storage_duration_seconds_sum{kind="write"} 0.5')
  t.match(shown, 'solar_storage_failures_total{reason="unreachable"} 1')
})

t.test('a worker answers the process that started it, as long as that listens, and nothing else that it says', async (t) => {
  const channel = Object.assign(new EventEmitter(), {
    connected: true,
    sent: [] as Answered[],
    send: (answer: Answered) => void channel.sent.push(answer),
  })
  answerPrimary(createPrometheus('1'), channel as never)
  channel.emit('message', { something: 'else' })
  channel.emit('message', { metricsWanted: 7 } satisfies Asked)
  while (channel.sent.length === 0) await new Promise(setImmediate)
  t.match(channel.sent, [{ metricsOf: 7 }])
  channel.connected = false
  channel.emit('message', { metricsWanted: 8 } satisfies Asked)
  await new Promise((resolve) => setTimeout(resolve, 20))
  t.equal(channel.sent.length, 1)
})

t.test('the sum of workers counts one that is silent as it was, keeps what ended ones counted, and never falls', async (t) => {
  const bus = new EventEmitter()
  const there: (AskedWorker & { answers: boolean })[] = []
  const start = (id: number) => {
    const { meter, snapshot } = createPrometheus('1')
    const tell = async (number: number) => bus.emit('message', worker, { metricsOf: number, snapshot: await snapshot() })
    const worker = {
      id,
      answers: true,
      isConnected: () => true,
      send: ({ metricsWanted }: Asked) => (worker.answers && void tell(metricsWanted), true),
    }
    there.push(worker)
    return { worker, count: () => meter.count('sweepFailures', {}) }
  }
  const sum = sumOfWorkers(
    { all: () => there, onMessage: (listener) => void bus.on('message', listener), onExit: (listener) => void bus.on('exit', listener) },
    50,
  )
  const total = async () => Number(/\nsolar_sweeper_failures_total (\d+)/.exec(await sum())?.[1])
  t.equal(await sum(), '\n', 'before there is a worker')
  const one = start(1)
  const two = start(2)
  one.count()
  two.count()
  t.equal(await total(), 2)
  bus.emit('message', one.worker, { other: 'message' })
  two.worker.answers = false
  one.count()
  t.equal(await total(), 3)
  there.pop()
  bus.emit('exit', two.worker)
  t.equal(await total(), 3)
  start(3)
  t.equal(await total(), 3)
  bus.emit('exit', { id: 4 })
  there.push({ id: 5, answers: true, isConnected: () => false, send: () => false })
  t.equal(await total(), 3)
})

await withPostgres(t, async (t, server) => {
  await t.test('an operator with two workers finds the sum of both at one address, also after one of them ended', async (t) => {
    const metrics = await freePort()
    const env = { DATABASE_URL: await server.createDatabase(), SECRET, WORKERS: '2', METRICS_LISTEN: String(metrics) }
    const { issuer, child, ended, printed, stdout } = await spawnServer(t, { cwd: t.testdir(), env, counts: true })
    await printed(/worker started[^]*worker started/)
    const ask = async () => {
      const text = await (await fetch(`http://localhost:${metrics}/metrics`)).text()
      return Number(/route="\/jwks",method="GET",status="200"\} (\d+)/.exec(text)?.[1] ?? 0)
    }
    for (let count = 0; count < 6; count++) await (await fetch(`${issuer}/jwks`, { headers: { connection: 'close' } })).arrayBuffer()
    t.equal(await ask(), 6)
    process.kill(Number(/"worker":(\d+),"msg":"worker started"/.exec(stdout())![1]), 'SIGKILL')
    await printed(/"msg":"a worker ended: another one takes its place"/)
    t.equal(await ask(), 6)
    child.kill('SIGTERM')
    t.match(await ended, { code: 0, stderr: '' })
  })
})
