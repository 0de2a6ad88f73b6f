// Backup of a database in use, and restore.
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import t from 'tap'
import { backUpStorage, openStorage, restoreStorage } from '#src/storage/open.ts'
import { createDatabase } from '#src/storage/sqlite/sqlite-database.ts'
import type { Client } from '#src/domain/client/client.ts'
import { writeAtomically } from '#src/storage/atomic-file.ts'
import { makeClient } from '#test/storage/conformance/records.ts'
import { startWorker } from '#test/storage/workers.ts'

const refused = (message: RegExp) => ({ name: 'StorageRefused', message })
const backUp = (url: string, file: string) => writeAtomically(file, (partial) => backUpStorage(url, partial))

/** A database with a client in it. */
async function makeDatabase(path: string): Promise<{ url: string; client: Client }> {
  const url = `sqlite:${path}`
  const client = makeClient()
  const storage = await openStorage(url)
  await storage.clients.insert(client)
  await storage.close()
  return { url, client }
}

async function clientsOf(url: string): Promise<string[]> {
  const storage = await openStorage(url)
  try {
    return (await storage.clients.list({ limit: 100_000 })).map(({ id }) => id)
  } finally {
    await storage.close()
  }
}

t.test('a backup made while another process writes has all that was confirmed before, and complete groups of what followed', async (t) => {
  const folder = t.testdir()
  const url = `sqlite:${join(folder, 'busy.db')}`
  const worker = await startWorker(url)
  t.teardown(() => worker.kill())
  const before = Array.from({ length: 200 }, () => makeClient())
  await worker.run({ store: 'clients', method: 'insert', calls: before.map((client) => [client]) })
  const meanwhile = worker.run({ store: 'clients', method: 'insert', calls: Array.from({ length: 1500 }, () => [makeClient()]) })
  let writing = true
  void meanwhile.then(() => (writing = false))
  const counts: number[] = []
  while (writing && counts.length < 10) {
    const file = join(folder, `${counts.length}.db`)
    await backUp(url, file)
    const kept = await clientsOf(`sqlite:${file}`)
    t.ok(before.every(({ id }) => kept.includes(id)))
    counts.push(kept.length)
    await new Promise((resolve) => setImmediate(resolve))
  }
  t.strictSame(await meanwhile, Array(1500).fill(null), 'no write failed for it')
  t.ok(counts.length > 0)
  t.strictSame(
    counts,
    [...counts].sort((a, b) => a - b),
  )
})

t.test('a backup is a single private file, and the database is unchanged', async (t) => {
  const folder = t.testdir()
  const { url, client } = await makeDatabase(join(folder, "it's.db"))
  const file = join(folder, "it's a copy.db")
  await backUp(url, file)
  t.strictSame(readdirSync(folder).sort(), ["it's a copy.db", "it's.db"])
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.strictSame(await clientsOf(`sqlite:${file}`), [client.id])
})

t.test('a database that is missing or damaged is not backed up, and no file is left', async (t) => {
  const folder = t.testdir()
  await t.rejects(
    backUp(`sqlite:${folder}/none.db`, join(folder, 'copy.db')),
    refused(/^There is no database .*none\.db: set DATABASE_URL to an existing one\.$/),
  )
  const { url } = await makeDatabase(join(folder, 'damaged.db'))
  damage(join(folder, 'damaged.db'))
  await t.rejects(backUp(url, join(folder, 'copy.db')), refused(/damaged\.db is damaged, or is not a SQLite database: restore a backup/))
  t.strictSame(readdirSync(folder), ['damaged.db'])
})

t.test('a copy whose check finds an error is thrown away', async (t) => {
  const folder = t.testdir()
  const { url } = await makeDatabase(join(folder, 'odd.db'))
  const database = createDatabase(join(folder, 'odd.db'))
  // A row that violates a constraint of its table: it is copied unchanged, and the check finds it.
  database.exec('create table odd (n bigint check (n > 0)); pragma ignore_check_constraints = on; insert into odd values (0)')
  database.close()
  await t.rejects(backUp(url, join(folder, 'copy.db')), refused(/odd\.db is damaged/))
  t.notOk(existsSync(join(folder, 'copy.db')))
})

t.test('a restored database has the content of the backup, and the previous one is kept', async (t) => {
  const folder = t.testdir()
  const path = join(folder, 'solar.db')
  const { url, client } = await makeDatabase(path)
  await backUp(url, join(folder, 'backup.db'))
  const storage = await openStorage(url)
  const later = makeClient()
  await storage.clients.insert(later)
  await storage.close()
  const { previous: aside } = await restoreStorage(url, join(folder, 'backup.db'))
  t.strictSame(await clientsOf(url), [client.id])
  t.match(aside, /solar\.db\.before-restore-\d{8}T\d{9}Z$/)
  t.strictSame((await clientsOf(`sqlite:${aside}`)).sort(), [client.id, later.id].sort())
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.equal(readdirSync(folder).length, 3, 'nothing else is left')
})

