// How the messages of a command look over HTTP.
import { mock } from 'node:test'
import type { Readable } from 'node:stream'
import t from 'tap'
import type { Test } from 'tap'
import { createCommandAnswer } from '#src/plugins/gate/commands/command-answer.ts'
import { settled, stopTimers } from '#test/support/gate/played-command.ts'

type Options = Partial<Parameters<typeof createCommandAnswer>[0]>

function scene(t: Test, options: Options = {}) {
  stopTimers(t)
  return createCommandAnswer({ expected: 1, takesEvents: true, isStateless: false, headers: { 'mcp-session-id': 's' }, ...options })
}

async function begun({ answer }: ReturnType<typeof scene>) {
  const given = await answer
  if (given.refusal !== undefined) throw new Error(given.refusal.message)
  return { ...given.response, body: given.response.body as Readable }
}

async function read(made: ReturnType<typeof scene>) {
  const { statusCode, headers, body } = await begun(made)
  const chunks: Buffer[] = []
  for await (const chunk of body) chunks.push(chunk as Buffer)
  return { status: statusCode, type: headers['content-type'], session: headers['mcp-session-id'], text: Buffer.concat(chunks).toString() }
}

t.test('a response that comes soon is JSON', async (t) => {
  const made = scene(t)
  made.respond('{"id":1}')
  made.respond('{"id":1}')
  made.message('too late')
  made.end()
  t.same(await read(made), { status: 200, type: 'application/json', session: 's', text: '{"id":1}' })
})

t.test('one that takes longer, or that something comes before, is a stream of events', async (t) => {
  const slow = scene(t)
  mock.timers.tick(399)
  mock.timers.tick(1)
  slow.respond('{"id":1}')
  t.same(await read(slow), { status: 200, type: 'text/event-stream', session: 's', text: 'event: message\ndata: {"id":1}\n\n' })
  const busy = scene(t)
  busy.message('{"method":"m"}')
  busy.respond('{"id":1}')
  t.equal((await read(busy)).text, 'event: message\ndata: {"method":"m"}\n\nevent: message\ndata: {"id":1}\n\n')
})

t.test('a client of 2026-07-28 learns by the status with which server it speaks, so its response may take longer', async (t) => {
  for (const [code, status] of [
    [undefined, 200],
    [-32_601, 404],
    [-32_020, 400],
    [-32_000, 200],
  ] as const) {
    const made = scene(t, { isStateless: true })
    mock.timers.tick(9999)
    made.respond('{"id":1}', code)
    t.match(await read(made), { status, type: 'application/json' }, String(code))
  }
  const late = scene(t, { isStateless: true })
  mock.timers.tick(10_000)
  late.respond('{"id":1}', -32_601)
  t.match(await read(late), { status: 200, type: 'text/event-stream' })
  const older = scene(t)
  older.respond('{"id":1}', -32_601)
  t.equal((await read(older)).status, 200)
})

t.test('several responses are events, or one array for a client that takes no events', async (t) => {
  const events = scene(t, { expected: 2, isBatch: true })
  events.respond('1')
  events.respond('2')
  t.match(await read(events), { type: 'text/event-stream', text: 'event: message\ndata: 1\n\nevent: message\ndata: 2\n\n' })
  const plain = scene(t, { expected: 2, isBatch: true, takesEvents: false })
  mock.timers.tick(60_000)
  plain.message('is dropped')
  plain.respond('1')
  plain.respond('2')
  t.match(await read(plain), { type: 'application/json', text: '[1,2]' })
  const single = scene(t, { isBatch: true })
  single.respond('1')
  t.equal((await read(single)).text, '[1]')
})

t.test('a stream on which a client only listens begins at once, and ends as a whole', async (t) => {
  const made = scene(t, { expected: 0 })
  mock.timers.tick(0)
  t.equal((await begun(made)).statusCode, 200)
  made.message('1')
  made.end()
  made.end()
  t.match(await read(made), { text: 'event: message\ndata: 1\n\n' })
  t.ok(made.isOver)
})

t.test('what ends without a response is empty', async (t) => {
  const events = scene(t)
  events.end()
  t.match(await read(events), { status: 200, type: 'text/event-stream', text: '' })
  const plain = scene(t, { takesEvents: false })
  plain.end()
  t.match(await read(plain), { status: 202, text: '' })
})

t.test('a client that does not read, or goes, costs no memory', async (t) => {
  const made = scene(t)
  const part = 'x'.repeat(1024 * 1024)
  for (let sent = 0; sent < 33; sent++) made.message(part)
  await settled()
  t.ok(made.isOver)
  t.ok((await begun(made)).body.destroyed)
  const gone = scene(t)
  mock.timers.tick(400)
  const { body } = await begun(gone)
  body.destroy()
  await settled()
  t.ok(gone.isOver)
})
