// Commands behind the gate, good and hostile: whose process it is, which message goes where, and that nothing outlives its right.
import t from 'tap'
import { addMachine } from '#test/support/access.ts'
import { addUser } from '#test/support/authorization.ts'
import { ACCEPT, CALL, LIST } from '#test/support/gate/gate.ts'
import { createCommandScene, gone, isAlive, messagesOf, said } from '#test/support/gate/commands.ts'
import type { Message } from '#test/support/gate/commands.ts'

const MINUTE = 60_000

t.test('a user has a process of their own, which all their sessions and apps share', async (t) => {
  const scene = await createCommandScene(t)
  await addUser(scene, 'mallory', 'mallory password')
  const [token, other, theirs] = [await scene.token(), await scene.token(), await scene.token('mallory')]
  const [first, second, app, foreign] = [
    await scene.open(token),
    await scene.open(token),
    await scene.open(other),
    await scene.open(theirs),
  ]
  t.equal(first.pid, second.pid)
  t.equal(first.pid, app.pid)
  t.not(first.pid, foreign.pid)
  t.not(first.id, second.id)
  const stolen = await scene.send(theirs, LIST, { 'mcp-session-id': first.id })
  t.equal(stolen.status, 404, 'a session of somebody else is over')
  const seen = said<{ method: string }[]>(await second.call('seen')).map(({ method }) => method)
  t.same(seen, ['initialize', 'notifications/initialized', 'tools/call'], 'the process learns of one client')
  const older = await scene.open(token, '2025-06-18')
  t.not(older.pid, first.pid, 'another revision')
  await second.send(undefined, 'DELETE')
  t.equal((await second.send(LIST)).status, 404)
  t.match(said(await first.call('about')), { pid: first.pid }, 'the others go on')
})

t.test('a machine that acts for itself has a process of its own', async (t) => {
  const scene = await createCommandScene(t)
  const machine = await addMachine(scene)
  const issued = await scene.post('/token', { grant_type: 'client_credentials', resource: scene.address, ...machine })
  const [its, ours] = [await scene.open(issued.json<{ access_token: string }>().access_token), await scene.open(await scene.token())]
  t.not(its.pid, ours.pid)
})

t.test('with a process per session each session has its own, which ends with it', async (t) => {
  const scene = await createCommandScene(t)
  await scene.rules({ per: 'session' })
  const token = await scene.token()
  const [first, second] = [await scene.open(token), await scene.open(token)]
  t.not(first.pid, second.pid)
  t.equal((await first.send(undefined, 'DELETE')).status, 200)
  t.ok(await gone(first.pid))
  t.ok(isAlive(second.pid))
  const stateless = { 'mcp-protocol-version': '2026-07-28' }
  const pids = []
  for (let tries = 0; tries < 2; tries++)
    pids.push(said<{ pid: number }>((await messagesOf(await scene.send(token, CALL('about'), stateless)))[0]!).pid)
  t.equal(pids[0], pids[1], 'a revision without sessions has one per user')
})

t.test('a command gets no variable of ours, no folder of ours and no shell', async (t) => {
  process.env['SECRET_OF_TESTS'] = 'for the tool'
  t.teardown(() => delete process.env['SECRET_OF_TESTS'])
  const scene = await createCommandScene(t, { mode: `good '$HOME; ls' "*"` })
  await scene.rules({ env: [{ name: 'API_KEY', value: 'env:SECRET_OF_TESTS' }] })
  const session = await scene.open(await scene.token())
  const about = said<{ cwd: string; env: Record<string, string>; argv: string[] }>(await session.call('about'))
  t.same(about.argv, ['$HOME; ls', '*'])
  t.not(about.cwd, process.cwd())
  t.match(about.env, { PATH: process.env['PATH'], API_KEY: 'for the tool' })
  // tap adds its own to every process.
  const known = /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TZ|TMPDIR|API_KEY|_TAPJS_\w+|NODE_OPTIONS)$/
  t.same(
    Object.keys(about.env).filter((name) => !known.test(name)),
    [],
  )
})

