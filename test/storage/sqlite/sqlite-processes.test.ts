// One SQLite file and several processes: the server, the command line, a killed one.
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { statement } from '#src/storage/driver.ts'
import { openStorage } from '#src/storage/open.ts'
import { openSqlite } from '#src/storage/sqlite/sqlite.ts'
import { SIZE } from '#test/support/size.ts'
import { makeClient } from '../conformance/records.ts'
import { startWorker } from '../workers.ts'
import { races } from '../races.ts'

t.test('clients survive a restart', async (t) => {
  const path = join(t.testdir(), 'kept.db')
  const url = `sqlite:${path}`
  const client = makeClient()
  const first = await openStorage(url)
  await first.clients.insert(client)
  await first.close()
  t.notOk(existsSync(`${path}-wal`), 'the file is whole without its log')
  const second = await openStorage(url)
  t.teardown(() => second.close())
  t.match(await second.clients.find(client.id), { id: client.id })
})

t.test('what a killed process confirmed is stored, and the next process can open the database', async (t) => {
  const url = `sqlite:${join(t.testdir(), 'killed.db')}`
  const worker = await startWorker(url)
  const answered = Array.from({ length: 50 }, () => makeClient())
  t.strictSame(await worker.run({ store: 'clients', method: 'insert', calls: answered.map((client) => [client]) }), Array(50).fill(null))
  // More calls are in progress when it is killed.
  worker.run({ store: 'clients', method: 'insert', calls: Array.from({ length: 500 }, () => [makeClient()]) }).catch(() => undefined)
  await worker.kill()
  const storage = await openStorage(url)
  t.teardown(() => storage.close())
  const kept = new Set((await storage.clients.list({ limit: 1000 })).map((client) => client.id))
  t.ok(answered.every((client) => kept.has(client.id)))
})

t.test('only its owner can read a database file, and the folder made for it', async (t) => {
  const folder = join(t.testdir(), 'made', 'for it')
  const path = join(folder, 'private.db')
  const storage = await openStorage(`sqlite:${path}`)
  t.teardown(() => storage.close())
  await storage.clients.insert(makeClient())
  for (const file of [path, `${path}-wal`, `${path}-shm`]) t.equal(statSync(file).mode & 0o777, 0o600, file)
  t.equal(statSync(folder).mode & 0o777, 0o700)
})

t.test(`connections that open a new file at the same moment migrate it one after the other, ${SIZE.newFiles} times`, async (t) => {
  const folder = t.testdir()
  const known = readdirSync('src/storage/migrations')
    .map((name) => Number.parseInt(name))
    .sort((a, b) => a - b)
  for (let round = 0; round < SIZE.newFiles; round++) {
    const path = join(folder, `moment-${round}.db`)
    const drivers = await Promise.all(Array.from({ length: 4 }, () => openSqlite(path)))
    const versions = await drivers[0]!.read(statement('select version from schema_version order by version'), [])
    t.strictSame(
      versions.map((row) => row['version']),
      [0, ...known],
    )
    await Promise.all(drivers.map((driver) => driver.close()))
  }
})

await t.test('races', async (t) => races(t, 'SQLite file', `sqlite:${join(t.testdir(), 'races.db')}`, ['process', 'thread', 'thread']))
