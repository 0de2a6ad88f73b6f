import Fastify from 'fastify'
import t from 'tap'
import { startBackchannelLogoutJob } from '#src/jobs/backchannel-logout-job.ts'

/** An app that has so many notices to tell, a call at a time; `told` resolves after so many calls. */
function appWith(t: { teardown(fn: () => unknown): unknown }, tell: (count: number) => number | Promise<number>) {
  const app = Fastify()
  let count = 0
  const waiting: [number, () => void][] = []
  app.decorate('sendBackchannelLogouts', async () => {
    count += 1
    for (const [after, resolve] of waiting) if (count >= after) resolve()
    return tell(count)
  })
  const awake = setInterval(() => {}, 1000) // the notifier's own timer doesn't keep a process
  t.teardown(() => {
    clearInterval(awake)
    return app.close()
  })
  return { app, count: () => count, told: (after: number) => new Promise<void>((resolve) => waiting.push([after, resolve])) }
}

t.test('the notifier goes on until nobody is left to be told, then looks again', async (t) => {
  const { app, told } = appWith(t, (count) => (count < 4 ? 8 : 0))
  const again = told(6)
  startBackchannelLogoutJob(app, 10)
  await again
  t.pass('three full rounds, an empty one, and later ones')
})

t.test('an app that closes waits for who is being told, and nobody else is', async (t) => {
  let finish = (_told: number): void => {}
  const { app, count, told } = appWith(t, () => new Promise<number>((resolve) => (finish = resolve)))
  const begun = told(1)
  startBackchannelLogoutJob(app, 10)
  await begun
  let closed = false
  const closing = app.close().then(() => (closed = true))
  await new Promise((resolve) => setImmediate(resolve))
  t.notOk(closed)
  finish(8)
  await closing
  t.equal(count(), 1)
})
