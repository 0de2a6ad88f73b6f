// What clients and a process say to each other, with a process that the test plays.
import { mock } from 'node:test'
import t from 'tap'
import type { Test } from 'tap'
import { createConversation } from '#src/plugins/gate/commands/conversation.ts'
import { createSession } from '#src/plugins/gate/commands/session.ts'
import type { Session } from '#src/plugins/gate/commands/session.ts'
import { createListener, createLog, playCommand, settled, stopTimers } from '#test/support/gate/played-command.ts'
import type { PlayedListener } from '#test/support/gate/played-command.ts'

const TIMEOUT_MS = 60_000
const request = (id: unknown, method: string, params = {}) => JSON.stringify({ jsonrpc: '2.0', id, method, params })
const notification = (method: string, params = {}) => JSON.stringify({ jsonrpc: '2.0', method, params })

function scene(t: Test) {
  stopTimers(t)
  const clock = { now: 1000 }
  const command = playCommand(7)
  const { log, lines } = createLog()
  const conversation = createConversation(command, { log, now: () => clock.now, timeoutMs: TIMEOUT_MS })
  const open = (id?: string): Session => {
    const session = createSession(id)
    if (id !== undefined) conversation.sessions.add(session)
    return session
  }
  /** What is asked, and what its client reads. */
  const ask = (session: Session, text: string, method = (JSON.parse(text) as { method: string }).method): PlayedListener => {
    const listener = createListener()
    conversation.ask(session, text, method, listener)
    return listener
  }
  return { clock, command, lines, conversation, open, ask }
}

t.test('a response reaches the client that asked, under the id that it chose, as it is written', async (t) => {
  const { command, conversation, open, ask } = scene(t)
  const [a, b] = [open('a'), open('b')]
  const listeners = [ask(a, request(7, 'tools/call')), ask(b, request('7', 'tools/call'))]
  await settled()
  t.same(
    command.told.map(({ id }) => id),
    [1, 2],
  )
  t.ok(conversation.isBusy)
  await command.say('{ "result":{"big":12345678901234567890}, "id":2,"jsonrpc":"2.0" }')
  await command.say({ id: 1, error: { code: -32_602, message: 'no such tool' } })
  t.same(listeners[1]!.responses, [{ text: '{ "result":{"big":12345678901234567890}, "id":"7","jsonrpc":"2.0" }', code: undefined }])
  t.match(listeners[0]!.responses, [{ text: /"id":7,/, code: -32_602 }])
  t.notOk(conversation.isBusy)
  await command.say({ id: 1, result: {} })
  await command.say({ id: 'nothing of ours', result: {} })
  t.equal(listeners[0]!.responses.length, 1, 'one response each')
})

t.test('an error without a code is one, too', async (t) => {
  const { command, open, ask, conversation } = scene(t)
  const odd = ask(open(), request(1, 'tools/list'))
  await command.say({ id: 1, error: null })
  const worse = ask(open(), request(1, 'tools/list'))
  await command.say({ id: 2, error: { message: 'x' } })
  t.match([...odd.responses, ...worse.responses], [{ code: -32_000 }, { code: -32_000 }])
  t.notOk(conversation.isStateless, 'nor does it show that the process needs no session')
})

t.test('a process that answers a client without session opens none', async (t) => {
  const { command, conversation, open, ask } = scene(t)
  ask(open(), request(1, 'tools/list'))
  await command.say({ id: 1, result: {} })
  t.ok(conversation.isStateless)
})

t.test('progress reaches the request that it is about, and gives it more time', async (t) => {
  const { command, open, ask } = scene(t)
  const session = open('a')
  const follows = ask(session, request('x', 'tools/call', { _meta: { progressToken: 'mine' } }))
  const silent = ask(session, request('y', 'tools/call'))
  mock.timers.tick(TIMEOUT_MS - 1)
  const progress = (token: unknown) => command.say({ method: 'notifications/progress', params: { progressToken: token, progress: 1 } })
  await progress(1)
  for (const unknown of [2, 9, 'mine', undefined]) await progress(unknown)
  t.match(follows.messages, [/"progressToken":"mine"/])
  t.same(silent.messages, [])
  mock.timers.tick(1)
  t.match(silent.responses, [{ text: /"id":"y".*took too long/ }])
  t.same(follows.responses, [])
  mock.timers.tick(TIMEOUT_MS)
  t.match(follows.responses, [{ text: /"id":"x".*took too long/ }])
})

