// A PostgreSQL that can't be used is refused with a sentence that says what to do, within seconds.
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { statement } from '#src/storage/driver.ts'
import { openStorage } from '#src/storage/open.ts'
import { explainRefusal } from '#src/storage/postgres/postgres-errors.ts'
import { parsePostgresUrl } from '#src/storage/postgres/postgres-url.ts'
import { openPostgres } from '#src/storage/postgres/postgres.ts'
import { createCertificate } from '#test/support/network/certificate.ts'
import { withOwnPostgres } from '#test/support/processes/postgres.ts'

const refused = (message: RegExp) => ({ name: 'StorageRefused', message })

t.test('a URL that can’t be read is refused', async (t) => {
  await t.rejects(openStorage('postgres://u@db/d?sslmode=maybe'), refused(/^DATABASE_URL has the sslmode maybe/))
})

t.test('a server that is not running, or never responds, is refused', async (t) => {
  const silent = createServer(() => undefined)
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  t.teardown(() => silent.close())
  const { port } = silent.address() as AddressInfo
  await t.rejects(
    openStorage('postgres://u@127.0.0.1:1/d'),
    refused(/^PostgreSQL doesn't answer at 127\.0\.0\.1:1: start it, or check DATABASE_URL \(connect ECONNREFUSED 127\.0\.0\.1:1\)\.$/),
  )
  await t.rejects(
    openStorage('postgres://u@localhost:1/d'),
    refused(/^PostgreSQL doesn't answer at localhost:1: start it, or check DATABASE_URL \(.*ECONNREFUSED.*\)\.$/),
  )
  await t.rejects(openStorage('postgres://u@no-such-host.invalid/d'), refused(/^The database server no-such-host\.invalid can't be found/))
  await t.rejects(openStorage('postgres://u@localhost/d?host=/nowhere'), refused(/^PostgreSQL doesn't answer at \/nowhere/))
  const begun = performance.now()
  await t.rejects(openStorage(`postgres://u@127.0.0.1:${port}/d`), refused(/can't be used \(.*time.*\): check that it runs/))
  t.ok(performance.now() - begun < 10_000)
})

t.test('a certificate that isn’t trusted is refused with what to set', async (t) => {
  const target = parsePostgresUrl('postgres://u@db/d?sslmode=verify-full')
  for (const code of [
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  ]) {
    t.match(
      explainRefusal(Object.assign(new Error('no'), { code }), target),
      refused(/^The certificate of PostgreSQL at db:5432 isn't trusted \(no\): name its CA with sslrootcert=FILE/),
    )
  }
})

t.test('a standby, and a server without connections left, are refused with what to do', async (t) => {
  const target = parsePostgresUrl('postgres:///d')
  const error = (code: string, message = 'no') => Object.assign(new Error(message), { code })
  t.match(explainRefusal(error('25006'), target), refused(/^PostgreSQL at localhost:5432 is a standby, which can't write/))
  t.match(explainRefusal(error('53300'), target), refused(/has no free connection: raise max_connections there, or lower pool_size/))
  t.match(explainRefusal(error('28P01'), target), refused(/refuses the user \(none\)/))
  t.match(
    explainRefusal(error('ECONNREFUSED', ''), target),
    refused(/or check DATABASE_URL \(ECONNREFUSED\)\.$/),
    'a host with several addresses has no message',
  )
})

await withOwnPostgres(t, async (t, server) => {
  const url = await server.createDatabase()
  const changed = (change: (url: URL) => void) => {
    const copy = new URL(url)
    change(copy)
    return copy.href
  }
  const database = new URL(url).pathname.slice(1)

  t.test('a wrong password, an unknown user or database is refused', async (t) => {
    await t.rejects(
      openStorage(changed((url) => (url.password = 'wrong'))),
      refused(/refuses the user \S+: check name and password in DATABASE_URL/),
    )
    await t.rejects(openStorage(changed((url) => (url.username = 'nobody'))), refused(/refuses the user nobody/))
    await t.rejects(
      openStorage(changed((url) => (url.pathname = '/nowhere'))),
      refused(/has no database nowhere: create it, or check the name/),
    )
  })

  t.test('a server without TLS is refused if TLS is required, and used without TLS otherwise', async (t) => {
    for (const mode of ['require', 'verify-full']) {
      await t.rejects(openStorage(`${url}?sslmode=${mode}`), refused(/doesn't offer TLS: enable it there, or set sslmode=disable/))
    }
    for (const mode of ['?sslmode=prefer', '?sslmode=disable', '']) await (await openStorage(url + mode)).close()
  })

  t.test('a server that confirms commits before they are on disk is refused with what to set', async (t) => {
    const url = await server.createDatabase()
    const name = new URL(url).pathname.slice(1)
    await server.execute(`alter database ${name} set synchronous_commit = off`)
    await t.rejects(
      openStorage(url),
      refused(
        /^PostgreSQL confirms commits before they are on disk \(synchronous_commit is off\): alter role \w+ set synchronous_commit = on\.$/,
      ),
    )
    for (const enough of ['on', 'local']) {
      await server.execute(`alter database ${name} set synchronous_commit = ${enough}`)
      await (await openStorage(url)).close()
    }
  })

  t.test('a user who may not create tables is refused', async (t) => {
    const other = await server.createDatabase()
    await server.execute(`create role reader login password 'reader'`)
    t.teardown(() => server.execute('drop role reader'))
    const asReader = new URL(other)
    asReader.username = asReader.password = 'reader'
    await t.rejects(openStorage(asReader.href), refused(/^The user reader may not create tables in the database test_/))
    await server.execute('drop schema public', asReader.pathname.slice(1))
    await t.rejects(openStorage(asReader.href), refused(/has no schema that this user may use/))
  })

  t.test('a database that a newer program made is refused', async (t) => {
    const newer = await server.createDatabase()
    await (await openStorage(newer)).close()
    await server.execute(`insert into schema_version (version, name) values (9000, 'future')`, new URL(newer).pathname.slice(1))
    await t.rejects(openStorage(newer), refused(/^The database has version 9000, but this program only knows \d+/))
  })

  t.test('a migration that fails leaves nothing behind, and the next start goes on', async (t) => {
    const folder = t.testdir({
      '0001.do.one.sql': 'create table one (name text);',
      '0002.do.two.sql': 'create table two (name text);\ncreate table one (name text);',
    })
    const fresh = await server.createDatabase()
    await t.rejects(openPostgres(fresh, new URL(`file://${folder}/`)), refused(/can't be used \(relation "one" already exists\)/))
    const driver = await openPostgres(fresh)
    t.teardown(() => driver.close())
    t.match(await driver.read(statement(`select count(*) as n from information_schema.tables where table_name in ('one', 'two')`), []), [
      { n: 0 },
    ])
  })

  t.test('tables of the same name in another schema are not taken for ours', async (t) => {
    const shared = await server.createDatabase()
    const name = new URL(shared).pathname.slice(1)
    await server.execute(
      'create schema other; create table other.schema_version (version bigint, name text, md5 text, run_at text); create table other.users (id text)',
      name,
    )
    const storage = await openStorage(shared)
    t.teardown(() => storage.close())
    t.strictSame(await storage.users.list(), [])
  })

  t.test('a schema whose name needs quotes works', async (t) => {
    const shared = await server.createDatabase()
    const name = new URL(shared).pathname.slice(1)
    await server.execute(`create schema "My-App"; alter database ${name} set search_path = "My-App"`, name)
    for (let start = 0; start < 2; start++) await (await openStorage(shared)).close()
    t.match(await server.execute(`select table_schema from information_schema.tables where table_name = 'grants'`, name), [
      { table_schema: 'My-App' },
    ])
  })

  t.test('pages of rows that are updated in place have free space', async (t) => {
    await (await openStorage(url)).close()
    t.same(await server.execute(`select relname from pg_class where reloptions::text like '%fillfactor%' order by relname`, database), [
      { relname: 'refresh_tokens' },
    ])
  })

  t.test('text is ordered byte by byte, whatever the locale', async (t) => {
    await (await openStorage(url)).close()
    const columns = await server.execute(
      `
      select count(*) filter (where collation_name = 'C') as bytewise, count(*) as all from information_schema.columns
      where table_schema = 'public' and data_type = 'text' and table_name <> 'schema_version'`,
      database,
    )
    t.equal(columns[0]?.['bytewise'], columns[0]?.['all'])
    t.not(columns[0]?.['all'], '0')
  })

  t.test(
    'a server with TLS is used with it, and its certificate checked as sslmode says',
    { skip: server.own === undefined && 'not our server' },
    async (t) => {
      const { key, cert } = createCertificate('localhost')
      await server.own!.speakTls({ key, cert })
      const folder = t.testdir({ 'ca.pem': cert })
      const ca = `sslrootcert=${encodeURIComponent(join(folder, 'ca.pem'))}`
      const local = changed((url) => (url.hostname = 'localhost'))
      const encrypted = async (url: string) => {
        const driver = await openPostgres(url)
        const [row] = await driver.read(statement('select ssl::text as ssl from pg_stat_ssl where pid = pg_backend_pid()'), [])
        await driver.close()
        return row?.['ssl']
      }
      while ((await server.execute('show ssl'))[0]?.['ssl'] !== 'on') await new Promise((resolve) => setTimeout(resolve, 20))
      for (const mode of ['', '?sslmode=require', `?sslmode=verify-ca&${ca}`]) t.equal(await encrypted(url + mode), 'true', mode)
      t.equal(await encrypted(`${local}?sslmode=verify-full&${ca}`), 'true')
      t.equal(await encrypted(`${url}?sslmode=disable`), 'false')
      await t.rejects(openStorage(`${local}?sslmode=verify-full`), refused(/certificate of PostgreSQL at localhost:\d+ isn't trusted/))
      await t.rejects(
        openStorage(`${url}?sslmode=verify-full&${ca}`),
        refused(/certificate of PostgreSQL at 127\.0\.0\.1:\d+ isn't trusted/),
      )
    },
  )
})
