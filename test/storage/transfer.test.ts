// Export and import move everything, as it is at one instant, and all or nothing.
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { statement } from '#src/storage/driver.ts'
import { openStorage, transferStorage } from '#src/storage/open.ts'
import { openPostgres } from '#src/storage/postgres/postgres.ts'
import { CHUNK_SIZE, TABLES, TABLES_THAT_STAY } from '#src/storage/transfer.ts'
import type { Transfer, Values } from '#src/storage/transfer.ts'
import { withPostgres } from '#test/support/processes/postgres.ts'
import { MINUTE, NOW, addClient, addUser, makeClient, makeSession } from './conformance/records.ts'
import { addEveryRecord, contents } from './every-record.ts'
import { openPreparedDriver } from '#test/support/memory-storage.ts'

type MakeUrl = (t: Test) => Promise<string>

/** What both engines must do. */
async function transfers(t: Test, makeUrl: MakeUrl): Promise<void> {
  const filled = await makeUrl(t)
  await addEveryRecord(filled)

  t.test('every table has records in this test, so that none is moved untested', async (t) => {
    for (const [table, records] of Object.entries(await contents(filled))) t.ok(records.length > 0, table)
  })

  t.test('every record arrives as it was, a primary key is never optional, and leases stay', async (t) => {
    const url = await makeUrl(t)
    await copy(filled, url)
    t.strictSame(await contents(url), await contents(filled))
    const storage = await openStorage(url)
    t.teardown(() => storage.close())
    t.ok(await storage.leases.take('sweep', 'another node', 0, 1), 'nobody holds the lease here')
  })

  t.test('sessions of a version without sid stay valid, each with its own sid', async (t) => {
    const url = await makeUrl(t)
    const storage = await openStorage(url)
    t.teardown(() => storage.close())
    const user = await addUser(storage)
    const [first, second] = ['first', 'second'].map((idHash) => makeSession(user.id, { idHash }))
    await transferStorage(url, 'import', async (transfer) => {
      const columns = (await transfer.columns('sessions')).filter(({ name }) => name !== 'sid')
      await transfer.insert(
        'sessions',
        columns,
        [first!, second!].map(({ idHash }): Values => [idHash, user.id, NOW, NOW, NOW, NOW + MINUTE]),
      )
    })
    const sidOf = async (idHash: string) => (await storage.sessions.findLive(idHash, NOW, 0))?.session.sid
    const sid = await sidOf('first')
    t.type(sid, 'string')
    t.not(await sidOf('second'), sid)
    await storage.sessions.renew('first', { ...first!, idHash: 'renewed' })
    t.equal(await sidOf('renewed'), sid, 'kept when its person logs in again')
    const client = await addClient(storage)
    for (const idHash of ['renewed', 'second'])
      await storage.logoutNotices.insert({ sid: (await sidOf(idHash))!, clientId: client.id, userId: user.id }, NOW + MINUTE)
    await storage.sessions.end('second', NOW)
    t.strictSame(
      (await storage.logoutNotices.claim(NOW, 10)).map(({ sid }) => sid),
      ['second'],
      'its notices become due, and no others',
    )
  })

  t.test('records are read in chunks, and none is missing between them', async (t) => {
    const url = await makeUrl(t)
    const attempts = Array.from({ length: 2 * CHUNK_SIZE }, (_, index): Values => [`account:${index}`, index, index])
    await transferStorage(url, 'import', async (transfer) => {
      const columns = await transfer.columns('login_attempts')
      t.match(columns, [{ name: 'subject', type: 'text', nullable: false, optional: false }, { type: 'bigint' }, { type: 'bigint' }])
      await transfer.insert('login_attempts', columns, attempts)
    })
    const sizes: number[] = []
    const read: Values[] = []
    await transferStorage(url, 'export', async (transfer) => {
      for await (const piece of transfer.read('login_attempts', ['subject', 'attempts', 'expires_at'])) {
        sizes.push(piece.length)
        read.push(...piece)
      }
    })
    t.strictSame(sizes, [CHUNK_SIZE, CHUNK_SIZE])
    t.same(new Set(read.map(([subject]) => subject)).size, attempts.length)
  })

  t.test('an export sees one instant, whatever is written meanwhile', async (t) => {
    const storage = await openStorage(filled)
    t.teardown(() => storage.close())
    const count = async (transfer: Transfer) => {
      let n = 0
      for await (const piece of transfer.read('clients', ['id'])) n += piece.length
      return n
    }
    const [before, after] = await transferStorage(filled, 'export', async (transfer) => {
      const before = await count(transfer)
      const client = makeClient()
      await storage.clients.insert(client)
      t.ok(await storage.clients.find(client.id), 'written at once')
      return [before, await count(transfer)]
    })
    t.equal(after, before)
  })

  t.test('a duplicate record, or one that refers to a missing one, is refused, and the import is rolled back', async (t) => {
    const url = await makeUrl(t)
    const key = ['kid', 'ES256', 1, '{}', 'encrypted', 1]
    for (const [table, records] of [
      ['signing_keys', [key, key]],
      ['consents', [['nobody', 'nothing', '[]', '[]', 1, 1]]],
    ] as const) {
      const importing = transferStorage(url, 'import', async (transfer) => {
        await transfer.insert('login_attempts', await transfer.columns('login_attempts'), [['account:helen', 1, 1]])
        await transfer.insert(table, await transfer.columns(table), records)
      })
      await t.rejects(importing, { name: 'RecordsRefused', message: /constraint/ }, table)
    }
    t.strictSame(await contents(url), Object.fromEntries(TABLES.map((table) => [table, []])))
  })

  t.test('a defect is not blamed on a record', async (t) => {
    const url = await makeUrl(t)
    const column = { name: 'no_such_column', type: 'text', nullable: true, optional: true } as const
    const importing = transferStorage(url, 'import', (transfer) => transfer.insert('users', [column], [['x']]))
    await t.rejects(importing, { name: /^(error|Error)$/, message: /no_such_column/ })
  })
}

