/** What a running server leaves for the command line to find, and what the command line makes of it. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import t from 'tap'
import type { Test } from 'tap'
import { configured } from '#src/cli/configured.ts'
import { databaseName } from '#src/config/database-name.ts'
import { announceServer, findServer, settingsOf } from '#src/process/running-server.ts'
import { spawnNode } from '#test/support/processes/processes.ts'

const SECRET = 'a secret that is longer than thirty-two characters'

async function startServer(t: Test, cwd: string, env: Record<string, string>, counts = false) {
  const server = spawnNode(t, 'src/server.ts', [], {
    cwd,
    env: { PORT: '0', SECRET, ADMIN_PASSWORD: 'geheim-geheim', ...env },
    counts,
  })
  await server.printed('is the issuer')
  return server
}

const cli = (t: Test, cwd: string, words: string[], env: Record<string, string> = {}) =>
  spawnNode(t, 'src/cli.ts', words, { cwd, env }).ended

t.test('a person who started the server with variables of its own reaches it, and its database, without them', async (t) => {
  const cwd = t.testdir()
  const server = await startServer(t, cwd, { DATABASE_URL: 'sqlite:elsewhere/mine.db', ADMIN_USERNAME: 'helen' })
  const files = ['data/server.json', 'elsewhere/server.json'].map((file) => join(cwd, file))
  for (const file of files) {
    t.equal(statSync(file).mode & 0o777, 0o600)
    const text = readFileSync(file, 'utf8')
    t.notMatch(text, /geheim|a secret/)
    t.match(JSON.parse(text), {
      pid: server.child.pid,
      version: /^\d+\.\d+\.\d+/,
      issuer: /^http:\/\/localhost:\d+$/,
      port: Number,
      database: `sqlite:${join(cwd, 'elsewhere/mine.db')}`,
    })
  }
  const { issuer } = JSON.parse(readFileSync(files[0]!, 'utf8')) as { issuer: string }
  const listed = await cli(t, cwd, ['user', 'list', '--json'])
  t.match(listed, { code: 0, stderr: '' })
  t.match(listed.stdout, 'helen')
  t.match((await cli(t, cwd, ['verify'])).stdout, `Verifying ${issuer}\n`)

  const other = await cli(t, cwd, ['user', 'list'], { ISSUER: 'http://localhost:1' })
  t.match(other.stderr, `The server that runs on this database is ${issuer}, but ISSUER is http://localhost:1.\n`)
  const named = await cli(t, cwd, ['user', 'list'], { DATABASE_URL: 'sqlite:elsewhere/mine.db', ISSUER: 'http://localhost:1' })
  t.match(named.stderr, 'The server that runs on this database')
  const own = await cli(t, cwd, ['user', 'list'], { DATABASE_URL: 'sqlite:own.db', ISSUER: 'http://localhost:1' })
  t.match(own, { code: 0, stderr: '', stdout: /There are no users yet/ })
  const wrong = await cli(t, cwd, ['user', 'list'], { DATABASE_URL: 'nonsense' })
  t.match(wrong, { code: 1, stderr: /^DATABASE_URL .* must be `sqlite:PATH`/ })

  server.child.kill('SIGTERM')
  t.match(await server.ended, { code: 0 })
  t.notOk(
    files.some((file) => existsSync(file)),
    'a server that has ended leaves nothing',
  )
  t.notOk(existsSync(join(cwd, 'data')), 'not even a folder')
})

t.test('a server whose folder cannot be written starts all the same', async (t) => {
  const cwd = t.testdir({ data: 'a file' })
  const server = await startServer(t, cwd, { DATABASE_URL: 'sqlite:mine.db' }, true)
  t.ok(existsSync(join(cwd, 'server.json')))
  t.equal(readFileSync(join(cwd, 'data'), 'utf8'), 'a file')
  server.child.kill('SIGTERM')
  t.match(await server.ended, { code: 0 })
})

t.test('a person who forgot DATABASE_URL reads that the server uses PostgreSQL', async (t) => {
  const running = {
    pid: process.pid,
    version: '0.0.0',
    startedAt: new Date().toISOString(),
    issuer: 'http://localhost:8000',
    host: 'localhost',
    port: 8000,
    database: 'postgres://db.example:5432/solar',
  }
  enter(t, t.testdir({ data: { 'server.json': JSON.stringify(running) } }))
  const errors = new PassThrough({ encoding: 'utf8' })
  configured({ variables: {}, errors })
  const another = /^The server that runs here uses postgres:\/\/db\.example:5432\/solar, but DATABASE_URL isn't set: this is another/
  t.match(errors.read(), another)
  configured({ variables: { ISSUER: 'http://localhost:1' }, errors })
  t.match(errors.read(), /^The server that runs on this database is http:\/\/localhost:8000, but ISSUER is http:\/\/localhost:1\.\n/)
  t.strictSame(settingsOf(running), { ISSUER: running.issuer, HOST: 'localhost', PORT: '8000' })
})

t.test('what a server left that is gone, or that no server wrote, is nothing', async (t) => {
  const folder = t.testdir()
  const databaseUrl = `sqlite:${join(folder, 'x.db')}`
  const file = join(folder, 'server.json')
  t.equal(findServer(databaseUrl), undefined)
  const right = {
    pid: process.pid,
    version: '1',
    startedAt: 'now',
    issuer: 'http://localhost:1',
    host: 'localhost',
    port: 1,
    database: databaseUrl,
  }
  writeFileSync(file, JSON.stringify(right))
  t.strictSame(findServer(databaseUrl), right)
  for (const wrong of [
    '',
    '{',
    'null',
    '[]',
    '{}',
    JSON.stringify({ ...right, pid: 2 ** 30 }),
    JSON.stringify({ ...right, pid: '1' }),
    JSON.stringify({ ...right, port: null }),
    JSON.stringify({ ...right, issuer: { toString: 0 } }),
    JSON.stringify({ ...right, database: 'sqlite:/another.db' }),
  ]) {
    writeFileSync(file, wrong)
    t.equal(findServer(databaseUrl), undefined, wrong)
  }
  t.equal(databaseName('nonsense'), 'nonsense')
  for (const url of ['sqlite::memory:', 'postgres://user:geheim@db.example/solar', 'nonsense']) t.equal(findServer(url), undefined, url)
})

t.test('a server whose database is in memory is found by its folder, and has no database to share', async (t) => {
  enter(t, t.testdir({}))
  const settings = { issuer: 'http://localhost:8000', host: 'localhost', port: 8000, databaseUrl: 'sqlite::memory:' }
  announceServer(settings, '1.0.0', new Date(0), { settings: {}, secrets: [] })
  for (const databaseUrl of [undefined, 'sqlite::memory:']) t.match(findServer(databaseUrl), { database: 'sqlite::memory:', port: 8000 })
  t.equal(findServer('sqlite:./other.db'), undefined)
})

/** Makes a folder the working directory until the test ends. */
function enter(t: Test, folder: string): void {
  const before = process.cwd()
  process.chdir(folder)
  t.teardown(() => process.chdir(before))
}
