// Group commit: the writes of a tick become durable together, and no write resolves before.
import { join } from 'node:path'
import t from 'tap'
import { run, single, statement, unit } from '#src/storage/driver.ts'
import type { Driver, Unit } from '#src/storage/driver.ts'
import { createSqliteDriver } from '#src/storage/sqlite/sqlite.ts'
import { BUSY_LIMIT_MS, openDatabase } from '#src/storage/sqlite/sqlite-database.ts'
import type { Database } from '#src/storage/sqlite/sqlite-database.ts'
import { StorageUnavailable } from '#src/storage/storage.ts'

const INSERT = statement('insert into things (name) values ($1)')
const NAMES = statement('select name from things order by name')

interface Watched {
  readonly driver: Driver
  readonly database: Database
  /** The executed scripts, which begin and end transactions. */
  readonly scripts: string[]
  /** Makes the next `exec` or `prepare` of `sql` throw `message`. */
  breakNext(sql: string, message: string): void
}

/** A driver on a database that records its transactions. */
async function watched(path = ':memory:'): Promise<Watched> {
  const database = await openDatabase(path)
  database.exec('create table if not exists things (name text primary key)')
  const scripts: string[] = []
  const broken = new Map<string, string>()
  function obstruct(sql: string): void {
    const message = broken.get(sql)
    broken.delete(sql)
    if (message !== undefined) throw new Error(message)
  }
  const spy = {
    close: () => database.close(),
    prepare(sql: string) {
      obstruct(sql)
      return database.prepare(sql)
    },
    exec(sql: string) {
      scripts.push(sql)
      obstruct(sql)
      database.exec(sql)
    },
  }
  return { driver: createSqliteDriver(spy as Database), database, scripts, breakNext: (sql, message) => broken.set(sql, message) }
}

const insert = (driver: Driver, name: string) => driver.write(single(INSERT, name))
const names = async (driver: Driver) => (await driver.read(NAMES, [])).map((row) => row['name'])

t.test('the writes of one tick share one commit; the next tick has its own', async (t) => {
  const { driver, scripts } = await watched()
  t.teardown(() => driver.close())
  await Promise.all(Array.from({ length: 50 }, (_, index) => insert(driver, `first ${index}`)))
  t.strictSame(scripts, ['begin immediate', 'commit'])
  await insert(driver, 'second')
  t.strictSame(scripts, ['begin immediate', 'commit', 'begin immediate', 'commit'])
})

t.test('nothing of a group can be read before its commit', async (t) => {
  const { driver, scripts } = await watched()
  t.teardown(() => driver.close())
  const writing = insert(driver, 'a').then(() => t.ok(scripts.includes('commit'), 'the writer is answered after the commit'))
  t.strictSame(await names(driver), [], 'a reader of the same tick sees nothing yet')
  t.strictSame(scripts, [])
  await writing
  t.strictSame(await names(driver), ['a'])
})

