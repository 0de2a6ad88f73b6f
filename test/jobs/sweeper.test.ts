import Fastify from 'fastify'
import t from 'tap'
import type { Storage } from '#src/storage/storage.ts'
import { startSweeper } from '#src/jobs/sweeper.ts'
import { SILENT } from '#src/metrics/meter.ts'
import type { Meter } from '#src/metrics/meter.ts'
import { createPrometheus } from '#src/metrics/prometheus.ts'

/** An app whose storage answers each sweep as `sweep` says; `swept` resolves after so many sweeps. */
function appWith(
  t: { teardown(fn: () => unknown): unknown },
  sweep: (count: number) => number | Promise<number>,
  isHolder = () => true,
  rotateDue: () => Promise<unknown[]> = async () => [],
  meter: Meter = SILENT,
) {
  const log: string[] = []
  const app = Fastify({ logger: { level: 'warn', stream: { write: (line: string) => void log.push(line) } } })
  let count = 0
  const waiting: [number, () => void][] = []
  const lease: string[] = []
  const storage: Pick<Storage, 'sweep' | 'leases'> = {
    leases: {
      take: async (name, _holder, now, expiresAt) => {
        lease.push(`${name} until ${expiresAt - now}`)
        return isHolder()
      },
      delete: async (name) => void lease.push(`${name} given back`),
    },
    sweep: async () => {
      count += 1
      for (const [after, resolve] of waiting) if (count >= after) resolve()
      return sweep(count)
    },
  }
  app
    .decorate('storage', storage as Storage)
    .decorate('meter', meter)
    .decorate('now', () => 0)
    .decorate('settings', {} as never)
    .decorate('keyset', { rotateDue } as never)
  const awake = setInterval(() => {}, 1000) // the sweeper's own timer doesn't keep the process alive
  t.teardown(() => {
    clearInterval(awake)
    return app.close()
  })
  return { app, log, lease, count: () => count, swept: (after: number) => new Promise<void>((resolve) => waiting.push([after, resolve])) }
}

t.test('the sweeper works in steps until nothing is left, then pauses', async (t) => {
  const { app, count, swept } = appWith(t, (count) => (count < 4 ? 200 : 0))
  const done = swept(5)
  startSweeper(app, 10)
  await done
  t.ok(count() >= 5, 'it swept again after the pause')
})

t.test('the sweeper stops before its next turn, so that the lease is renewed in time, however much is left', async (t) => {
  const { app, lease, count } = appWith(t, () => 50)
  startSweeper(app, 20)
  while (lease.length < 3) await new Promise((resolve) => setTimeout(resolve, 5))
  t.ok(count() > 2, `${count()} steps`)
})

t.test('between two steps the sweeper rests longer than it worked', async (t) => {
  const WORK_MS = 1
  let now = 0
  const rests: number[] = []
  const { app, swept } = appWith(t, (count) => {
    now += WORK_MS
    return count < 4 ? 50 : 0
  })
  const done = swept(4)
  startSweeper(app, 10, { elapsed: () => now, rest: async (ms) => void rests.push(ms) })
  await done
  t.strictSame(rests, [3 * WORK_MS, 3 * WORK_MS, 3 * WORK_MS])
})

t.test('a sweeper whose storage fails says so and tries again', async (t) => {
  const { app, log, swept } = appWith(t, (count) => {
    if (count === 1) throw new Error('the disk is full')
    return 0
  })
  const done = swept(2)
  startSweeper(app, 10)
  await done
  t.match(log.join(''), /sweeping failed, trying again later/)
})

t.test('an app that closes waits for the step in progress, and starts no other', async (t) => {
  let finish = (_removed: number): void => {}
  const { app, count, swept } = appWith(t, () => new Promise<number>((resolve) => (finish = resolve)))
  const begun = swept(1)
  startSweeper(app, 10)
  await begun
  let closed = false
  const closing = app.close().then(() => (closed = true))
  await new Promise((resolve) => setImmediate(resolve))
  t.notOk(closed)
  finish(200)
  await closing
  t.equal(count(), 1)
})

t.test('of many nodes only the one that holds the lease sweeps, and gives it back when it closes', async (t) => {
  let holder = false
  const { app, lease, count, swept } = appWith(
    t,
    () => 0,
    () => holder,
  )
  startSweeper(app, 10)
  while (lease.length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
  t.equal(count(), 0)
  holder = true
  await swept(1)
  t.equal(lease[0], 'sweep until 20')
  await app.close()
  t.equal(lease.at(-1), 'sweep given back')
})

t.test('the node that sweeps rotates the keys, and says so', async (t) => {
  const { app, log, swept } = appWith(
    t,
    () => 0,
    undefined,
    async () => [{ kid: 'made', alg: 'ES256' }],
  )
  app.log.level = 'info'
  startSweeper(app, 10)
  await swept(1)
  t.match(log.join(''), /"kid":"made","alg":"ES256","msg":"signing key made"/)
})

t.test('an operator sees in the metrics when the sweeper last came to its end, what it deleted, and that it failed', async (t) => {
  const { meter, text } = createPrometheus('1')
  const { app, swept } = appWith(
    t,
    (count) => {
      if (count === 1) throw new Error('away')
      return count < 4 ? 50 : 0
    },
    undefined,
    undefined,
    meter,
  )
  app.now = () => 7000
  startSweeper(app, 10)
  await swept(4)
  const shown = async (line: string) => (await text()).includes(`\n${line}\n`)
  while (!(await shown('solar_sweeper_last_success_timestamp_seconds 7'))) await new Promise(setImmediate)
  t.ok(await shown('solar_sweeper_removed_total 100'))
  t.ok(await shown('solar_sweeper_failures_total 1'))
})
