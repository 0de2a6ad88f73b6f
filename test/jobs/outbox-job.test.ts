import Fastify from 'fastify'
import t from 'tap'
import { startOutboxJob } from '#src/jobs/outbox-job.ts'

/** An app whose calls send as many notices as `send` says; `called` resolves after so many calls. */
function appWith(t: { teardown(fn: () => unknown): unknown }, send: (count: number) => number | Promise<number>) {
  const app = Fastify()
  let count = 0
  const waiting: [number, () => void][] = []
  const deliver = async () => {
    count += 1
    for (const [after, resolve] of waiting) if (count >= after) resolve()
    return send(count)
  }
  const awake = setInterval(() => {}, 1000) // the job's own timer doesn't keep the process alive
  t.teardown(() => {
    clearInterval(awake)
    return app.close()
  })
  return { app, deliver, count: () => count, called: (after: number) => new Promise<void>((resolve) => waiting.push([after, resolve])) }
}

t.test('the job sends until no notice is left, then looks again', async (t) => {
  const { app, deliver, called } = appWith(t, (count) => (count < 4 ? 8 : 0))
  const again = called(6)
  startOutboxJob(app, deliver, 10)
  await again
  t.pass('three full rounds, an empty one, and later ones')
})

t.test('an app that closes waits for the notices in progress, and sends no others', async (t) => {
  let finish = (_sent: number): void => {}
  const { app, deliver, count, called } = appWith(t, () => new Promise<number>((resolve) => (finish = resolve)))
  const begun = called(1)
  startOutboxJob(app, deliver, 10)
  await begun
  let closed = false
  const closing = app.close().then(() => (closed = true))
  await new Promise((resolve) => setImmediate(resolve))
  t.notOk(closed)
  finish(8)
  await closing
  t.equal(count(), 1)
})
