import t from 'tap'
import { isLoopback, readDatabaseUrl } from '#src/config/addresses.ts'

t.test('loopback is this machine and nothing else', async (t) => {
  const here = ['localhost', 'LOCALHOST', 'a.localhost', '127.0.0.1', '127.8.9.10', '::1', '[::1]', '::ffff:127.0.0.1']
  const elsewhere = ['0.0.0.0', '::', '10.0.0.1', 'localhost.example.com', 'notlocalhost', '127.0.0.1.nip.io']
  for (const host of here) t.ok(isLoopback(host), host)
  for (const host of elsewhere) t.notOk(isLoopback(host), host)
})

t.test('a wrong database address is refused with what it must be', async (t) => {
  const rows: Array<[value: string, reason: RegExp]> = [
    ['mysql://db/solar', /be `sqlite:PATH`/],
    ['sqlite:', /be `sqlite:PATH`/],
    ['data.db', /be `sqlite:PATH`/],
    ['sqlite::memory', /be `sqlite::memory:` to keep nothing/],
    ['sqlite://data/solar.db', /right after the colon/],
    ['sqlite:./data/', /not a folder/],
    ['postgres://u:p#w@db/solar', /percent-encoded/],
    ['postgres:solar', /be `sqlite:PATH`/],
  ]
  for (const [value, reason] of rows) t.match(readDatabaseUrl(value), { ok: false, error: reason }, value)
})
