// Several processes on one port: announced once, started once, replaced when one ends, and stopped together.
import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { pauseAfter } from '#src/process/workers.ts'
import { SECRET } from '#test/support/app.ts'
import { withPostgres } from '#test/support/processes/postgres.ts'
import { logLines, spawnNode, spawnServer } from '#test/support/processes/processes.ts'

const workersOf = (stdout: string): number[] =>
  logLines(stdout)
    .filter(({ msg }) => msg === 'worker started')
    .map((line) => (line as unknown as { worker: number }).worker)

/** Registers a client over a connection of its own. */
async function register(issuer: string): Promise<number> {
  const body = JSON.stringify({ redirect_uris: ['https://client.example/callback'] })
  const response = await fetch(`${issuer}/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body,
  })
  await response.arrayBuffer()
  return response.status
}

await withPostgres(t, async (t, server) => {
  await t.test('an operator with two workers reads once that the server is ready, and stops both at once', async (t) => {
    const env = { DATABASE_URL: await server.createDatabase(), SECRET, WORKERS: '2' }
    const { issuer, child, ended, printed, stdout } = await spawnServer(t, { cwd: t.testdir(), env, counts: true })
    await printed(/worker started[^]*worker started/)
    for (let turn = 0; turn < 4; turn++) t.equal(await register(issuer), 201)
    const [first, second] = workersOf(stdout())
    t.ok(first !== undefined && second !== undefined && first !== second)

    process.kill(first!, 'SIGKILL')
    await printed(/"msg":"a worker ended: another one takes its place"/)
    t.equal(await register(issuer), 201, 'meanwhile the other one answers')
    await printed(/(worker started[^]*){3}/)

    child.kill('SIGTERM')
    t.match(await ended, { code: 0, signal: null, stderr: '' })
    const lines = logLines(stdout())
    t.equal(lines.filter(({ msg }) => msg.includes('is the issuer')).length, 1)
    t.ok(lines.filter(({ msg }) => msg.includes('finishing requests in progress')).length >= 1)
    for (const worker of workersOf(stdout())) t.throws(() => process.kill(worker, 0), { code: 'ESRCH' })
  })

  await t.test('an operator who protects an MCP server with two workers has it behind both of them', async (t) => {
    const env = { DATABASE_URL: await server.createDatabase(), SECRET, WORKERS: '2', PORT: '0' }
    const words = ['protect', 'http://localhost:1/mcp', '--name', 'Tools']
    const { child, ended, printed } = spawnNode(t, 'src/cli.ts', words, { cwd: t.testdir(), env, counts: true })
    const [, issuer] = /ready: (\S+) is the issuer/.exec(
      await printed(
        /is the issuer[^]*worker started[^]*worker started|worker started[^]*is the issuer[^]*worker started|worker started[^]*worker started[^]*is the issuer/,
      ),
    )!
    for (let turn = 0; turn < 4; turn++) {
      const metadata = await fetch(`${issuer}/.well-known/oauth-protected-resource/mcp`, { headers: { connection: 'close' } })
      t.match(await metadata.json(), { resource: `${issuer}/mcp`, resource_name: 'Tools' })
    }
    child.kill('SIGTERM')
    t.match(await ended, { code: 0 })
  })

  await t.test('a worker that gets a second signal ends at once, and all of them with exit code 1', async (t) => {
    const env = { DATABASE_URL: await server.createDatabase(), SECRET, WORKERS: '2' }
    const { issuer, child, ended, printed, stdout } = await spawnServer(t, { cwd: t.testdir(), env, counts: true })
    await printed(/worker started[^]*worker started/)
    const socket = connect(Number(new URL(issuer).port), 'localhost').on('error', () => undefined)
    t.teardown(() => socket.destroy())
    await once(socket, 'connect')
    socket.write('POST /register HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{')
    // Each answers once more: whichever has the request has read what there is of it.
    for (let turn = 0; turn < 4; turn++) t.equal(await register(issuer), 201)

    child.kill('SIGTERM')
    await printed(/(finishing requests[^]*){2}/)
    for (const worker of workersOf(stdout())) {
      try {
        process.kill(worker, 'SIGINT')
      } catch {
        // The one that had nothing to do has ended.
      }
    }
    t.match(await ended, { code: 1, signal: null })
    t.match(stdout(), 'SIGINT again: exiting now')
  })
})

t.test('an operator whose database cannot be reached reads so once, however many workers there would be', async (t) => {
  const env = { DATABASE_URL: 'postgres://localhost:1/solar', SECRET, WORKERS: '2', PORT: '0' }
  const { code, stdout, stderr } = await spawnNode(t, 'src/server.ts', [], { cwd: t.testdir(), env, counts: true }).ended
  t.match({ code, stdout, stderr }, { code: 1, stdout: '', stderr: /^PostgreSQL doesn't answer at localhost:1: [^\n]+\n$/ })
})

t.test('a worker that keeps ending is replaced later each time, until one has lived for a while', (t) => {
  let pause: number | undefined
  const pauses = [10, 10, 10, 10, 10, 10, 10, 60_000].map((lived) => (pause = pauseAfter(lived, pause)))
  t.strictSame(pauses, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
  t.equal(pauseAfter(60_001, pause), 1000)
  t.end()
})