t.test('a unit that throws is rolled back alone', async (t) => {
  const { driver, scripts } = await watched()
  t.teardown(() => driver.close())
  const outcomes = await Promise.allSettled([
    insert(driver, 'a'),
    driver.write(
      unit(function* (): Unit<void> {
        yield* run(INSERT, 'b')
        yield* run(INSERT, 'a')
      }),
    ),
    insert(driver, 'c'),
  ])
  t.strictSame(
    outcomes.map((outcome) => outcome.status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
  t.strictSame(await names(driver), ['a', 'c'])
  t.strictSame(
    scripts,
    ['begin immediate', 'rollback', 'begin immediate', 'rollback to unit; release unit', 'commit'],
    'the group runs again, each unit apart',
  )
})

t.test('a commit that fails rejects every member, and the next group is whole again', async (t) => {
  const { driver, breakNext } = await watched()
  t.teardown(() => driver.close())
  for (const message of ['database or disk is full', 'disk I/O error', 'something else']) {
    breakNext('commit', message)
    const outcomes = await Promise.allSettled(['a', 'b', 'c'].map((name) => insert(driver, name)))
    for (const outcome of outcomes) {
      t.match(outcome, { status: 'rejected', reason: { name: 'StorageUnavailable', message: `SQLite: ${message}` } })
    }
    t.strictSame(await names(driver), [])
  }
  await insert(driver, 'd')
  t.strictSame(await names(driver), ['d'])
})

t.test('a commit that fails after SQLite has rolled back by itself rejects every member, too', async (t) => {
  const { driver, breakNext } = await watched()
  t.teardown(() => driver.close())
  breakNext('commit', 'database or disk is full')
  breakNext('rollback', 'cannot rollback - no transaction is active')
  await t.rejects(insert(driver, 'a'), StorageUnavailable)
})

t.test('a full disk within one unit ends the whole group: its transaction may be gone', async (t) => {
  const { driver, database } = await watched()
  t.teardown(() => driver.close())
  database.exec(
    `create trigger full before insert on things when new.name = 'big' begin select raise(fail, 'database or disk is full'); end`,
  )
  const outcomes = await Promise.allSettled(['a', 'big', 'c'].map((name) => insert(driver, name)))
  for (const outcome of outcomes) t.match(outcome, { status: 'rejected', reason: { name: 'StorageUnavailable' } })
  t.strictSame(await names(driver), [])
})

t.test('a full disk also ends a group whose units have their own savepoints', async (t) => {
  const { driver, database, scripts } = await watched()
  t.teardown(() => driver.close())
  await insert(driver, 'a')
  database.exec(
    `create trigger full before insert on things when new.name = 'big' begin select raise(fail, 'database or disk is full'); end`,
  )
  scripts.length = 0
  const outcomes = await Promise.allSettled(['a', 'b', 'big', 'c'].map((name) => insert(driver, name)))
  for (const outcome of outcomes) t.match(outcome, { status: 'rejected', reason: { name: 'StorageUnavailable' } })
  t.strictSame(scripts, ['begin immediate', 'rollback', 'begin immediate', 'rollback to unit; release unit', 'rollback'])
  t.strictSame(await names(driver), ['a'])
})

t.test('a unit whose savepoint is lost ends the whole group: no caller hears that it was stored', async (t) => {
  const { driver, database } = await watched()
  t.teardown(() => driver.close())
  database.exec(`create trigger lost before insert on things when new.name = 'lost' begin select raise(rollback, 'gone'); end`)
  const outcomes = await Promise.allSettled(['a', 'lost', 'c'].map((name) => insert(driver, name)))
  for (const outcome of outcomes) t.match(outcome, { status: 'rejected', reason: { name: 'StorageUnavailable' } })
  t.strictSame(await names(driver), [])
  await insert(driver, 'd')
  t.strictSame(await names(driver), ['d'])
})

t.test('a transaction that can’t begin rejects its writes, at once if it is not because of a lock', async (t) => {
  const { driver, breakNext } = await watched()
  t.teardown(() => driver.close())
  breakNext('begin immediate', 'disk I/O error')
  await t.rejects(insert(driver, 'a'), StorageUnavailable)
  await insert(driver, 'b')
  t.strictSame(await names(driver), ['b'])
})

t.test('while another program holds the write lock, writes wait for it and the process goes on', async (t) => {
  const path = join(t.testdir(), 'shared.db')
  const { driver } = await watched(path)
  const other = await openDatabase(path)
  t.teardown(async () => {
    const closed = driver.close()
    other.close()
    await closed
  })
  other.exec('begin immediate')
  let answered = false
  const writing = Promise.all(['a', 'b'].map((name) => insert(driver, name))).then(() => (answered = true))
  for (let turn = 0; turn < 5; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 10))
    t.strictSame(await names(driver), [], 'reads go on')
  }
  t.equal(answered, false)
  other.exec('commit')
  await writing
  t.strictSame(await names(driver), ['a', 'b'])
})

t.test('a write lock that is held for too long means StorageUnavailable within the limit, for each write in its own time', async (t) => {
  const path = join(t.testdir(), 'shared.db')
  const { driver } = await watched(path)
  const other = await openDatabase(path)
  t.teardown(async () => {
    const closed = driver.close()
    other.close()
    await closed
  })
  other.exec('begin immediate')
  const begun = performance.now()
  const took = () => performance.now() - begun
  const early = t.rejects(insert(driver, 'early'), { name: 'StorageUnavailable', message: /locked/ }).then(took)
  await new Promise((resolve) => setTimeout(resolve, BUSY_LIMIT_MS / 2))
  const late = insert(driver, 'late')
  const waited = await early
  t.ok(waited >= BUSY_LIMIT_MS && waited < BUSY_LIMIT_MS * 1.4, `after ${Math.round(waited)} ms`)
  other.exec('commit')
  await late
  t.strictSame(await names(driver), ['late'])
})

t.test('a write that waits for its tick is part of the load', async (t) => {
  const { driver } = await watched()
  t.teardown(() => driver.close())
  t.strictSame(driver.load(), { connections: 1, idle: 1, waiting: 0 })
  const writing = insert(driver, 'a')
  t.strictSame(driver.load(), { connections: 1, idle: 0, waiting: 1 })
  await writing
  t.strictSame(driver.load(), { connections: 1, idle: 1, waiting: 0 })
})

t.test('closing waits for the writes of its tick', async (t) => {
  const path = join(t.testdir(), 'closed.db')
  const { driver } = await watched(path)
  const writing = insert(driver, 'a')
  await driver.close()
  await writing
  const { driver: again } = await watched(path)
  t.teardown(() => again.close())
  t.strictSame(await names(again), ['a'])
})

t.test('a read that another program blocks is tried again; one that fails otherwise is StorageUnavailable, or a defect', async (t) => {
  const { driver, breakNext } = await watched()
  t.teardown(() => driver.close())
  breakNext(NAMES.text, 'database is locked')
  t.strictSame(await names(driver), [])
  breakNext('select 1', 'disk I/O error')
  await t.rejects(driver.read(statement('select 1'), []), StorageUnavailable)
  await t.rejects(driver.read(statement('select nothing'), []), { name: 'Error' })
})
