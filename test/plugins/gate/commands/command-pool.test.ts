// Whose process it is, how many there are, and that each ends. The test plays the processes.
import t from 'tap'
import type { Test } from 'tap'
import type { ProcessRules } from '#src/domain/gate/command/command.ts'
import type { GatedResource } from '#src/domain/gate/gate-table.ts'
import { createCommandPool } from '#src/plugins/gate/commands/command-pool.ts'
import type { Asked } from '#src/plugins/gate/commands/command-pool.ts'
import { createSession } from '#src/plugins/gate/commands/session.ts'
import { createListener, createLog, playCommand, settled, stopTimers } from '#test/support/gate/played-command.ts'
import type { PlayedCommand } from '#test/support/gate/played-command.ts'

const REVISION = '2025-11-25'

function scene(t: Test, { commands = 10, commandsPerUser = 10, failures = 0 } = {}) {
  const timers = stopTimers(t)
  const clock = { now: 0 }
  const state = { mayRun: async () => true, isCurrent: true }
  const { log, lines } = createLog()
  Object.assign(log, { child: () => log })
  const hooks = new Map<string, () => Promise<void>>()
  const app = {
    settings: { commands, commandsPerUser, upstreamTimeout: 60 },
    now: () => clock.now,
    log,
    addHook: (name: string, hook: () => Promise<void>) => hooks.set(name, hook),
  }
  const started: PlayedCommand[] = []
  const startCommand = async () => {
    if (failures-- > 0) throw new Error('npx can not be started')
    const command = playCommand(started.length + 1)
    started.push(command)
    return command
  }
  const pool = createCommandPool(app as never, { startCommand, mayRun: () => state.mayRun(), isCurrent: async () => state.isCurrent })
  const asked = (subject: string, process?: Partial<ProcessRules>, id = 'tools'): Asked => {
    const gate = { process: process && { per: 'person', env: [], ...process } }
    return { subject, gated: { resource: { id, identifier: id }, upstream: ['npx'], gate } as unknown as GatedResource }
  }
  const find = async (whose: Asked, revision: string | undefined = REVISION) => (await pool.find(whose, revision)).conversation!
  const open = async (whose: Asked, revision?: string) => {
    const conversation = await find(whose, revision)
    return { conversation, session: pool.open(conversation) }
  }
  /** One sweep of the pool. */
  const sweep = async () => {
    timers.tick(1000)
    await settled()
  }
  return { pool, clock, state, lines, started, asked, find, open, sweep, timers, hooks }
}

t.test('a user has one process for each revision and each resource, whatever the number of sessions', async (t) => {
  const { asked, find } = scene(t)
  const mine = await find(asked('me'))
  t.equal(await find(asked('me')), mine)
  for (const other of [
    await find(asked('me'), '2025-06-18'),
    await find(asked('you')),
    await find(asked('me', {}, 'other')),
    await find(asked('me', { user: 'nobody' })),
  ])
    t.not(other, mine)
})

t.test('clients without sessions share the process of their user, unless it shows that it needs none', async (t) => {
  const { pool, asked, find, started } = scene(t)
  const found = async () => (await pool.find(asked('me'), undefined)).conversation!
  const stateless = await found()
  t.equal(await found(), stateless)
  t.equal(await find(asked('me')), stateless, 'a client with sessions may still take it')
  t.not(await found(), stateless, 'from then on it is of that revision')
  const { found: other, answer } = { found: await pool.find(asked('you'), undefined), answer: createListener() }
  other.conversation!.ask(createSession(), '{"jsonrpc":"2.0","id":1,"method":"tools/list"}', 'tools/list', answer)
  await started.at(-1)!.say({ id: 1, result: {} })
  t.not(await find(asked('you')), other.conversation)
})

t.test('with a process per session each has its own, which ends with it', async (t) => {
  const { pool, asked, open, started } = scene(t)
  const each = asked('me', { per: 'session' })
  const [first, second] = [await open(each), await open(each)]
  t.not(first.conversation, second.conversation)
  pool.leave(first.session)
  t.strictSame([started[0]!.isClosed, started[1]!.isClosed], [true, false])
  t.equal(pool.session(first.session.id!, each), undefined)
})

