// postgres:// URLs mean what they mean in libpq, so URLs from hosting providers work unchanged.
import { join } from 'node:path'
import t from 'tap'
import { parsePostgresUrl } from '#src/storage/postgres/postgres-url.ts'

t.test('a full URL is read part by part, special characters decoded', async (t) => {
  t.match(parsePostgresUrl('postgres://solar:p%40ss%2Fw%C3%B6rd@db.example.com:6543/my%20data'), {
    host: 'db.example.com',
    port: 6543,
    database: 'my data',
    user: 'solar',
    password: 'p@ss/wörd',
    poolSize: 10,
    statementTimeout: 5000,
    prepared: true,
  })
})

t.test('missing parts have their usual defaults', async (t) => {
  t.match(parsePostgresUrl('postgresql://solar@db'), {
    host: 'db',
    port: 5432,
    database: 'solar',
    user: 'solar',
    password: undefined,
    sslOptional: true,
  })
  t.match(parsePostgresUrl('postgres:///solar'), { host: 'localhost', database: 'solar', user: undefined })
  t.match(parsePostgresUrl('postgres://u@[::1]:1/d'), { host: '::1', port: 1 })
})

t.test('a socket is named by its folder, and needs no TLS', async (t) => {
  t.match(parsePostgresUrl('postgres://u@localhost/d?host=/var/run/postgresql&sslmode=require'), {
    host: '/var/run/postgresql',
    database: 'd',
    ssl: false,
  })
})

t.test('sslmode says whether TLS is used, and what is checked', async (t) => {
  const folder = t.testdir({ 'ca.pem': 'a certificate' })
  const ca = `sslrootcert=${encodeURIComponent(join(folder, 'ca.pem'))}`
  const ssl = (query: string) => parsePostgresUrl(`postgres://u@db/d?${query}`)
  t.match(ssl('sslmode=disable'), { ssl: false, sslOptional: false })
  for (const mode of ['allow', 'prefer']) t.strictSame(ssl(`sslmode=${mode}`).ssl, { rejectUnauthorized: false })
  t.match(ssl('sslmode=prefer'), { sslOptional: true })
  t.match(ssl('sslmode=require'), { ssl: { rejectUnauthorized: false, checkServerIdentity: undefined, ca: undefined }, sslOptional: false })
  t.match(ssl(`sslmode=require&${ca}`).ssl, { rejectUnauthorized: true, checkServerIdentity: Function, ca: 'a certificate' })
  t.match(ssl(`sslmode=verify-ca&${ca}`).ssl, { rejectUnauthorized: true, checkServerIdentity: Function, ca: 'a certificate' })
  const { ssl: full } = ssl('sslmode=verify-full&sslrootcert=system')
  t.strictSame(full, { rejectUnauthorized: true })
  const { checkServerIdentity } = ssl('sslmode=verify-ca').ssl as { checkServerIdentity: () => unknown }
  t.equal(checkServerIdentity(), undefined, 'verify-ca takes any host name')
})

t.test('pool size, time-out, name and pooler are set by parameters', async (t) => {
  t.match(
    parsePostgresUrl(
      'postgres://u@db/d?pool_size=3&statement_timeout=250&application_name=node1&prepared_statements=false&channel_binding=require',
    ),
    {
      poolSize: 3,
      statementTimeout: 250,
      applicationName: 'node1',
      prepared: false,
    },
  )
  t.equal(parsePostgresUrl('postgres://u@db/d?pgbouncer=true').prepared, false)
})

t.test('parameters of libpq mean what they mean there, or have no effect where there is no other', async (t) => {
  const parse = (query: string) => parsePostgresUrl(`postgres://u:p@db/d?${query}`)
  t.match(parse(''), { connectTimeout: 3000, options: undefined })
  for (const [value, ms] of Object.entries({ 10: 10_000, 1: 2000, 0: 3000, '-0': 3000, '': 3000 }))
    t.equal(parse(`connect_timeout=${value}`).connectTimeout, ms, value)
  t.equal(parse('options=-c%20search_path%3Dsolar').options, '-c search_path=solar')
  t.equal(parse('options=').options, undefined)
  for (const attributes of ['any', 'read-write', 'primary']) t.match(parse(`target_session_attrs=${attributes}`), { host: 'db' })
  t.match(parse('user=helen&password=geheim&dbname=solar&port=6000&host=other'), {
    user: 'helen',
    password: 'geheim',
    database: 'solar',
    port: 6000,
    host: 'other',
  })
  const without =
    'channel_binding=require&client_encoding=UTF8&gssencmode=disable&keepalives=1&keepalives_idle=30&keepalives_interval=10&keepalives_count=3'
  t.match(parse(`${without}&sslcompression=0&sslsni=1`), { user: 'u', password: 'p', database: 'd', port: 5432 })
})

t.test('an invalid URL is refused with a sentence that doesn’t repeat the password', async (t) => {
  const cases: [string, RegExp][] = [
    ['postgres://u:hunter2@db:port/d', /is not a valid URL: it has the form postgres:\/\/USER:PASSWORD@HOST:PORT\/DATABASE/],
    ['postgres://u:hunter2%zz@db/d', /special characters in the password percent-encoded/],
    ['postgres://db', /names no database/],
    ['postgres://u:hunter2@db/d?ssl_mode=require', /has the unknown parameter ssl_mode: known are host, sslmode/],
    ['postgres://u:hunter2@db/d?sslmode=yes', /has the sslmode yes: it is one of disable, allow/],
    [
      'postgres://u:hunter2@db/d?sslmode=verify-ca&sslrootcert=/nowhere/ca.pem',
      /names the sslrootcert \/nowhere\/ca.pem, which can't be read/,
    ],
    ['postgres://u:hunter2@h1,h2/d', /names several hosts, .*: name the primary/],
    ['postgres://u:hunter2@h1:1,h2:2/d', /names several hosts/],
    ['postgres://u:hunter2@db/d?host=h1,h2', /names several hosts/],
    ['postgres://u:hunter2@h1:1,h2:2', /names several hosts/],
    ['postgres://u:hunter2@db/d?target_session_attrs=standby', /has the target_session_attrs standby, but this program writes/],
    ['postgres://u:hunter2@db/d?connect_timeout=5s', /has the connect_timeout 5s: it is a whole number/],
    ['postgres://u:hunter2@db/d?port=x', /has the port x: it is a whole number/],
    ['postgres://u:hunter2@db/d?pool_size=0', /has the pool_size 0: it is a whole number above 0/],
    ['postgres://u:hunter2@db/d?statement_timeout=5s', /has the statement_timeout 5s/],
  ]
  for (const [url, message] of cases) {
    try {
      parsePostgresUrl(url)
      t.fail(`${url} is taken`)
    } catch (error) {
      t.match(error, { name: 'StorageRefused', message })
      t.notMatch((error as Error).message, /hunter2/)
    }
  }
})