t.test('a backup is restored where there is no database yet', async (t) => {
  const folder = t.testdir()
  const { url, client } = await makeDatabase(join(folder, 'solar.db'))
  await backUp(url, join(folder, 'backup.db'))
  const elsewhere = join(folder, 'new', 'place.db')
  t.match(await restoreStorage(`sqlite:${elsewhere}`, join(folder, 'backup.db')), { previous: undefined, sealed: [] })
  t.strictSame(await clientsOf(`sqlite:${elsewhere}`), [client.id])
})

t.test('the log of a deleted or damaged database is never applied to the restored one', async (t) => {
  for (const damaged of [false, true]) {
    const folder = t.testdir({ [`it-${damaged}`]: {} }) + `/it-${damaged}`
    const { url, client } = await makeDatabase(join(folder, 'good.db'))
    await backUp(url, join(folder, 'backup.db'))
    const path = join(folder, 'solar.db')
    for (const log of ['-wal', '-journal', '-shm']) writeFileSync(path + log, `what ${log} holds`)
    if (damaged) writeFileSync(path, 'this was a database, once upon a time, and is none any more')
    await restoreStorage(`sqlite:${path}`, join(folder, 'backup.db'))
    const aside = readdirSync(folder).filter((name) => name.includes('before-restore'))
    t.strictSame(
      aside.map((name) => name.replace(/.*Z/, '')).sort(),
      damaged ? [''] : ['-journal', '-wal'],
      'kept, unless SQLite found them to be worthless',
    )
    t.notOk(existsSync(`${path}-wal`) || existsSync(`${path}-journal`) || existsSync(`${path}-shm`))
    t.strictSame(await clientsOf(`sqlite:${path}`), [client.id])
  }
})

t.test('a database that another process has open is not replaced', async (t) => {
  const folder = t.testdir()
  const { url, client } = await makeDatabase(join(folder, 'solar.db'))
  await backUp(url, join(folder, 'backup.db'))
  const worker = await startWorker(url)
  t.teardown(() => worker.kill())
  const later = makeClient()
  await worker.run({ store: 'clients', method: 'insert', calls: [[later]] })
  await t.rejects(restoreStorage(url, join(folder, 'backup.db')), refused(/solar\.db is in use: stop the server, then restore again\.$/))
  t.strictSame(
    readdirSync(folder)
      .filter((name) => !/-(wal|shm)$/.test(name))
      .sort(),
    ['backup.db', 'solar.db'],
  )
  await worker.kill()
  t.strictSame((await clientsOf(url)).sort(), [client.id, later.id].sort(), 'nothing was lost by the attempt')
  await restoreStorage(url, join(folder, 'backup.db'))
  t.strictSame(await clientsOf(url), [client.id])
})

t.test('a process that opened the database before the restore can’t write after it', async (t) => {
  const folder = t.testdir()
  const { url } = await makeDatabase(join(folder, 'solar.db'))
  await backUp(url, join(folder, 'backup.db'))
  const early = createDatabase(join(folder, 'solar.db')) // opened, and nothing read yet
  t.teardown(() => early.close())
  await restoreStorage(url, join(folder, 'backup.db'))
  t.throws(() => early.exec('pragma journal_mode = wal'), /readonly database|locked/)
  t.notOk(existsSync(join(folder, 'solar.db-wal')))
})

t.test('a backup of an older program is restored, and its database migrated at the next start', async (t) => {
  const folder = t.testdir()
  const { url } = await makeDatabase(join(folder, 'solar.db'))
  const older = createDatabase(join(folder, 'older.db'))
  older.exec(readFileSync(new URL('../../../src/storage/migrations/0001.do.initial.sql', import.meta.url), 'utf8'))
  older.exec(`create table schema_version (version bigint primary key, name text, md5 text, run_at text);
    insert into schema_version (version, name) values (1, 'initial'); insert into login_attempts values ('account:helen', 3, 9)`)
  older.close()
  await restoreStorage(url, join(folder, 'older.db'))
  const storage = await openStorage(url)
  t.teardown(() => storage.close())
  t.match(await storage.loginAttempts.count('account:helen', 0, 9), { attempts: 4 })
})

