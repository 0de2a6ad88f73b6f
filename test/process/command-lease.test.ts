// Commands belong to one process of one server: who may run them, and who doesn't start.
import { mock } from 'node:test'
import t from 'tap'
import type { Test } from 'tap'
import { takeCommandLease } from '#src/process/commands/command-lease.ts'
import { StorageRefused } from '#src/storage/storage.ts'
import { createApp } from '#test/support/app.ts'
import { settled, stopTimers } from '#test/support/gate/played-command.ts'

const WITH = { PROTECT_COMMAND: 'npx x' }

async function scene(t: Test, env: Record<string, string> = WITH) {
  stopTimers(t)
  const { storage, config } = await createApp(t, env)
  const clock = { now: 1_000_000 }
  /** A process that waits lets time pass, in which the others renew theirs. */
  const pause = async (ms: number) => {
    clock.now += ms
    mock.timers.tick(ms)
    await settled()
  }
  const take = (options: object = {}, its = config) => takeCommandLease(storage, its, () => clock.now, { pause, ...options })
  return { storage, config, clock, pause, take }
}

t.test('the first server with commands runs them, and a second one does not start while it lives', async (t) => {
  const { config, take } = await scene(t)
  const first = await take()
  t.ok(first.hasCommands)
  t.ok(await first.mayRun())
  await t.rejects(take(), StorageRefused)
  await t.rejects(take({}, { ...config, protectCommand: undefined } as never), /only one can: stop it first/)
  t.ok(await first.mayRun())
  await first.end()
  const second = await take()
  t.ok(await second.mayRun())
  await second.end()
})

t.test('a resource that was registered with a command counts as well', async (t) => {
  const { storage, clock, take } = await scene(t, {})
  const base = { secretHash: '', name: 'Tools', scopes: [], createdAt: clock.now, updatedAt: clock.now }
  await storage.resources.insert({ ...base, id: 'r1', identifier: 'https://one.example/mcp' })
  const gate = { identity: 'none' as const, headers: [], tools: [], upstream: ['npx', 'x'] }
  await storage.resources.insert({ ...base, id: 'r2', identifier: 'https://two.example/mcp', gate })
  const first = await take()
  t.ok(first.hasCommands)
  await t.rejects(take(), /only one can/)
  await first.end()
})

t.test('one that died without a word is waited for', async (t) => {
  const { storage, clock, take } = await scene(t)
  const died = clock.now
  await storage.leases.take('commands', 'a node that died', died, died + 6000)
  const lease = await take()
  t.ok(clock.now >= died + 6000)
  t.ok(clock.now < died + 7000)
  await lease.end()
})

t.test('servers without commands run beside each other; once there are some, the first one to need them has them', async (t) => {
  const { take, pause } = await scene(t, {})
  const [first, second] = [await take(), await take()]
  t.notOk(first.hasCommands)
  t.ok(await first.mayRun())
  t.notOk(await second.mayRun())
  for (let count = 0; count < 10; count++) await pause(1000)
  t.ok(await first.mayRun(), 'which keeps them')
  t.notOk(await second.mayRun())
  await first.end()
  t.ok(await second.mayRun(), 'until it ends')
  await second.end()
})

t.test('a node that is cut off from the database loses the commands to the next one', async (t) => {
  const { storage, take, pause } = await scene(t, {})
  const [first, second] = [await take(), await take()]
  t.ok(await first.mayRun())
  const { take: reach } = storage.leases
  Object.assign(storage.leases, { take: async () => Promise.reject(new Error('the database is away')) })
  await pause(5000)
  t.ok(await first.mayRun(), 'nobody else can have them yet')
  await pause(1000)
  await t.rejects(first.mayRun())
  Object.assign(storage.leases, { take: reach })
  t.ok(await second.mayRun())
  t.notOk(await first.mayRun())
  await pause(2000)
  t.notOk(await first.mayRun())
  await first.end()
  await second.end()
})

t.test('a database that is away keeps no server from stopping', async (t) => {
  const { storage, take } = await scene(t)
  const lease = await take()
  Object.assign(storage.leases, { delete: async () => Promise.reject(new Error('the database is away')) })
  await lease.end()
})

t.test('a worker never runs commands, and does not start where there are some', async (t) => {
  const { take } = await scene(t, {})
  const lease = await take({ isWorker: true })
  t.notOk(await lease.mayRun())
  await lease.end()
  const { take: withCommand } = await scene(t)
  await t.rejects(withCommand({ isWorker: true }), /leave it at 1/)
})