t.test('ids and progress tokens of sessions that share a process never mix, and nothing else of a message changes', async (t) => {
  const scene = await createCommandScene(t)
  const token = await scene.token()
  const [a, b] = [await scene.open(token), await scene.open(token)]
  const line = '{ "result" : {"big":12345678901234567890,"id":"kept","a":1,"a":2},\t"jsonrpc":"2.0","id": ID }'
  const same = (session: typeof a, id: unknown) =>
    session.send({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'raw', arguments: { line }, _meta: { progressToken: id } } })
  for (const id of [7, '7', 'é"', 1.5]) {
    const [one, two] = await Promise.all([same(a, id), same(b, id)])
    for (const answer of [one, two]) t.equal(await answer.text(), line.replace('ID', JSON.stringify(id)))
  }
  const call = (name: string) => ({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, _meta: { progressToken: 'mine' } } })
  for (const messages of await Promise.all([a, b].map(async (each) => messagesOf(await each.send(call('progress'))))))
    t.match(messages, [{ params: { progressToken: 'mine', progress: 1 } }, { params: { progress: 2 } }, { id: 1, result: {} }])
  const broken = '{"jsonrpc":"2.0",\n"id":1,\r\n"method":"tools/call","params":{"name":"about"}}'
  t.match((await messagesOf(await a.send(broken)))[0], { id: 1, result: {} }, 'a body of several lines is one line')
  const twice = await a.send('{"jsonrpc":"2.0","id":1,"id":2,"method":"tools/list"}')
  t.equal(twice.status, 400, 'what two programs could read differently goes nowhere')
})

t.test('what a process asks reaches the client that called, and its answer comes back', async (t) => {
  const scene = await createCommandScene(t)
  const token = await scene.token()
  const [a, b] = [await scene.open(token), await scene.open(token)]
  const answer = await a.send(CALL('ask', 5))
  const reader = answer.body!.getReader()
  const [, asked] = /data: (.*)/.exec(new TextDecoder().decode((await reader.read()).value as Uint8Array))!
  const { id, params } = JSON.parse(asked!) as { id?: unknown; params: { for: number } }
  t.equal(id, undefined, 'a request without id is a notification')
  t.type(params.for, 'number')
  await reader.cancel()

  const question = await a.send({ jsonrpc: '2.0', id: 6, method: 'tools/call', params: { name: 'ask', arguments: { id: 'q1' } } })
  const more = question.body!.getReader()
  const first = JSON.parse(/data: (.*)/.exec(new TextDecoder().decode((await more.read()).value as Uint8Array))![1]!) as Message
  t.match(first, { id: 'q1', method: 'sampling/createMessage' })
  const result = { for: first.params!['for'], words: 'hello' }
  t.equal((await b.send({ jsonrpc: '2.0', id: 'q1', result })).status, 202, 'another session is not asked')
  t.equal((await a.send({ jsonrpc: '2.0', id: 'q1', result })).status, 202)
  t.match(new TextDecoder().decode((await more.read()).value as Uint8Array), /"words":"hello"/)
  t.match(said<{ line: string }[]>(await b.call('seen')).filter(({ line }) => line.includes('words')).length, 1)
})

t.test('a client that listens gets what comes unasked, also what came before', async (t) => {
  const scene = await createCommandScene(t)
  const session = await scene.open(await scene.token())
  await session.call('log', { data: 'within the answer', ms: 0 })
  const stream = await session.send(undefined, 'GET')
  t.equal(stream.status, 200)
  const reader = stream.body!.getReader()
  const other = await scene.open(await scene.token())
  await other.call('log', { data: 'for all' })
  t.match(new TextDecoder().decode((await reader.read()).value as Uint8Array), /for all/)
  const again = await session.send(undefined, 'GET')
  t.equal((await reader.read()).done, true, 'a newer stream takes its place')
  await session.send(undefined, 'DELETE')
  t.equal(await again.text(), '', 'and ends with the session')
})

