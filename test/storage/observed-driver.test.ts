import t from 'tap'
import { batch, single, statement } from '#src/storage/driver.ts'
import { failureReason, observeBoth, observeDriver } from '#src/storage/observed-driver.ts'
import type { Observe } from '#src/storage/observed-driver.ts'
import { openDriver } from '#src/storage/open.ts'
import { StorageUnavailable } from '#src/storage/storage.ts'

t.test('who looks at a database sees each call with its statement, never with its values, and changes nothing', async (t) => {
  const seen: string[] = []
  const look =
    (who: string): Observe =>
    async ({ kind, statement = 'several' }, work) => {
      seen.push(`${who} ${kind} ${statement}`)
      return work()
    }
  const driver = observeDriver(await openDriver('sqlite::memory:'), observeBoth(look('outer'), look('inner')))
  t.teardown(() => driver.close())
  const ADD = statement('insert into replays (id, expires_at) values ($1, $2) returning id')
  t.match(await driver.write(single(ADD, 'secret', 1)), [{ id: 'secret' }])
  await driver.write(batch())
  const rows = await driver.read(statement('select id from replays'), [])
  t.match(rows, [{ id: 'secret' }])
  t.strictSame(seen.length, 6)
  t.match(seen[0], /^outer write insert into replays \(id, expires_at\) values \(\$1, \$2\)/)
  t.match(seen[1], /^inner write insert/)
  t.strictSame(seen.slice(2), [
    'outer write several',
    'inner write several',
    'outer read select id from replays',
    'inner read select id from replays',
  ])
  t.notMatch(seen.join(), 'secret')
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
