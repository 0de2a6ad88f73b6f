import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import type { Test } from 'tap'
import { stopGracefully } from '#src/process/stop.ts'
import { logLines, spawnNode, spawnServer } from '#test/support/processes/processes.ts'

/** A registration whose body arrives in two halves. */
const BODY = JSON.stringify({ redirect_uris: ['https://client.example/callback'], client_name: 'Slow' })

async function open(issuer: string): Promise<Socket> {
  const socket = connect(Number(new URL(issuer).port), '127.0.0.1')
  await once(socket, 'connect')
  return socket.on('error', () => undefined)
}

async function beginRegistration(issuer: string): Promise<Socket> {
  const socket = await open(issuer)
  socket.write(`POST /register HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n`)
  socket.write(BODY.slice(0, 10))
  // An answer on another connection shows that the server has read the first half, or is about to.
  await fetch(`${issuer}/healthz`).then((response) => response.text())
  return socket
}

async function readAll(socket: Socket): Promise<string> {
  let received = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => void (received += chunk))
  await once(socket, 'close')
  return received
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`a server that gets ${signal} finishes the request in progress, refuses new ones and leaves a clean database`, async (t) => {
    const cwd = t.testdir()
    const { child, ended, printed, issuer } = await spawnServer(t, { cwd, counts: signal === 'SIGTERM' })
    const socket = await beginRegistration(issuer)
    const answer = readAll(socket)
    child.kill(signal)
    await printed('finishing requests')
    socket.write(BODY.slice(10, 20))
    await t.rejects(fetch(`${issuer}/healthz`), 'a new connection is refused')
    socket.write(BODY.slice(20))
    const received = await answer
    t.match(received, /^HTTP\/1\.1 201 /)
    t.match(received, /\r\nconnection: close\r\n/i)
    t.match(received, /"client_id":"client_/)
    t.match(await ended, { code: 0, signal: null, stderr: '' })
    t.same(readdirSync(`${cwd}/data`).sort(), ['secret', 'solar-system.db'], 'no write-ahead log is left behind')
  })
}

t.test('a server that stops closes idle connections, and soon those that never sent a request', async (t) => {
  const { child, ended, issuer } = await spawnServer(t, { cwd: t.testdir() })
  const silent = readAll(await open(issuer))
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  const [response] = await once(get(`${issuer}/healthz`, { agent }), 'response')
  response.resume()
  await once(response, 'end')
  const begun = performance.now()
  child.kill('SIGTERM')
  t.match(await ended, { code: 0 })
  t.ok(performance.now() - begun < 5000, 'it does not wait for their time-outs')
  t.equal(await silent, '')
})

t.test('a server ignores the Ctrl-C that npm forwards a moment later', async (t) => {
  const { child, ended, printed, issuer } = await spawnServer(t, { cwd: t.testdir() })
  const socket = await beginRegistration(issuer)
  const answer = readAll(socket)
  child.kill('SIGINT')
  await printed('finishing requests')
  child.kill('SIGINT')
  socket.write(BODY.slice(10))
  t.match(await answer, /^HTTP\/1\.1 201 /)
  t.match(await ended, { code: 0 })
})

t.test('a second signal ends the server at once', async (t) => {
  const { child, ended, printed, issuer } = await spawnServer(t, { cwd: t.testdir() })
  await beginRegistration(issuer)
  child.kill('SIGINT')
  await printed('finishing requests')
  child.kill('SIGTERM')
  const end = await ended
  t.match(end, { code: 1, signal: null })
  t.match(logLines(end.stdout).at(-1), { level: 40, msg: 'SIGTERM again: exiting now' })
})

t.test('a server that meets an unforeseen error logs it, closes and ends with exit code 1', async (t) => {
  for (const thrown of ['throw new Error("boom")', 'Promise.reject(new Error("boom"))']) {
    const cwd = t.testdir()
    const nodeOptions = ['--import', `data:text/javascript,process.on('message',()=>{${encodeURIComponent(thrown)}})`]
    const { child, ended } = await spawnServer(t, { cwd, ipc: true, nodeOptions })
    child.send('now')
    const end = await ended
    t.match(end, { code: 1, signal: null, stderr: '' }, thrown)
    t.match(logLines(end.stdout).at(-1), { level: 60, msg: 'unforeseen error: stopping', err: { message: 'boom' } })
    t.same(readdirSync(`${cwd}/data`).sort(), ['secret', 'solar-system.db'])
  }
})

