// A node of the next version migrates while this one runs: new columns don't disturb the prepared statements of this one.
import t from 'tap'
import { openStorage } from '#src/storage/open.ts'
import { openPostgres } from '#src/storage/postgres/postgres.ts'
import { run, statement, unit } from '#src/storage/driver.ts'
import type { Unit } from '#src/storage/driver.ts'
import { withPostgres } from '#test/support/processes/postgres.ts'
import { fillKeysAgain } from '../client-keys.ts'
import { NOW, addFamily, addSession, redemptionOf, addGrant, rotationOf } from '../conformance/records.ts'

await withPostgres(t, async (t, server) => {
  t.test('a node keeps working with every kind of record after each table got another column', async (t) => {
    const url = await server.createDatabase('?pool_size=4')
    const database = new URL(url).pathname.slice(1)
    const storage = await openStorage(url)
    t.teardown(() => storage.close())
    const family = await addFamily(storage)
    const session = await addSession(storage, family.user.id)
    async function useAll(): Promise<void> {
      const { user, client, grant, code, token } = family
      t.match(await storage.clients.find(client.id), { id: client.id })
      t.equal((await storage.clients.list({ limit: 5 })).length > 0, true)
      t.match(await storage.users.find(user.id), { id: user.id })
      t.equal((await storage.users.list()).length > 0, true)
      t.match(await storage.sessions.findLive(session.idHash, NOW, 0), { user: { id: user.id } })
      t.match(await storage.grants.findCode(grant.id, code.codeHash), { grant: { id: grant.id } })
      t.match(await storage.grants.findRefreshToken(token.grantId, token.tokenHash), { grant: { id: grant.id } })
      t.match(await storage.grants.rotate(rotationOf(token, client.id)), /^(rotated|repeated)$/)
      t.equal(await storage.grants.redeem(redemptionOf(await addGrant(storage))), 'redeemed')
    }
    const everywhere = () => Promise.all(Array.from({ length: 8 }, useAll)) // on each connection
    await everywhere()
    const tables = await server.execute(
      `select tablename as name from pg_tables where schemaname = 'public' and tablename <> 'schema_version'`,
      database,
    )
    for (const { name } of tables) await server.execute(`alter table ${String(name)} add column of_the_next_version text`, database)
    await everywhere()
  })

  t.test('a unit with an outdated prepared statement runs again, and only once', async (t) => {
    const url = await server.createDatabase('?pool_size=1')
    const driver = await openPostgres(url)
    t.teardown(() => driver.close())
    const insert = statement('insert into leases (name, holder, expires_at) values ($1, $1, 1)')
    const all = statement('select * from leases order by name')
    const write = (name: string) =>
      driver.write(
        unit(function* (): Unit<number> {
          yield* run(insert, name)
          return (yield* run(all)).length
        }),
      )
    t.equal(await write('a'), 1)
    await server.execute('alter table leases add column of_the_next_version text', new URL(url).pathname.slice(1))
    t.equal(await write('b'), 2)
  })

  t.test('clients from before migration 60 are found as new ones are', async (t) => {
    const url = await server.createDatabase()
    const storage = await openStorage(url)
    t.teardown(() => storage.close())
    const database = new URL(url).pathname.slice(1)
    const { before, without, after } = await fillKeysAgain(storage, 'PostgreSQL', (sql) => server.execute(sql, database))
    t.strictSame([without, after], [[[], []], before])
  })
})
