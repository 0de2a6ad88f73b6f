// Commands belong to one process of one server: who may run them, and who doesn't start.
import t from 'tap'
import { takeCommandLease } from '#src/process/command-lease.ts'
import { StorageRefused } from '#src/storage/storage.ts'
import { createApp } from '#test/support/app.ts'

const QUICK = { ttlMs: 200, renewMs: 40 }
const WITH = { PROTECT_COMMAND: 'npx x' }
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

t.test('the first server with commands runs them, and a second one does not start while it lives', async (t) => {
  const { storage, config } = await createApp(t, WITH)
  const first = await takeCommandLease(storage, config, Date.now, QUICK)
  t.ok(first.hasCommands)
  t.ok(await first.mayRun())
  await t.rejects(takeCommandLease(storage, config, Date.now, QUICK), StorageRefused)
  await t.rejects(takeCommandLease(storage, { ...config, protectCommand: undefined } as never, Date.now, QUICK), /only one can/)
  await first.end()
  const second = await takeCommandLease(storage, config, Date.now, QUICK)
  t.ok(await second.mayRun())
  await second.end()
})

t.test('one that died is waited for', async (t) => {
  const { storage, config } = await createApp(t, WITH)
  await storage.leases.take('commands', 'a node that died', Date.now(), Date.now() + 150)
  const begun = performance.now()
  const lease = await takeCommandLease(storage, config, Date.now, QUICK)
  t.ok(performance.now() - begun >= 100)
  await lease.end()
})

t.test('servers without commands run beside each other; once there are some, the first one to need them has them', async (t) => {
  const { storage, config } = await createApp(t)
  const [first, second] = [
    await takeCommandLease(storage, config, Date.now, QUICK),
    await takeCommandLease(storage, config, Date.now, QUICK),
  ]
  t.notOk(first.hasCommands)
  t.ok(await first.mayRun())
  t.notOk(await second.mayRun())
  const { take } = storage.leases
  Object.assign(storage.leases, { take: async () => Promise.reject(new Error('the database is away')) })
  await wait(100)
  t.ok(await first.mayRun(), 'while the database is away, nobody else can have them')
  Object.assign(storage.leases, { take: async () => false })
  await wait(100)
  t.notOk(await first.mayRun())
  Object.assign(storage.leases, { take })
  await first.end()
  await second.end()
})

t.test('a worker never runs commands, and does not start where there are some', async (t) => {
  const { storage, config } = await createApp(t)
  const lease = await takeCommandLease(storage, config, Date.now, { ...QUICK, isWorker: true })
  t.notOk(await lease.mayRun())
  await lease.end()
  const { storage: other, config: withCommand } = await createApp(t, WITH)
  await t.rejects(takeCommandLease(other, withCommand, Date.now, { ...QUICK, isWorker: true }), /leave it at 1/)
})
