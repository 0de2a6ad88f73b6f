// PostgreSQL may become slow, unreachable, and reachable again. Requests get StorageUnavailable in time, and nothing needs a restart.
import t from 'tap'
import { run, single, statement, unit } from '#src/storage/driver.ts'
import type { Driver, Unit } from '#src/storage/driver.ts'
import { openStorage } from '#src/storage/open.ts'
import { openPostgres } from '#src/storage/postgres/postgres.ts'
import { withOwnPostgres } from '#test/support/processes/postgres.ts'
import { DAY, NOW, addClient, addFamily, addGrant, makeClient, rotationOf } from '../conformance/records.ts'
import { tally } from '../conformance/check.ts'
import { startProxy } from '../proxy.ts'

const INSERT = statement('insert into leases (name, holder, expires_at) values ($1, $1, 1)')
const NAMES = statement('select name from leases order by name')
const SLEEPERS = statement("select pid from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'")
const SLEEP = statement('select pg_sleep($1)')
const unavailable = { name: 'StorageUnavailable' }
const names = async (driver: Driver) => (await driver.read(NAMES, [])).map((row) => row['name'])

await withOwnPostgres(t, async (t, server) => {
  t.test('a statement that takes too long is StorageUnavailable, and the connection stays usable', async (t) => {
    const driver = await openPostgres(await server.createDatabase('?statement_timeout=200&pool_size=1'))
    t.teardown(() => driver.close())
    const begun = performance.now()
    await t.rejects(driver.read(SLEEP, [30]), { ...unavailable, message: /statement timeout/ })
    await t.rejects(
      driver.write(
        unit(function* (): Unit<void> {
          yield* run(INSERT, 'a')
          yield* run(SLEEP, 30)
        }),
      ),
      unavailable,
    )
    t.ok(performance.now() - begun < 5000)
    t.strictSame(await names(driver), [], 'the unit is rolled back')
  })

  t.test('a database that was made read-only is not ready, and is ready again once it takes writes', async (t) => {
    const url = await server.createDatabase()
    const name = new URL(url).pathname.slice(1)
    const driver = await openPostgres(url)
    t.teardown(() => driver.close())
    await driver.ping()
    /** Connections that are made from now on have the setting. */
    const setReadOnly = async (mode: 'on' | 'off') => {
      await server.execute(`alter database ${name} set default_transaction_read_only = ${mode}`)
      await server.execute(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`)
    }
    await setReadOnly('on')
    // The connections that were ended may be noticed first.
    await eventually(async () => {
      const failure = await driver.ping().then(
        () => 'ready',
        (error: Error) => `${error.name}: ${error.message}`,
      )
      if (failure !== 'StorageUnavailable: PostgreSQL: the database is read-only') throw new Error(failure)
    })
    t.strictSame(await names(driver), [], 'it can still be read')
    await t.rejects(driver.write(single(INSERT, 'a')))
    await setReadOnly('off')
    await t.resolves(eventually(() => driver.ping()))
    await driver.write(single(INSERT, 'a'))
  })

  t.test('a request that gets no connection in time is StorageUnavailable', async (t) => {
    const driver = await openPostgres(await server.createDatabase('?pool_size=1&statement_timeout=20000'))
    t.teardown(() => driver.close())
    const begun = performance.now()
    const holding = driver.read(SLEEP, [4])
    await t.rejects(driver.write(single(INSERT, 'a')), { ...unavailable, message: /timeout exceeded when trying to connect/ })
    t.ok(performance.now() - begun < 3900, 'within its own bound')
    await holding
    await driver.write(single(INSERT, 'b'))
    t.strictSame(await names(driver), ['b'])
  })

  t.test('a network failure is StorageUnavailable within the limit, and ends when the network is back', async (t) => {
    const proxy = await startProxy(await server.createDatabase())
    const driver = await openPostgres(`${proxy.url}?statement_timeout=300&pool_size=2`)
    t.teardown(async () => {
      await driver.close()
      await proxy.close()
    })
    await driver.write(single(INSERT, 'a'))
    proxy.silence()
    const begun = performance.now()
    await t.rejects(driver.read(NAMES, []), { ...unavailable, message: /Query read timeout/ })
    await t.rejects(
      driver.write(
        unit(function* (): Unit<void> {
          yield* run(INSERT, 'b')
        }),
      ),
      unavailable,
    )
    t.ok(performance.now() - begun < 8000, `after ${Math.round(performance.now() - begun)} ms`)
    proxy.speak()
    proxy.cut()
    await t.resolves(eventually(() => names(driver)))
    t.strictSame(await names(driver), ['a'])
  })

  t.test('a connection that ends in the middle of a unit ends the unit, and the next unit has another', async (t) => {
    const url = await server.createDatabase('?application_name=victim')
    const driver = await openPostgres(url)
    t.teardown(() => driver.close())
    const ended = driver.write(
      unit(function* (): Unit<void> {
        yield* run(INSERT, 'a')
        yield* run(statement('select pg_terminate_backend(pg_backend_pid())'))
        yield* run(INSERT, 'b')
      }),
    )
    await t.rejects(ended, unavailable)
    t.strictSame(await names(driver), [])
  })

  t.test('closing waits for requests that still wait for a connection', async (t) => {
    const url = await server.createDatabase('?pool_size=1')
    const driver = await openPostgres(url)
    await driver.read(NAMES, [])
    const waiting = Promise.all(['a', 'b', 'c'].map((name) => driver.write(single(INSERT, name))))
    await Promise.all([driver.close(), waiting])
    const again = await openPostgres(url)
    t.teardown(() => again.close())
    t.strictSame(await names(again), ['a', 'b', 'c'])
  })

  for (const [kind, changes] of Object.entries({ unused: {}, idle: { authorizedAt: NOW, lastUsedAt: NOW } })) {
    t.test(`an ${kind} client that is being authorized while the sweeper deletes it stays`, async (t) => {
      const url = await server.createDatabase()
      const driver = await openPostgres(url)
      const storage = await openStorage(url)
      t.teardown(() => Promise.all([driver.close(), storage.close()]))
      const { id } = await addClient(storage, changes)
      const now = NOW + 1000 * DAY
      const authorizing = driver.write(
        unit(function* (): Unit<void> {
          yield* run(statement('update clients set authorized_at = $2, last_used_at = $2 where id = $1'), id, now)
          yield* run(SLEEP, 1)
        }),
      )
      while ((await driver.read(SLEEPERS, [])).length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
      await storage.sweep(now, 100, { unusedClientTtl: 1, idleClientTtl: 1, auditTtl: 3600 })
      await authorizing
      t.match(await storage.clients.find(id), { id })
    })
  }

  t.test('a lost idle connection does no harm', async (t) => {
    const driver = await openPostgres(await server.createDatabase('?application_name=idler&pool_size=1'))
    t.teardown(() => driver.close())
    await driver.write(single(INSERT, 'a'))
    const ended = await server.execute(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'idler'`)
    t.equal(ended.length, 1)
    t.strictSame(await eventually(() => names(driver)), ['a'])
  })

  t.test('units in a deadlock are tried again until all are done', async (t) => {
    const driver = await openPostgres(await server.createDatabase())
    t.teardown(() => driver.close())
    for (const name of ['a', 'b']) await driver.write(single(INSERT, name))
    const take = statement('update leases set expires_at = expires_at + 1 where name = $1')
    const pair = (first: string, second: string) =>
      unit(function* (): Unit<string> {
        yield* run(take, first)
        yield* run(SLEEP, 1)
        yield* run(take, second)
        return 'done'
      })
    t.strictSame(await Promise.all([driver.write(pair('a', 'b')), driver.write(pair('b', 'a'))]), ['done', 'done'])
    t.match(await driver.read(statement('select expires_at from leases'), []), [{ expires_at: 3 }, { expires_at: 3 }])
  })

  t.test('a unit that always loses is StorageUnavailable after a few tries', async (t) => {
    const driver = await openPostgres(await server.createDatabase())
    t.teardown(() => driver.close())
    let tries = 0
    const lose = statement(
      `do $$ begin raise exception 'lost again' using errcode = 'serialization_failure'; end $$`.replaceAll('$$', '$a$'),
    )
    await t.rejects(
      driver.write(
        unit(function* (): Unit<void> {
          tries++
          yield* run(lose)
        }),
      ),
      { ...unavailable, message: /lost again/ },
    )
    t.equal(tries, 5)
  })

  t.test('a number that JavaScript can’t hold is an error, not another number', async (t) => {
    const driver = await openPostgres(await server.createDatabase())
    t.teardown(() => driver.close())
    await t.rejects(driver.read(statement('select 9007199254740993::bigint as n'), []), RangeError)
    t.match(await driver.read(statement('select 9007199254740991::bigint as n'), []), [{ n: Number.MAX_SAFE_INTEGER }])
  })

  t.test('behind a pooler in transaction mode statements have no names, and everything works', async (t) => {
    const url = await server.createDatabase('?pgbouncer=true&pool_size=2')
    const storage = await openStorage(url)
    const driver = await openPostgres(url)
    t.teardown(() => Promise.all([storage.close(), driver.close()]))
    const family = await addFamily(storage)
    t.equal(await storage.grants.rotate(rotationOf(family.token, family.client.id)), 'rotated')
    t.match(await driver.read(statement('select count(*) as n from pg_prepared_statements'), []), [{ n: 0 }])
  })

  t.test(
    'a server that goes away and comes back needs no restart of ours',
    { skip: server.own === undefined && 'not our server' },
    async (t) => {
      const storage = await openStorage(await server.createDatabase())
      t.teardown(() => storage.close())
      const client = makeClient()
      await storage.clients.insert(client)
      const underWay = Array.from({ length: 30 }, () =>
        storage.clients.insert(makeClient()).then(
          () => 'stored',
          (error: Error) => error.name,
        ),
      )
      await server.own!.stop()
      const outcomes = tally(await Promise.all(underWay))
      t.equal((outcomes['stored'] ?? 0) + (outcomes['StorageUnavailable'] ?? 0), 30, JSON.stringify(outcomes))
      await t.rejects(storage.ping(), unavailable)
      await t.rejects(storage.clients.insert(makeClient()), unavailable)
      await t.rejects(addGrant(storage), unavailable)
      await server.own!.start()
      await t.resolves(eventually(() => storage.ping()))
      t.match(await storage.clients.find(client.id), { id: client.id })
      await addFamily(storage)
    },
  )
})

/** Tries until it works, for at most five seconds. */
async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  const until = performance.now() + 5000
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (performance.now() > until) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