/** What `stopGracefully` does with an app that closes as `close` says. No other listener of the process interferes. */
function stopping(t: Test, close: () => Promise<undefined>, stopMs?: number) {
  const events = ['SIGTERM', 'SIGINT', 'SIGHUP', 'uncaughtException', 'unhandledRejection'] as const
  const before = new Map(events.map((event) => [event, process.listeners(event as 'SIGTERM')]))
  const log: string[] = []
  const note = (...words: unknown[]) => void log.push(String(words.at(-1)))
  const app = { close, log: { info: note, warn: note, error: note, fatal: note } } as unknown as FastifyInstance
  let exit = (_code: number): void => {}
  const exited = new Promise<number>((resolve) => (exit = resolve))
  stopGracefully(app, { exit: (code) => exit(code), ...(stopMs !== undefined && { stopMs }) })
  const added = new Map(
    events.map((event) => [event, process.listeners(event as 'SIGTERM').filter((listener) => !before.get(event)!.includes(listener))]),
  )
  const awake = setInterval(() => {}, 1000)
  t.teardown(() => {
    clearInterval(awake)
    for (const [event, listeners] of added) for (const listener of listeners) process.removeListener(event, listener)
  })
  return {
    log,
    exited,
    emit: (event: (typeof events)[number], value: unknown) =>
      added.get(event)!.forEach((listener) => (listener as (value: unknown) => void)(value)),
  }
}

t.test('a server that cannot close ends anyway, with exit code 1', async (t) => {
  const failing = stopping(t, () => Promise.reject(new Error('the disk is gone')))
  failing.emit('SIGTERM', 'SIGTERM')
  t.equal(await failing.exited, 1)
  t.equal(failing.log.at(-1), 'stopping failed')
  const hanging = stopping(t, () => new Promise(() => {}), 10)
  hanging.emit('SIGHUP', 'SIGHUP')
  t.equal(await hanging.exited, 1)
  t.equal(hanging.log.at(-1), 'stopping took too long: exiting now')
})

t.test('an unforeseen error while the server stops ends it at once', async (t) => {
  const { emit, exited, log } = stopping(t, () => new Promise(() => {}))
  emit('SIGTERM', 'SIGTERM')
  emit('uncaughtException', new Error('boom'))
  t.equal(await exited, 1)
  t.equal(log.at(-1), 'unforeseen error: stopping')
})

t.test('an operator in a terminal gets the welcome and a readable log, and learns that nothing is behind the server yet', async (t) => {
  const terminal = ['--import', 'data:text/javascript,process.stdout.isTTY=true']
  const env = { PORT: '0', PROTECT: 'http://localhost:1/mcp' }
  const server = spawnNode(t, 'src/server.ts', [], { cwd: t.testdir(), env, nodeOptions: terminal, counts: true })
  const shown = await server.printed('Nothing answers at http://localhost:1/mcp yet')
  t.match(shown, /^ {2}Login +admin, password: admin123$/m)
  t.match(
    shown,
    /^\[\d\d:\d\d:\d\d\] .*Solar System OAuth Server \d+\.\d+\.\d+ starts, on Node[^]*Server listening at [^]*Solar System OAuth Server is ready[^]*Ctrl-C\n[^]*Nothing answers/,
    'in the order of events',
  )
  server.child.kill('SIGINT')
  t.match(await server.ended, { code: 0, stdout: /SIGINT: finishing requests in progress, then stopping/ })
})

t.test('the same signal a moment later is its echo, and another one ends the server at once', async (t) => {
  const { emit, exited, log } = stopping(t, () => new Promise(() => {}))
  emit('SIGINT', 'SIGINT')
  emit('SIGINT', 'SIGINT')
  t.equal(log.length, 1, 'an echo says nothing new')
  emit('SIGTERM', 'SIGTERM')
  t.equal(await exited, 1)
  t.equal(log.at(-1), 'SIGTERM again: exiting now')
})

t.test('an unforeseen error closes the server, which then ends with exit code 1', async (t) => {
  let closed = 0
  const { emit, exited } = stopping(t, async () => void closed++)
  emit('unhandledRejection', new Error('boom'))
  t.equal(await exited, 1)
  t.equal(closed, 1)
})