async function copy(from: string, to: string): Promise<void> {
  await transferStorage(from, 'export', (source) =>
    transferStorage(to, 'import', async (target) => {
      for (const table of TABLES) {
        const columns = await source.columns(table)
        for await (const piece of source.read(
          table,
          columns.map(({ name }) => name),
        ))
          await target.insert(table, columns, piece)
      }
    }),
  )
}

const listed = [...TABLES, ...TABLES_THAT_STAY].sort()
const hint = 'a new table has to be named in TABLES of src/storage/transfer.ts (or stay)'
let files = 0
const sqliteUrl: MakeUrl = async (t) => `sqlite:${join(t.testdir(), `${files++}.db`)}`

t.test('SQLite', async (t) => {
  t.test('every table of the database is in the list', async (t) => {
    const driver = await openPreparedDriver()
    t.teardown(() => driver.close())
    const rows = await driver.read(
      statement(`select name from sqlite_schema where type = 'table' and name not like 'sqlite%' order by name`),
      [],
    )
    t.strictSame(
      rows.map((row) => row['name']),
      listed,
      hint,
    )
  })
  await transfers(t, sqliteUrl)

  t.test('a value that SQLite can’t take is a defect, too', async (t) => {
    const importing = transferStorage(await sqliteUrl(t), 'import', async (transfer) =>
      transfer.insert('replays', await transfer.columns('replays'), [['a', {} as never]]),
    )
    await t.rejects(importing, { name: /^(Type)?Error$/ })
  })

  t.test('a missing database is not exported, and not created', async (t) => {
    const url = await sqliteUrl(t)
    await t.rejects(
      transferStorage(url, 'export', async () => undefined),
      { name: 'StorageRefused', message: /^There is no database .*: set DATABASE_URL to an existing one\.$/ },
    )
    t.strictSame(await contents(url).catch((error: Error) => error.name), 'StorageRefused')
  })

  t.test('a database that another program writes to all the time is not imported into', async (t) => {
    const url = await sqliteUrl(t)
    const second = await transferStorage(url, 'import', () =>
      transferStorage(url, 'import', async () => 'both').catch((error: Error) => error.message),
    )
    t.match(second, /is locked by another program: stop it, then start again\.$/)
  })
})

await withPostgres(t, async (t, server) => {
  const postgresUrl: MakeUrl = () => server.createDatabase()

  t.test('every table of the database is in the list', async (t) => {
    const driver = await openPostgres(await server.createDatabase())
    t.teardown(() => driver.close())
    const rows = await driver.read(
      statement('select table_name from information_schema.tables where table_schema = current_schema() order by table_name'),
      [],
    )
    t.strictSame(
      rows.map((row) => row['table_name']),
      listed,
      hint,
    )
  })
  await transfers(t, postgresUrl)

  t.test('records are the same after a move to the other engine and back', async (t) => {
    const [first, second, third] = [await sqliteUrl(t), await postgresUrl(t), await sqliteUrl(t)]
    await addEveryRecord(first)
    await copy(first, second)
    t.strictSame(await contents(second), await contents(first))
    await copy(second, third)
    t.strictSame(await contents(third), await contents(first))
  })

  t.test('a character that PostgreSQL can’t store is replaced, as in every write', async (t) => {
    const url = await postgresUrl(t)
    await transferStorage(url, 'import', async (transfer) => transfer.insert('replays', await transfer.columns('replays'), [['a\0b', 1]]))
    t.match(await contents(url), { replays: [{ id: 'a\uFFFDb', expires_at: 1 }] })
  })

  t.test('a server that starts during an import waits, and a running one prevents an import', async (t) => {
    const url = await postgresUrl(t)
    const storage = await openStorage(`${url}?statement_timeout=300`)
    t.teardown(() => storage.close())
    await transferStorage(url, 'import', async () => {
      await t.rejects(storage.users.findAdministrator(), { name: 'StorageUnavailable' })
    })
    t.equal(await storage.users.findAdministrator(), undefined)
    await transferStorage(url, 'export', async (transfer) => {
      for await (const _piece of transfer.read('users', ['id']));
      const importing = transferStorage(url, 'import', async () => undefined)
      await t.rejects(importing, {
        name: 'StorageRefused',
        message: /^Another program is using the database: stop every server on it, then import again\.$/,
      })
    })
  })

  t.test('a user who may only read is refused with what is missing', async (t) => {
    const url = new URL(await postgresUrl(t))
    const database = url.pathname.slice(1)
    await (await openStorage(url.href)).close()
    await server.execute(`create role visitor login password 'visitor'; grant select on all tables in schema public to visitor`, database)
    t.teardown(() => server.execute('drop owned by visitor; drop role visitor', database))
    url.username = url.password = 'visitor'
    await t.rejects(
      transferStorage(url.href, 'import', async () => undefined),
      { name: 'StorageRefused', message: /^The user visitor may not/ },
    )
    t.match(await contents(url.href), { users: [] }, 'which is enough to export')
  })

  t.test('an unreachable server is refused with a sentence', async (t) => {
    await t.rejects(
      transferStorage('postgres://u@127.0.0.1:1/d', 'export', async () => undefined),
      { name: 'StorageRefused', message: /^PostgreSQL doesn't answer at 127\.0\.0\.1:1/ },
    )
  })
})
