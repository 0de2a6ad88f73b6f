import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import t from 'tap'
import { logLines, spawnServer } from '../support/processes.ts'

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
  t.test(`a server that gets ${signal} finishes the request under way, refuses new ones and leaves a clean database`, async (t) => {
    const cwd = t.testdir()
    const { child, ended, printed, issuer } = await spawnServer(t, { cwd })
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

t.test('a server that stops closes connections that idle, and soon those that never asked anything', async (t) => {
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

t.test('a server takes the echo that npm makes of Ctrl-C for the same signal', async (t) => {
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
