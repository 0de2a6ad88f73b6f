// A database that can't be used is refused with a sentence that says what to do, and isn't changed.
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openStorage } from '#src/storage/open.ts'
import { makeFolder } from '#src/storage/sqlite/make-folder.ts'
import { createSqliteDriver, openSqlite } from '#src/storage/sqlite/sqlite.ts'
import { createDatabase, loadEngine, openDatabase, quietly } from '#src/storage/sqlite/sqlite-database.ts'
import { single, statement } from '#src/storage/driver.ts'
import { makeClient } from '../conformance/records.ts'

const refused = (message: RegExp) => ({ name: 'StorageRefused', message })

t.test('a URL that names no engine, or no path, is refused', async (t) => {
  for (const url of ['mysql://db/solar', 'sqlite:', 'solar.db', '']) {
    await t.rejects(openStorage(url), refused(/^DATABASE_URL must be /), url)
  }
})

t.test('a file that is not a database is refused, and stays unchanged', async (t) => {
  const path = join(t.testdir({ 'notes.db': 'dear diary, '.repeat(1000) }), 'notes.db')
  const before = readFileSync(path)
  await t.rejects(openSqlite(path), refused(/notes\.db is damaged, or is not a SQLite database: restore a backup, or set DATABASE_URL/))
  t.same(readFileSync(path), before)
})

t.test('a damaged database is refused', async (t) => {
  const path = join(t.testdir(), 'damaged.db')
  const storage = await openStorage(`sqlite:${path}`)
  for (let index = 0; index < 20; index++) await storage.clients.insert(makeClient())
  await storage.close()
  const bytes = readFileSync(path)
  bytes.fill(0x5a, 100)
  writeFileSync(path, bytes)
  await t.rejects(openSqlite(path), refused(/damaged\.db is damaged/))
  truncateSync(path, 5000)
  await t.rejects(openSqlite(path), refused(/damaged\.db is damaged/))
})

t.test('a folder that can never be made is refused at once', { skip: !existsSync('/proc') && 'there is no /proc' }, async (t) => {
  for (const path of ['/proc/solar/x.db', '/proc/self/solar/deep/x.db']) await t.rejects(openSqlite(path), { name: 'StorageRefused' }, path)
})

t.test('folders are made one by one, each only for their owner', async (t) => {
  const folder = t.testdir()
  makeFolder(join(folder, 'a', 'b', 'c'))
  for (const path of ['a', 'a/b', 'a/b/c']) t.equal(statSync(join(folder, path)).mode & 0o777, 0o700, path)
  t.doesNotThrow(() => makeFolder(join(folder, 'a', 'b')))
  symlinkSync(join(folder, 'nowhere'), join(folder, 'link'))
  t.doesNotThrow(() => makeFolder(join(folder, 'link')), 'what another process made meanwhile')
})