t.test('a process that is too late is told so; if it answers nothing at all it is ended', async (t) => {
  const { command, conversation, open, ask } = scene(t)
  const late = ask(open('a'), request(12, 'tools/call'))
  mock.timers.tick(TIMEOUT_MS)
  await settled()
  t.match(late.responses, [{ text: /"id":12,/, code: -32_000 }])
  t.match(command.told.slice(1), [
    { method: 'notifications/cancelled', params: { requestId: 1 } },
    { method: 'ping', id: 2 },
  ])
  await command.say({ id: 2, result: {} })
  mock.timers.tick(5000)
  t.notOk(conversation.isEnding, 'it lives')
  ask(open('a'), request(13, 'tools/call'))
  mock.timers.tick(TIMEOUT_MS)
  mock.timers.tick(5000)
  t.ok(conversation.isEnding)
  t.ok(command.isClosed)
  mock.timers.tick(0)
  t.same(command.signals, ['SIGTERM', 'SIGKILL'])
  await command.exit('SIGKILL ended it')
  t.equal(await conversation.ended, 'it hangs')
})

t.test('with the process all that waits is over, and the log has what it wrote besides messages', async (t) => {
  const { command, conversation, open, ask, lines } = scene(t)
  const session = open('a')
  const stream = createListener()
  session.listen(stream)
  const waits = ask(session, request(1.5, 'tools/call'))
  for (const line of ['no JSON', '{', '[1]', '{"a":"\\ud800"}', '', '  ']) await command.say(line)
  t.same(
    lines.filter(({ level }) => level === 'warn').map(({ data }) => data['line']),
    ['no JSON', '{', '[1]', '{"a":"\\ud800"}'],
  )
  await command.exit('it exited with code 7')
  t.equal(await conversation.ended, 'it exited with code 7')
  t.match(waits.responses, [{ text: /"id":1\.5,.*ended: it exited with code 7/ }])
  t.ok(stream.isOver)
})

t.test('twenty lines in a row that are no messages end it', async (t) => {
  const { command, conversation } = scene(t)
  for (let count = 0; count < 19; count++) await command.say('x')
  await command.say({ method: 'notifications/x' })
  for (let count = 0; count < 19; count++) await command.say('x')
  t.notOk(conversation.isEnding)
  await command.say('x')
  t.ok(conversation.isEnding)
})

t.test('the process knows one client; the others learn what it said to the first', async (t) => {
  const { command, conversation, open, ask } = scene(t)
  const [a, b, c] = [open('a'), open('b'), open('c')]
  const first = ask(a, request('a', 'initialize'))
  const second = ask(b, request('b', 'initialize'))
  await settled()
  t.equal(command.told.length, 1)
  await command.say({ id: 1, result: { name: 'the process' } })
  t.match([first.responses, second.responses], [[{ text: /"id":"a".*the process/ }], [{ text: /"id":"b".*the process/ }]])
  for (const session of [a, b, c]) conversation.tell(session, notification('notifications/initialized'), 'notifications/initialized')
  await settled()
  t.match(command.told, [{ method: 'initialize' }, { method: 'notifications/initialized' }])
})

t.test('where the first client was refused the next one tries again, and the others wait for it', async (t) => {
  const { command, open, ask } = scene(t)
  const [first, second, third] = ['a', 'b', 'c'].map((id) => ask(open(id), request(id, 'initialize')))
  await command.say({ id: 1, error: { code: -32_602, message: 'no such revision' } })
  t.equal(command.told.length, 2)
  await command.say({ id: 2, result: {} })
  t.match([first!.responses, second!.responses, third!.responses], [[{ code: -32_602 }], [{ text: /"id":"b"/ }], [{ text: /"id":"c"/ }]])
})

t.test('clients that wait for a process that ends learn it', async (t) => {
  const { command, open, ask } = scene(t)
  const [first, second] = ['a', 'b'].map((id) => ask(open(id), request(id, 'initialize')))
  await command.exit('SIGKILL ended it')
  t.match([first!.responses, second!.responses], [[{ text: /"id":"a".*SIGKILL/ }], [{ text: /"id":"b".*SIGKILL/ }]])
})

t.test('what a process asks goes to the client of the latest request, and only that one may answer', async (t) => {
  const { command, conversation, open, ask } = scene(t)
  const question = { id: 'q', method: 'sampling/createMessage', params: {} }
  const answer = (id: unknown) => JSON.stringify({ jsonrpc: '2.0', id, result: { of: 'client' } })
  await command.say(question)
  t.match(command.told.pop(), { id: 'q', error: { message: 'no client listens' } })
  const [a, b] = [open('a'), open('b')]
  const asks = ask(a, request(1, 'tools/call'))
  await command.say(question)
  t.match(asks.messages, [/sampling/])
  for (const [session, text] of [
    [b, answer('q')],
    [a, answer('other')],
    [a, '{"jsonrpc":"2.0","result":{}}'],
  ] as const)
    conversation.tell(session, text, undefined)
  await settled()
  t.equal(command.told.length, 1)
  conversation.tell(a, answer('q'), undefined)
  conversation.tell(a, answer('q'), undefined)
  await settled()
  t.match(command.told.slice(1), [{ id: 'q', result: { of: 'client' } }], 'once')
  // A client without session reads no questions: they go to the session that came last.
  ask(open(), request(2, 'tools/call'))
  const listens = createListener()
  b.listen(listens)
  await command.say(question)
  t.match(listens.messages, [/sampling/])
})