t.test('a session is found by its user on its resource alone, and as long as its process lives', async (t) => {
  const { pool, asked, open, started } = scene(t)
  const { session, conversation } = await open(asked('me'))
  const { id } = session
  t.strictSame(pool.session(id!, asked('me')), { conversation, session })
  for (const foreign of [asked('you'), asked('me', {}, 'other')]) t.equal(pool.session(id!, foreign), undefined)
  t.equal(pool.session('unknown', asked('me')), undefined)
  conversation.end('nobody used it')
  t.equal(pool.session(id!, asked('me')), undefined)
  const next = await open(asked('me'))
  t.not(next.conversation, conversation, 'a process that ends gets no more sessions')
  await started[0]!.exit()
  await started[1]!.exit()
  t.equal(pool.session(next.session.id!, asked('me')), undefined)
})

t.test('a client that opens sessions without end loses its oldest ones', async (t) => {
  const { pool, asked, open } = scene(t)
  const first = await open(asked('me'))
  for (let count = 1; count < 100; count++) await open(asked('me'))
  t.ok(pool.session(first.session.id!, asked('me')))
  await open(asked('me'))
  t.equal(pool.session(first.session.id!, asked('me')), undefined)
  t.equal(first.conversation.sessions.size, 100)
})

t.test('there are no more than may be, of a user and in all', async (t) => {
  const { pool, asked, started } = scene(t, { commands: 3, commandsPerUser: 2 })
  const ask = async (subject: string) => (await pool.find(asked(subject, { per: 'session' }), REVISION)).refusal
  t.same([await ask('me'), await ask('me')], [undefined, undefined])
  t.match(await ask('me'), { status: 503, message: /too many/, headers: { 'retry-after': '5' } })
  t.equal(await ask('you'), undefined)
  t.match(await ask('they'), { status: 503 })
  await started[0]!.exit()
  t.equal(await ask('they'), undefined)
})

t.test('one that can not be started is 503, the operator reads why, and it takes no place', async (t) => {
  const { pool, asked, lines } = scene(t, { commands: 1, failures: 1 })
  t.match((await pool.find(asked('me'), REVISION)).refusal, { status: 503, message: /can not be started/ })
  t.match(lines, [{ level: 'error', data: { err: { message: 'npx can not be started' } } }])
  t.ok((await pool.find(asked('me'), REVISION)).conversation)
})

t.test('it ends after ten minutes without use, but not while an answer is due', async (t) => {
  const { asked, find, sweep, clock, started, timers } = scene(t)
  const conversation = await find(asked('me'))
  const busy = await find(asked('you'))
  busy.ask(createSession(), '{"jsonrpc":"2.0","id":1,"method":"tools/call"}', 'tools/call', createListener())
  clock.now = 10 * 60_000 - 1
  await sweep()
  t.notOk(conversation.isEnding)
  clock.now++
  await sweep()
  t.strictSame([conversation.isEnding, busy.isEnding], [true, false])
  await started[0]!.exit()
  await sweep()
  t.equal(await conversation.ended, 'nobody used it')
  timers.reset()
})

t.test('it ends when its resource changes, or another node has taken over; not while the database is away', async (t) => {
  const { asked, find, sweep, state, started } = scene(t)
  const first = await find(asked('me'))
  state.mayRun = async () => Promise.reject(new Error('the database is away'))
  await sweep()
  t.notOk(first.isEnding)
  state.mayRun = async () => true
  state.isCurrent = false
  await sweep()
  await started[0]!.exit()
  t.equal(await first.ended, 'its resource has changed')
  state.isCurrent = true
  const second = await find(asked('me'))
  state.mayRun = async () => false
  await sweep()
  await started[1]!.exit()
  t.equal(await second.ended, 'another node runs commands')
})

t.test('a node that may not run commands says so', async (t) => {
  const { pool, asked, state, started } = scene(t)
  state.mayRun = async () => false
  t.match((await pool.find(asked('me'), REVISION)).refusal, { status: 503, message: /another node/ })
  t.same(started, [])
})

t.test('when the server stops, an answer that is due may still come, then all end', async (t) => {
  const { pool, asked, find, hooks, started } = scene(t)
  const [idle, busy] = [await find(asked('me')), await find(asked('you'))]
  busy.ask(createSession(), '{"jsonrpc":"2.0","id":1,"method":"tools/call"}', 'tools/call', createListener())
  await hooks.get('preClose')!()
  t.strictSame([idle.isEnding, busy.isEnding], [true, false])
  t.match((await pool.find(asked('they'), REVISION)).refusal, { status: 503 })
  const closed = hooks.get('onClose')!()
  t.ok(busy.isEnding)
  for (const each of started) await each.exit()
  await closed
})
