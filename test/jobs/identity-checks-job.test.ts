import Fastify from 'fastify'
import t from 'tap'
import { startIdentityChecksJob } from '#src/jobs/identity-checks-job.ts'

/** An app whose lease is free, taken, or not to be had. */
function appWith(t: { teardown(fn: () => unknown): unknown }, lease: () => Promise<boolean>, due: (count: number) => number) {
  const app = Fastify()
  let count = 0
  const waiting: [number, () => void][] = []
  app.decorate('now', () => 0)
  app.decorate('storage', { leases: { take: lease, delete: async () => Promise.reject(new Error('gone')) } } as never)
  app.decorate('checkIdentities', async () => {
    count += 1
    for (const [after, resolve] of waiting) if (count >= after) resolve()
    return due(count)
  })
  const awake = setInterval(() => {}, 1000) // the job's own timer doesn't keep the process alive
  t.teardown(() => {
    clearInterval(awake)
    return app.close()
  })
  return { app, count: () => count, called: (after: number) => new Promise<void>((resolve) => waiting.push([after, resolve])) }
}

t.test('the node with the lease asks until nobody is due, then looks again', async (t) => {
  const { app, called } = appWith(
    t,
    async () => true,
    (count) => (count < 3 ? 8 : 0),
  )
  const again = called(5)
  startIdentityChecksJob(app, 10)
  await again
})

t.test('a node without the lease, or without a database, asks nobody', async (t) => {
  for (const lease of [async () => false, async () => Promise.reject(new Error('down'))]) {
    let tries = 0
    const seen = new Promise<void>((resolve) => {
      const { app, count } = appWith(
        t,
        async () => {
          if (++tries === 3) resolve()
          return lease()
        },
        () => 0,
      )
      startIdentityChecksJob(app, 10)
      t.equal(count(), 0)
    })
    await seen
  }
})