t.test('a file that is not a backup of this program is refused with what to do, and nothing changes', async (t) => {
  const folder = t.testdir({ 'text.txt': 'not a database at all, but long enough to look at', 'empty.db': '', folder: {} })
  const { url } = await makeDatabase(join(folder, 'solar.db'))
  await makeDatabase(join(folder, 'damaged.db'))
  damage(join(folder, 'damaged.db'))
  await makeDatabase(join(folder, 'short.db'))
  truncateSync(join(folder, 'short.db'), 5000)
  const other = createDatabase(join(folder, 'other.db'))
  other.exec('create table notes (text text)')
  other.close()
  await makeDatabase(join(folder, 'newer.db'))
  const newer = createDatabase(join(folder, 'newer.db'))
  newer.exec(`insert into schema_version (version, name) values (9000, 'future')`)
  newer.close()
  const before = readdirSync(folder)
  const content = readFileSync(join(folder, 'solar.db'))
  for (const [name, sentence] of [
    ['none.db', /^There is no file .*none\.db: name one that backup wrote\.$/],
    ['text.txt', /text\.txt is damaged, or is not a SQLite database: name another backup\.$/],
    ['damaged.db', /damaged\.db is damaged/],
    ['short.db', /short\.db is damaged/],
    ['empty.db', /empty\.db is the database of another program: name one that backup wrote\.$/],
    ['other.db', /other\.db is the database of another program/],
    [
      'newer.db',
      /newer\.db has version 9000, but this program only knows \d+: install a newer version of the program, then restore again\.$/,
    ],
    ['folder', /folder can't be copied \(.*\): check that it can be read, and that the disk has room\.$/],
  ] as const) {
    await t.rejects(restoreStorage(url, join(folder, name)), refused(sentence), name)
  }
  t.strictSame(readdirSync(folder), before)
  t.same(readFileSync(join(folder, 'solar.db')), content)
})

t.test('a backup that somebody else changed is refused, and what they put in never runs', async (t) => {
  const folder = t.testdir()
  const { url } = await makeDatabase(join(folder, 'solar.db'))
  const changes: Record<string, [sql: string, part: RegExp]> = {
    trigger: [
      "create trigger x after insert on sessions begin update users set password_hash = 'mine'; end",
      /differs in the trigger x, so somebody else changed it\. Name another backup, or look into it\.$/,
    ],
    'trigger before': ['create trigger y before delete on schema_version begin select 1; end', /the trigger y/],
    view: ['create view sessions_of as select * from sessions', /the view sessions_of/],
    'view in place': ['alter table consents rename to c; create view consents as select * from c', /the (view|table|index) c/],
    table: ['create table notes (text text)', /the table notes/],
    column: ['alter table users add column rank text', /the table users/],
    type: ['drop table replays; create table replays (id_hash text primary key, expires_at text)', /the table replays/],
    index: ['create unique index one on sessions (expires_at)', /the (index one|table sessions)/],
    'no index': ['drop index sessions_user_id', /the (index sessions_user_id|table sessions)/],
    'another index': ['drop index sessions_user_id; create index sessions_user_id on sessions (auth_time)', /the index sessions_user_id/],
    generated: ['alter table users add column g text generated always as (upper(username)) virtual', /the table users/],
  }
  for (const [name, [sql, part]] of Object.entries(changes)) {
    const file = join(folder, `${name}.db`)
    await backUp(url, file)
    const database = createDatabase(file)
    database.exec(`pragma legacy_alter_table = on; ${sql}`)
    database.close()
    await t.rejects(restoreStorage(url, file), refused(part), name)
  }
})

t.test('a backup of each release is restored', async (t) => {
  const fixtures = new URL('../../fixtures/', import.meta.url)
  for (const release of readdirSync(fixtures)) {
    const folder = t.testdir()
    const file = join(folder, 'backup.db')
    writeFileSync(file, gunzipSync(readFileSync(new URL(`${release}/solar.db.gz`, fixtures))))
    t.match(await restoreStorage(`sqlite:${join(folder, 'solar.db')}`, file), { sealed: [String] }, release)
    t.ok((await clientsOf(`sqlite:${join(folder, 'solar.db')}`)).length > 0)
  }
})

t.test('a path without a database file, or whose database can’t be set aside, is refused', async (t) => {
  const folder = t.testdir()
  const { url } = await makeDatabase(join(folder, 'solar.db'))
  const backup = join(folder, 'backup.db')
  await backUp(url, backup)
  mkdirSync(join(folder, 'place.db'))
  await t.rejects(restoreStorage(`sqlite:${join(folder, 'place.db')}`, backup), refused(/place\.db can't be opened/))
  // The name is so long that the new name is too long. A file system without hard links would fail in the same way.
  const long = `sqlite:${join(folder, 'x'.repeat(225))}`
  await restoreStorage(long, backup)
  await t.rejects(
    restoreStorage(long, backup),
    refused(/x can't be set aside \(ENAMETOOLONG.*\): move it away yourself, then restore again\.$/),
  )
})

t.test('PostgreSQL has its own tools, which are named', async (t) => {
  await t.rejects(
    backUpStorage('postgres://db/d', 'file'),
    refused(/^DATABASE_URL is PostgreSQL: back it up with pg_dump, or write it to a file with export\.$/),
  )
  await t.rejects(
    restoreStorage('postgres://db/d', 'file'),
    refused(/^DATABASE_URL is PostgreSQL: restore a dump with pg_restore, or an export with import\.$/),
  )
  await t.rejects(backUpStorage('mysql://db/d', 'file'), refused(/^DATABASE_URL must be sqlite:PATH/))
})

function damage(path: string): void {
  const bytes = readFileSync(path)
  bytes.fill(0x5a, 4096)
  writeFileSync(path, bytes)
}
