import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import { explainStartFailure } from '#src/process/start-failure.ts'
import { openStorage } from '#src/storage/open.ts'
import { StorageRefused, StorageUnavailable } from '#src/storage/storage.ts'
import { spawnNode, spawnServer } from '#test/support/processes/processes.ts'
import type { SpawnOptions } from '#test/support/processes/processes.ts'

/** What the server says when it can't start: sentences only, exit code 1. Those with a line of their own count for coverage. */
async function complaint(t: Test, options: SpawnOptions, counts = false): Promise<string> {
  const { code, signal, stdout, stderr } = await spawnNode(t, 'src/server.ts', [], { ...options, counts }).ended
  t.equal(code, 1, `exit code 1: ${stderr}`)
  t.equal(signal, null)
  t.notMatch(stderr, /^\s+at |node:internal|Error:/m, 'no stack trace')
  t.match(stdout, /^(?:\{[^\n]*Solar System OAuth Server [\w.-]+ starts[^\n]*\n)?$/, 'nothing else is printed but which version it was')
  return stderr
}

t.test('an operator whose port is in use reads so, and what to do', async (t) => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const said = await complaint(t, { cwd: t.testdir(), env: { PORT: String(port), HOST: '127.0.0.1' } }, true)
  t.equal(said, `Port ${port} is in use: stop the program that uses it, or set PORT to another one.\n`)
})

t.test('an operator with several bad variables, some in .env, reads about all of them at once', async (t) => {
  const cwd = t.testdir({ '.env': '# mine\nPORT=eighty\nLOG_LEVEL=loud\nHOST=\n' })
  const said = await complaint(t, { cwd, env: { LOG_LEVEL: 'shrill', SECRET: 'short' } }, true)
  t.match(said, /^PORT is "eighty"/m)
  t.match(said, /^LOG_LEVEL is "shrill"/m, 'the environment wins over the file')
  t.match(said, /^SECRET \(its value isn't shown\)/m)
  t.equal(said.trim().split('\n').length, 3)
})

t.test('an operator whose data folder is not writable reads which file it is', async (t) => {
  const cwd = t.testdir({ data: 'a file where the folder should be' })
  const said = await complaint(t, { cwd })
  t.match(
    said,
    /^The database \.\/data\/solar-system\.db can't be opened \(.*\): check that its folder is writable, or set DATABASE_URL\.\n$/,
  )
})

t.test('an operator with another SECRET than the database was encrypted with reads to bring back the earlier one', async (t) => {
  const cwd = t.testdir()
  const first = await spawnServer(t, { cwd })
  first.child.kill('SIGTERM')
  t.match(await first.ended, { code: 0 })
  t.match(
    await complaint(t, { cwd, env: { SECRET: 'x'.repeat(40) } }),
    /^SECRET \(or the secret file .*\) is not the one that encrypted the signing keys in it: restore the previous one, or set SECRET_PREVIOUS to it\.\n$/,
  )
  writeFileSync(`${cwd}/data/secret`, '')
  t.match(await complaint(t, { cwd }), /^The secret file data\/secret is incomplete: restore it from a backup/)
})

t.test('an operator who starts an older program on a newer database reads so', async (t) => {
  const cwd = t.testdir()
  mkdirSync(`${cwd}/data`)
  const path = `${cwd}/data/solar-system.db`
  await (await openStorage(`sqlite:${path}`)).close()
  const { openDatabase } = await import('#src/storage/sqlite/sqlite-database.ts')
  const database = await openDatabase(path)
  database.exec("insert into schema_version (version, name, md5, run_at) values (9999, 'later', '', '')")
  database.close()
  t.match(
    await complaint(t, { cwd }),
    /^The database has version 9999, but this program only knows \d+: start a newer version of the program, or use another database\.\n$/,
  )
})

t.test('an operator whose database is damaged reads to restore a backup', async (t) => {
  const cwd = t.testdir({ data: { 'solar-system.db': 'not a database at all '.repeat(100) } })
  t.match(await complaint(t, { cwd }), /^The database \.\/data\/solar-system\.db is damaged.*restore a backup/)
})

t.test('an operator whose .env has a line that makes no sense reads which line', async (t) => {
  const cwd = t.testdir({ '.env': 'PORT=0\nADMIN_PASSWORD geheim\n' })
  t.equal(await complaint(t, { cwd }), "Line 2 of .env can't be read: write NAME=value, and close every quotation mark that you open.\n")
})

t.test('an operator whose HOST is not an address of this machine reads which ones are', async (t) => {
  const env = { HOST: '192.0.2.1', PORT: '8123', ADMIN_PASSWORD: 'a password of my own', DATABASE_URL: 'sqlite::memory:' }
  t.match(
    await complaint(t, { cwd: t.testdir(), env }, true),
    /^HOST 192\.0\.2\.1 is not an address of this machine: set HOST to localhost, 0\.0\.0\.0 or ::\.\n$/,
  )
})

t.test('an operator whose password is one that everybody tries first reads so, where others can try it', async (t) => {
  const env = { ISSUER: 'https://auth.example.com', ADMIN_PASSWORD: 'ILoveYou', DATABASE_URL: 'sqlite::memory:' }
  t.equal(
    await complaint(t, { cwd: t.testdir(), env }, true),
    'ADMIN_PASSWORD is one of those that are tried first, and others can reach the server (ISSUER is https://auth.example.com): set your own.\n',
  )
})

t.test('every usual failure has a sentence, and a defect keeps its stack trace', async (t) => {
  const config = { port: 80, host: 'nowhere.invalid', databaseUrl: 'sqlite:./x.db' }
  const explain = (members: object) => explainStartFailure(Object.assign(new Error('message\nstack'), members), config)
  t.match(explain({ code: 'EACCES', syscall: 'listen' }), /^Port 80 may not be used/)
  t.equal(explain({ code: 'EACCES', syscall: 'open' }), undefined)
  t.match(explain({ code: 'ENOTFOUND', syscall: 'getaddrinfo' }), /^HOST nowhere\.invalid/)
  t.equal(explain({ code: 'EINVAL', syscall: 'write' }), undefined)
  t.match(explain({ code: 'ENOENT', path: '/x/login.hbs' }), /^The program's file \/x\/login\.hbs is missing/)
  t.equal(explain({ code: 'ENOENT' }), undefined)
  t.match(explain({ code: 'ERR_MODULE_NOT_FOUND' }), /^A package is missing \(message\): run npm install\.$/)
  t.match(explain({ code: 'MODULE_NOT_FOUND' }), /^A package is missing/)
  t.equal(explainStartFailure(new StorageRefused('do this'), config), 'do this')
  t.match(explainStartFailure(new StorageUnavailable('full'), config), /^The database \.\/x\.db can't be used now \(full\)/)
  t.match(
    explainStartFailure(new StorageUnavailable('gone'), { ...config, databaseUrl: 'postgres://u:secret@h/d' }),
    /^The database can't be used now \(gone\)/,
  )
  t.equal(explainStartFailure(new TypeError('a defect'), config), undefined)
  t.equal(explainStartFailure(undefined, config), undefined)
})
