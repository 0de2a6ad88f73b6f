import t from 'tap'
import { readDatabaseUrl } from '#src/config/addresses.ts'

t.test('a wrong database address is refused with a sentence that says what it must be', async (t) => {
  const rows: [value: string, reason: RegExp][] = [
    ['mysql://db/solar', /be `sqlite:PATH`/],
    ['sqlite:', /be `sqlite:PATH`/],
    ['data.db', /be `sqlite:PATH`/],
    ['sqlite::memory', /be `sqlite::memory:` to keep nothing/],
    ['sqlite://data/solar.db', /right after the colon/],
    ['sqlite:./data/', /not a folder/],
    ['postgres://u:p#w@db/solar', /percent-encode special characters/],
    ['postgres:solar', /be `sqlite:PATH`/],
  ]
  for (const [value, reason] of rows) t.match(readDatabaseUrl(value), { ok: false, error: reason }, value)
})
