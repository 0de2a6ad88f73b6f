// One SQLite file and several processes: the server, its command line, one that was killed.
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openStorage } from '../../src/storage/open.ts'
import { makeClient } from './conformance/records.ts'
import { startWorker, startWorkers } from './processes.ts'
import { races } from './races.ts'

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

t.test('what a killed process has answered is there, and the next one opens', async (t) => {
  const url = `sqlite:${join(t.testdir(), 'killed.db')}`
  const worker = await startWorker(url)
  const answered = Array.from({ length: 50 }, () => makeClient())
  t.strictSame(await worker.run({ store: 'clients', method: 'insert', calls: answered.map((client) => [client]) }), Array(50).fill(null))
  // More is under way when it is killed.
  worker.run({ store: 'clients', method: 'insert', calls: Array.from({ length: 500 }, () => [makeClient()]) }).catch(() => undefined)
  await worker.kill()
  const storage = await openStorage(url)
  t.teardown(() => storage.close())
  const kept = new Set((await storage.clients.list({ limit: 1000 })).map((client) => client.id))
  t.ok(answered.every((client) => kept.has(client.id)))
})

t.test('a database file, and the folder made for it, are for their owner only', async (t) => {
  const folder = join(t.testdir(), 'made', 'for it')
  const path = join(folder, 'private.db')
  const storage = await openStorage(`sqlite:${path}`)
  t.teardown(() => storage.close())
  await storage.clients.insert(makeClient())
  for (const file of [path, `${path}-wal`, `${path}-shm`]) t.equal(statSync(file).mode & 0o777, 0o600, file)
  t.equal(statSync(folder).mode & 0o777, 0o700)
})

t.test('three processes that start together on a new file all work', async (t) => {
  const url = `sqlite:${join(t.testdir(), 'together.db')}`
  const workers = await startWorkers(url, 3)
  t.teardown(() => Promise.all(workers.map((worker) => worker.close())))
  t.strictSame(workers.map((worker) => worker.refused), [undefined, undefined, undefined])
  const inserted = await Promise.all(workers.map((worker) => worker.run({ store: 'clients', method: 'insert', calls: [[makeClient()], [makeClient()]] })))
  t.strictSame(inserted.flat(), Array(6).fill(null))
  const listed = await workers[0]!.run({ store: 'clients', method: 'list', calls: [[{ limit: 10 }]] })
  t.equal((listed[0] as unknown[]).length, 6)
})

await t.test('races', async (t) => races(t, 'SQLite file', `sqlite:${join(t.testdir(), 'races.db')}`))