t.test('a client of 2026-07-28 that goes ends its call', async (t) => {
  const scene = await createCommandScene(t)
  const token = await scene.token()
  const stateless = { 'mcp-protocol-version': '2026-07-28' }
  const seen = async (word: string) => {
    for (let tries = 0; tries < 200; tries++) {
      const [answer] = await messagesOf(await scene.send(token, CALL('seen'), stateless))
      if (said<{ line?: string }[]>(answer!).some(({ line }) => line?.includes(word))) return true
    }
    return false
  }
  const abort = new AbortController()
  const open = fetch(scene.address, {
    method: 'POST',
    headers: { accept: ACCEPT, 'content-type': 'application/json', authorization: `Bearer ${token}`, ...stateless },
    body: JSON.stringify(CALL('hang')),
    signal: abort.signal,
  })
  t.ok(await seen('"hang"'))
  abort.abort()
  await t.rejects(open)
  t.ok(await seen('notifications/cancelled'))
})

t.test('a crash, a line of 100 MB: its caller gets a JSON-RPC error, and the next one a new process', async (t) => {
  const scene = await createCommandScene(t)
  const token = await scene.token()
  for (const [name, args, reason] of [
    ['crash', {}, /ended: it exited with code 7/],
    ['garbage', { lines: 20 }, /ended: it writes no messages/],
    ['huge', {}, /ended: it wrote a line that is too long/],
  ] as const) {
    const session = await scene.open(token)
    t.match(await session.call(name, args), { id: 'call 1', error: { code: -32_000, message: reason } }, name)
    t.ok(await gone(session.pid), `${name}: nothing is left`)
    t.equal((await session.send(LIST)).status, 404, 'the session is over')
  }
  t.ok(
    scene.lines.some(({ msg }) => msg === 'about to crash'),
    'the log has what it said on standard error',
  )
})

