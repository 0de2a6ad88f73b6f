import t from 'tap'
import { batch, single, statement } from '#src/storage/driver.ts'
import { failureReason, observeDriver } from '#src/storage/observed-driver.ts'
import type { Observe } from '#src/storage/observed-driver.ts'
import { openDriver, openStorage } from '#src/storage/open.ts'
import { StorageUnavailable } from '#src/storage/storage.ts'

t.test('who looks at a database sees each call with its statement, never with its values, and changes nothing', async (t) => {
  const seen: string[] = []
  const driver = observeDriver(await openDriver('sqlite::memory:'), async ({ kind, statement = 'several' }, work) => {
    seen.push(`${kind} ${statement}`)
    return work()
  })
  t.teardown(() => driver.close())
  const ADD = statement('insert into replays (id, expires_at) values ($1, $2) returning id')
  t.match(await driver.write(single(ADD, 'secret', 1)), [{ id: 'secret' }])
  await driver.write(batch())
  const rows = await driver.read(statement('select id from replays'), [])
  t.match(rows, [{ id: 'secret' }])
  t.strictSame(seen, [
    'write insert into replays (id, expires_at) values ($1, $2) returning id',
    'write several',
    'read select id from replays',
  ])
  t.notMatch(seen.join(), 'secret')

  seen.length = 0
  const observe: Observe = async ({ kind }, work) => {
    seen.push(kind)
    return work()
  }
  const storage = await openStorage('sqlite::memory:', { observe })
  t.teardown(() => storage.close())
  await storage.users.find('nobody')
  t.strictSame(seen, ['read'])
})

t.test('why a database can not respond is one of four reasons', async (t) => {
  const reasonOf = (message: string, code?: string) =>
    failureReason(new StorageUnavailable(message, { cause: Object.assign(new Error(message), { code }) }))
  for (const text of ['SQLite: database or disk is full', 'SQLite: disk I/O error', 'SQLite: attempt to write a readonly database'])
    t.equal(reasonOf(text), 'disk')
  for (const code of ['53100', '58030', '25006']) t.equal(reasonOf('PostgreSQL: no', code), 'disk')
  t.equal(reasonOf('SQLite: database is locked'), 'busy')
  t.equal(reasonOf('PostgreSQL: waited too long', '55P03'), 'busy')
  for (const text of ['SQLite: the database is closed', 'PostgreSQL: the storage is closed', 'SQLite: database is not open'])
    t.equal(reasonOf(text), 'closed')
  for (const code of ['ECONNREFUSED', '57P01', undefined]) t.equal(reasonOf('PostgreSQL: gone', code), 'unreachable')
  t.equal(failureReason(new StorageUnavailable('PostgreSQL: gone')), 'unreachable')
  t.equal(failureReason(new Error('a defect')), undefined)
})
