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
    ['sqlite:~/x.db', /begin with `\/` or `\.\/` after the colon: nothing here replaces `~`/],
    ['sqlite:~', /begin with/],
    ['sqlite:$HOME/x.db', /begin with/],
    ['sqlite:${HOME}/x.db', /begin with/],
    ['sqlite:/x.db?mode=rwc', /without `file:` and without parameters/],
    ['sqlite:./x.db#1', /without parameters/],
    ['sqlite:file:x.db', /without `file:`/],
    ['sqlite:FILE:/x.db?cache=shared', /without `file:`/],
    ['postgres://u:p@h1:1,h2:2/solar', /name one host/],
    ['postgres://h1,h2/solar?sslmode=require', /name one host/],
    ['postgres:solar', /be `sqlite:PATH`/],
  ]
  for (const [value, reason] of rows) t.match(readDatabaseUrl(value), { ok: false, error: reason }, value)
})

t.test('a right database address is taken as it is', async (t) => {
  for (const value of [
    'sqlite:./x.db',
    'sqlite:/srv/a~b/$x.db',
    'sqlite::memory:',
    'postgres://u:p,q@h/d',
    'postgres://u@h/d?options=-c%20a=1,2',
  ])
    t.match(readDatabaseUrl(value), { ok: true, value })
})