t.test('what comes unasked reaches all clients: within an answer, on their stream, or once they listen', async (t) => {
  const { command, open, ask } = scene(t)
  const [answering, listening, absent] = [open('a'), open('b'), open('c')]
  const asks = ask(answering, request(1, 'tools/call'))
  const stateless = ask(open(), request(1, 'tools/call'))
  const stream = createListener()
  listening.listen(stream)
  const log = (data: number) => command.say({ method: 'notifications/message', params: { data } })
  await log(0)
  for (const { messages } of [asks, stateless, stream]) t.match(messages, [/"data":0/])
  for (let data = 1; data <= 100; data++) await log(data)
  const late = createListener()
  absent.listen(late)
  t.equal(late.messages.length, 100, 'the oldest are dropped')
  t.match(late.messages[0], /"data":1\D/)
  const newer = createListener()
  absent.listen(newer)
  t.ok(late.isOver, 'a newer stream takes its place')
  await log(101)
  t.match(newer.messages, [/"data":101/])
})

t.test('a subscription of a client without session stays open, and gets what is for it', async (t) => {
  const { command, conversation, open, ask } = scene(t)
  const key = 'io.modelcontextprotocol/subscriptionId'
  const listens = ask(open(), request('sub', 'subscriptions/listen'))
  const other = ask(open(), request('call', 'tools/call'))
  mock.timers.tick(TIMEOUT_MS - 1)
  await command.say({ id: 2, result: {} })
  mock.timers.tick(TIMEOUT_MS)
  t.same(listens.responses, [], 'it may be silent')
  t.notOk(conversation.isBusy)
  await command.say({ method: 'notifications/tools/list_changed', params: { _meta: { [key]: 1 } } })
  t.match(listens.messages, [new RegExp(`"${key}":"sub"`)])
  t.same(other.messages, [])
})

t.test('a client cancels what it asked, and nothing of anybody else', async (t) => {
  const { command, conversation, open, ask } = scene(t)
  const [a, b] = [open('a'), open('b')]
  const [first, second] = [ask(a, request('x', 'tools/call')), ask(b, request('x', 'tools/call'))]
  const cancel = (session: Session, requestId: string) =>
    conversation.tell(session, notification('notifications/cancelled', { requestId, reason: 'r' }), 'notifications/cancelled')
  cancel(a, 'unknown')
  cancel(a, 'x')
  cancel(a, 'x')
  await settled()
  t.match(command.told.slice(2), [{ params: { requestId: 1, reason: 'r' } }])
  t.equal(command.told.length, 3)
  t.strictSame([first.isOver, second.isOver], [true, false])
  conversation.cancel(second)
  await settled()
  t.match(command.told.at(-1), { method: 'notifications/cancelled', params: { requestId: 2 } })
  await command.say({ id: 2, result: {} })
  t.same(second.responses, [])
})

t.test('with a session all ends that belongs to it', async (t) => {
  const { command, conversation, open, ask, clock } = scene(t)
  const [a, b] = [open('a'), open('b')]
  const stream = createListener()
  a.listen(stream)
  const [mine, other] = [ask(a, request(1, 'tools/call')), ask(b, request(1, 'tools/call'))]
  ask(a, request(2, 'tools/call'))
  await command.say({ id: 'q', method: 'roots/list' })
  ask(b, request(2, 'tools/call'))
  await command.say({ id: 'p', method: 'roots/list' })
  conversation.leave(a)
  await settled()
  t.strictSame([stream.isOver, mine.isOver, other.isOver, conversation.sessions.size], [true, true, false, 1])
  t.same(
    command.told.slice(4).map(({ params }) => params),
    [{ requestId: 1 }, { requestId: 3 }],
  )
  clock.now += 5
  conversation.tell(a, '{"jsonrpc":"2.0","id":"q","result":{}}', undefined)
  await settled()
  t.equal(command.told.length, 6, 'its answers come too late')
  conversation.tell(b, '{"jsonrpc":"2.0","id":"p",\r\n"result":{}}', undefined)
  await settled()
  t.equal(command.told.length, 7, 'one line each')
  t.equal(conversation.activeAt, 1005)
})