t.test('a command that can not be started is 503, and its operator reads why', async (t) => {
  for (const command of ['/nonexistent/program', 'exits']) {
    const scene = await createCommandScene(t, command === 'exits' ? { mode: 'exits' } : { env: { PROTECT_COMMAND: command } })
    const initialize = { jsonrpc: '2.0', id: 0, method: 'initialize', params: { protocolVersion: '2025-11-25' } }
    const answer = await scene.send(await scene.token(), initialize)
    t.match(await messagesOf(answer), [{ id: 0, error: { code: -32_000 } }], command)
    t.match(JSON.stringify(scene.lines), command === 'exits' ? /it exited with code 3/ : /nonexistent\/program can't be started/)
  }
})

t.test('in a program that embeds the server and lets no command start, there is none, and the log says so', async (t) => {
  const scene = await createCommandScene(t, { startCommand: 'none' })
  t.equal((await scene.send(await scene.token(), LIST, { 'mcp-protocol-version': '2026-07-28' })).status, 503)
  t.match(JSON.stringify(scene.lines), 'commands are not started here')
})

t.test('a variable that leads nowhere is said, and nothing starts', async (t) => {
  const scene = await createCommandScene(t)
  await scene.rules({ env: [{ name: 'KEY', value: 'file:/nonexistent' }] })
  const answer = await scene.send(await scene.token(), { jsonrpc: '2.0', id: 0, method: 'initialize', params: {} })
  t.equal(answer.status, 503)
  t.match(JSON.stringify(scene.lines), /KEY of the command has no value: file:\/nonexistent leads to nothing/)
})

t.test('no more run than may, of a user and in all; each ends after ten minutes without use', async (t) => {
  const scene = await createCommandScene(t, { env: { COMMANDS: '2', COMMANDS_PER_USER: '1' } })
  await scene.rules({ per: 'session' })
  for (const name of ['bob', 'eve']) await addUser(scene, name, `${name} password`)
  const [token, bob, eve] = [await scene.token(), await scene.token('bob'), await scene.token('eve')]
  const initialize = { jsonrpc: '2.0', id: 9, method: 'initialize', params: { protocolVersion: '2025-11-25' } }
  const mine = await scene.open(token)
  const full = await scene.send(token, initialize)
  t.match(full, { status: 503 }, 'a second one of the same user')
  t.match(await full.json(), { id: 9, error: { message: /too many/ } })
  const his = await scene.open(bob)
  t.equal((await scene.send(eve, initialize)).status, 503)
  scene.clock.now += 9 * MINUTE
  await mine.call('about')
  scene.clock.now += 2 * MINUTE
  t.ok(await gone(his.pid), 'the idle one')
  t.ok(isAlive(mine.pid))
  t.equal((await his.send(LIST)).status, 404)
  t.ok((await scene.open(eve)).pid)
})

t.test('a process ends when its resource changes', async (t) => {
  const scene = await createCommandScene(t)
  const changed = await scene.open(await scene.token())
  await scene.rules({ per: 'person', env: [{ name: 'HOME', value: 'env:HOME' }] })
  t.ok(await gone(changed.pid))
})

t.test('a process that ignores signals ends with the server, with all that it started', async (t) => {
  const scene = await createCommandScene(t, { mode: 'stubborn' })
  const session = await scene.open(await scene.token())
  const child = said<number>(await session.call('family'))
  t.ok(isAlive(child))
  const begun = performance.now()
  await scene.app.close()
  t.ok(await gone(session.pid))
  t.ok(await gone(child))
  t.ok(performance.now() - begun < 4000, 'soon')
})

t.test('the transport is that of MCP: methods, sessions and media types', async (t) => {
  const scene = await createCommandScene(t, { mode: 'chatty' })
  const token = await scene.token()
  t.equal((await scene.send(token, LIST)).status, 400, 'no session')
  t.equal((await scene.send(token, LIST, {}, 'GET')).status, 400)
  t.equal((await scene.send(token, undefined, { 'mcp-protocol-version': '2026-07-28' }, 'GET')).status, 405)
  t.equal((await scene.send(token, '[]')).status, 400)
  t.equal((await scene.send(token, LIST, { 'content-type': 'text/plain' })).status, 400)
  const init = (id: number) => ({ jsonrpc: '2.0', id, method: 'initialize', params: {} })
  t.match(await (await scene.send(token, [init(1), init(2)])).json(), { error: { message: 'initialize must be alone' } })
  const session = await scene.open(token)
  t.equal((await scene.send(token, undefined, { 'mcp-session-id': session.id, accept: 'application/json' }, 'GET')).status, 406)
  t.equal((await scene.send(token, undefined, { 'mcp-session-id': 'x' }, 'GET')).status, 404)
  const batch = await session.send([CALL('about', 1), { jsonrpc: '2.0', method: 'notifications/x' }, CALL('progress', 2)])
  t.match((await messagesOf(batch)).filter(({ id }) => id !== undefined).length, 2)
  const plain = await scene.send(token, [CALL('about', 1), CALL('progress', 2)], {
    'mcp-session-id': session.id,
    accept: 'application/json',
  })
  t.match(await plain.json(), [{ id: 1 }, { id: 2 }])
  t.equal((await session.send({ jsonrpc: '2.0', method: 'notifications/x' })).status, 202)
  const unknown = await scene.send(token, { jsonrpc: '2.0', id: 1, method: 'server/discover' }, { 'mcp-protocol-version': '2026-07-28' })
  t.equal(unknown.status, 404, 'clients of 2026-07-28 see by the status that it is an older server')
  t.match(await unknown.json(), { id: 1, error: { code: -32_601 } })
})
