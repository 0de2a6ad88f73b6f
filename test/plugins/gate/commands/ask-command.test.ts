// Streamable HTTP in front of a command: methods, sessions, statuses. The test plays the process.
import t from 'tap'
import type { Test } from 'tap'
import { createCommandAsker } from '#src/plugins/gate/commands/ask-command.ts'
import type { CommandRequest } from '#src/plugins/gate/commands/ask-command.ts'
import type { CommandPool } from '#src/plugins/gate/commands/command-pool.ts'
import { createConversation } from '#src/plugins/gate/commands/conversation.ts'
import { createSession } from '#src/plugins/gate/commands/session.ts'
import type { Session } from '#src/plugins/gate/commands/session.ts'
import { createLog, playCommand, settled, stopTimers } from '#test/support/gate/played-command.ts'

const EVENTS = 'application/json, text/event-stream'
const CALL = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'x' } }
const INITIALIZE = { jsonrpc: '2.0', id: 0, method: 'initialize', params: { protocolVersion: '2025-11-25' } }

/** A pool with one process. */
function scene(t: Test, isFull = false) {
  stopTimers(t)
  const command = playCommand(7)
  const conversation = createConversation(command, { log: createLog().log, now: () => 0, timeoutMs: 60_000 })
  const sessions = new Map<string, Session>()
  const revisions: (string | undefined)[] = []
  const left: Session[] = []
  const pool: CommandPool = {
    find: async (_asked, revision) => {
      revisions.push(revision)
      return isFull ? { refusal: { status: 503, message: 'too many' } } : { conversation }
    },
    open: () => {
      const session = createSession('s1')
      sessions.set('s1', session)
      return session
    },
    session: (id) => (sessions.has(id) ? { conversation, session: sessions.get(id)! } : undefined),
    leave: (session) => void left.push(session),
  }
  const ask = createCommandAsker(pool)
  const send = (body: unknown, more: Partial<CommandRequest> = {}) =>
    ask({
      ...({
        method: 'POST',
        gated: {},
        subject: 'me',
        sessionId: undefined,
        accept: EVENTS,
        revision: undefined,
      } as never as CommandRequest),
      body: body === undefined ? undefined : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
      signal: new AbortController().signal,
      ...more,
    })
  return { command, send, revisions, left, open: () => pool.open(conversation) }
}

t.test('a session begins with initialize alone, and its process is one for that revision', async (t) => {
  const { command, send, revisions } = scene(t)
  const answer = send(INITIALIZE)
  await settled()
  await command.say({ id: 1, result: {} })
  t.match(await answer, { response: { statusCode: 200, headers: { 'mcp-session-id': 's1', 'content-type': 'application/json' } } })
  t.same(
    revisions,
    ['2025-11-25'].map((revision) => JSON.stringify(revision)),
  )
  t.match(await send([INITIALIZE, CALL]), { refusal: { status: 400, message: 'initialize must be alone', id: 0 } })
  void send({ ...INITIALIZE, params: {} })
  t.equal(revisions[1], '')
})

t.test('without a session there is none: clients learn whether they need one, or a new one', async (t) => {
  const { send } = scene(t)
  t.match(await send(CALL), { refusal: { status: 400, message: /Mcp-Session-Id header is required/, id: 1 } })
  t.match(await send(CALL, { sessionId: 'unknown' }), { refusal: { status: 404, code: -32_001, id: 1 } })
  t.match(await send(undefined, { method: 'GET' }), { refusal: { status: 400 } })
  for (const method of ['GET', 'DELETE'] as const)
    t.match(await send(undefined, { method, sessionId: 'unknown' }), { refusal: { status: 404 } })
  const modern = await send(undefined, { method: 'GET', revision: '2026-07-28' })
  t.match(modern, { refusal: { status: 405, headers: { allow: 'POST, OPTIONS' } } })
})

t.test('where no process is to be had, the refusal is about the first message', async (t) => {
  const { send } = scene(t, true)
  t.match(await send(INITIALIZE), { refusal: { status: 503, id: 0 } })
  t.match(await send(CALL, { revision: '2026-07-28' }), { refusal: { status: 503, id: 1 } })
})

t.test('what is no message is refused, and what needs no answer is accepted', async (t) => {
  const { command, send, open } = scene(t)
  open()
  t.match(await send('{'), { refusal: { status: 400, code: -32_700 } })
  const sessionId = 's1'
  t.match(await send([{ jsonrpc: '2.0', method: 'notifications/x' }], { sessionId }), { response: { statusCode: 202 } })
  const withNull = send({ ...CALL, id: null }, { sessionId })
  await settled()
  t.match(command.told, [{ method: 'notifications/x' }, { method: 'tools/call', id: 1 }])
  await command.say({ id: 1, result: {} })
  t.match(await withNull, { response: { statusCode: 200 } }, 'an id of null is one')
})

t.test('a batch is answered as one', async (t) => {
  const { command, send, open } = scene(t)
  open()
  const answer = send([CALL, { jsonrpc: '2.0', method: 'notifications/x' }, { ...CALL, id: 2 }], {
    sessionId: 's1',
    accept: 'application/json',
  })
  await settled()
  await command.say({ id: 2, result: {} })
  await command.say({ id: 1, result: {} })
  const { response } = (await answer) as { response: { body: AsyncIterable<Buffer> } }
  const chunks: Buffer[] = []
  for await (const chunk of response.body) chunks.push(chunk)
  t.match(JSON.parse(Buffer.concat(chunks).toString()), [{ id: 2 }, { id: 1 }])
})

t.test('a client listens on a stream of events, and leaves its session', async (t) => {
  const { send, open, left } = scene(t)
  const session = open()
  const listen = (accept: string) => send(undefined, { method: 'GET', sessionId: 's1', accept })
  t.match(await listen('application/json'), { refusal: { status: 406 } })
  for (const accept of ['text/event-stream', '*/*', 'TEXT/*']) {
    const answer = listen(accept)
    await settled()
    session.end()
    t.match(await answer, { response: { statusCode: 200, headers: { 'content-type': 'text/event-stream' } } })
  }
  t.match(await send(undefined, { method: 'DELETE', sessionId: 's1' }), { response: { statusCode: 200 } })
  t.same(left, [session])
})

t.test('a client of 2026-07-28 that goes cancels its request; one with a session does not', async (t) => {
  const { command, send, open } = scene(t)
  open()
  const abort = new AbortController()
  void send(CALL, { revision: '2026-07-28', signal: abort.signal })
  await settled()
  void send(CALL, { sessionId: 's1', signal: abort.signal })
  await settled()
  abort.abort()
  await settled()
  t.match(command.told.slice(2), [{ method: 'notifications/cancelled', params: { requestId: 1 } }])
  t.equal(command.told.length, 3)
  void send(CALL, { revision: '2026-07-28', signal: abort.signal })
  await settled()
  t.equal(command.told.length, 3, 'one that went while its process started asks nothing')
})