t.test('a path that is a folder, or is in one that can’t be created, is refused', async (t) => {
  const folder = t.testdir({ file: '' })
  await t.rejects(openSqlite(folder), refused(/can't be opened \(.*\): check that its folder is writable, or set DATABASE_URL/))
  await t.rejects(openSqlite(join(folder, 'file', 'solar.db')), refused(/can't be opened/))
})

t.test(
  'a folder that this account may not write to is refused',
  { skip: process.getuid?.() === 0 && 'root may write everywhere' },
  async (t) => {
    const folder = join(t.testdir(), 'closed')
    mkdirSync(folder)
    chmodSync(folder, 0o500)
    await t.rejects(openSqlite(join(folder, 'solar.db')), refused(/can't be opened/))
  },
)

t.test('a database that another program has locked is refused after a while', async (t) => {
  const path = join(t.testdir(), 'held.db')
  await (await openSqlite(path)).close()
  const other = await openDatabase(path)
  t.teardown(() => other.close())
  other.exec('begin immediate')
  await t.rejects(openSqlite(path), refused(/held\.db is locked by another program: stop it, then start again/))
})

t.test('a database that a newer program made is refused, and stays unchanged', async (t) => {
  const path = join(t.testdir(), 'newer.db')
  await (await openSqlite(path)).close()
  const other = await openDatabase(path)
  other.exec(`insert into schema_version (version, name, md5) values (9000, 'future', 'x')`)
  other.close()
  await t.rejects(
    openSqlite(path),
    refused(
      /The database has version 9000, but this program only knows \d+: start a newer version of the program, or use another database/,
    ),
  )
})

t.test('an installation without migrations is refused', async (t) => {
  const folder = new URL(`file://${t.testdir({})}/`)
  await t.rejects(openSqlite(':memory:', folder), refused(/No migrations were found: the installation is incomplete/))
})

t.test('a migration that was changed after it ran is refused', async (t) => {
  const folder = t.testdir({ migrations: { '0001.do.things.sql': 'create table things (name text);' } })
  const migrations = new URL(`file://${folder}/migrations/`)
  const path = join(folder, 'changed.db')
  await (await openSqlite(path, migrations)).close()
  await (await openSqlite(path, migrations)).close()
  writeFileSync(join(folder, 'migrations', '0001.do.things.sql'), 'create table things (name text, more text);')
  await t.rejects(
    openSqlite(path, migrations),
    refused(/checksum failed for migration \[1\]: a migration that already ran was changed. Install the original program again/),
  )
})

t.test('a migration that fails leaves nothing behind, and the next start continues from there', async (t) => {
  const folder = t.testdir({
    migrations: {
      '0001.do.one.sql': 'create table one (name text);',
      '0002.do.two.sql': 'create table two (name text); create table one (name text);',
    },
  })
  const migrations = new URL(`file://${folder}/migrations/`)
  const path = join(folder, 'half.db')
  await t.rejects(openSqlite(path, migrations), /table one already exists/)
  writeFileSync(join(folder, 'migrations', '0002.do.two.sql'), 'create table two (name text);')
  const driver = await openSqlite(path, migrations)
  t.teardown(() => driver.close())
  t.strictSame(
    (await driver.read(statement('select version from schema_version order by version'), [])).map((row) => row['version']),
    [0, 1, 2],
  )
})

t.test('a program in a folder with brackets in its name finds its migrations', async (t) => {
  const folder = t.testdir({ 'a [new] {copy} (2) *?': { '0001.do.things.sql': 'create table things (name text);' } })
  const migrations = new URL(`file://${folder}/${encodeURIComponent('a [new] {copy} (2) *?')}/`)
  const driver = await openSqlite(':memory:', migrations)
  t.teardown(() => driver.close())
  t.strictSame(await driver.read(statement('select * from things'), []), [])
})

t.test('a database file that others could read is made private', async (t) => {
  const path = join(t.testdir(), 'open.db')
  await (await openSqlite(path)).close()
  chmodSync(path, 0o644)
  await (await openSqlite(path)).close()
  t.equal(statSync(path).mode & 0o777, 0o600)
})

t.test('a statement whose parameters leave a number out can’t be declared', async (t) => {
  t.throws(() => statement('select $1, $3'), TypeError)
  t.equal(statement('select 1').arity, 0)
  t.equal(statement('select $2, $1, $2').arity, 2)
})

t.test('Node’s warning about its SQLite is suppressed, and no other one', async (t) => {
  const heard: unknown[] = []
  const { emitWarning } = process
  process.emitWarning = (warning: string | Error) => void heard.push(warning)
  t.teardown(() => (process.emitWarning = emitWarning))
  const loaded = quietly(() => {
    process.emitWarning('SQLite is an experimental feature and might change at any time', 'ExperimentalWarning')
    process.emitWarning('something else', 'ExperimentalWarning')
    return 'loaded'
  })
  t.equal(loaded, 'loaded')
  t.strictSame(heard, ['something else'])
})

t.test('a driver works with any database of the same interface', async (t) => {
  const driver = createSqliteDriver(await openDatabase(':memory:'))
  t.strictSame(await driver.read(statement('select $1 as a'), ['b']), [{ a: 'b' }])
  await driver.close()
})

t.test('Node’s own SQLite is taken if it makes rows that are arrays, and the package otherwise', (t) => {
  const engine = (prototype: object) => ({ DatabaseSync: class {} as never, StatementSync: { prototype } })
  const own = engine({ setReturnArrays: () => undefined })
  t.equal(loadEngine(own), own)
  const other = loadEngine(engine({}))
  const database = new other.DatabaseSync(':memory:')
  t.strictSame(database.prepare('select 1 as one').all().length, 1)
  database.close()
  t.end()
})

t.test('columns that a later version added meanwhile change nothing for a driver that was there before', async (t) => {
  const path = join(t.testdir(), 'shared.db')
  const driver = createSqliteDriver(await openDatabase(path))
  t.teardown(() => driver.close())
  const run = async (text: string) => driver.write(single(statement(text)))
  await run('create table one (a text)')
  await run('create table other (b text)')
  await run("insert into one values ('a')")
  await run("insert into other values ('b')")
  const BOTH = statement('select one.*, other.b from one join other')
  t.strictSame(await driver.read(BOTH, []), [{ a: 'a', b: 'b' }])
  const later = createDatabase(path)
  later.exec("alter table one add column c text default 'c'")
  later.close()
  t.strictSame(await driver.read(BOTH, []), [{ a: 'a', c: 'c', b: 'b' }])
})
