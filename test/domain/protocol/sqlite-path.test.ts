import t from 'tap'
import { isInMemory, sqlitePathOf } from '#src/domain/protocol/sqlite-path.ts'

t.test('an operator writes where an embedded database is after sqlite:', async (t) => {
  for (const [databaseUrl, path] of [
    ['sqlite:./data/solar.db', './data/solar.db'],
    ['sqlite:/srv/sqlite:odd.db', '/srv/sqlite:odd.db'],
    ['sqlite::memory:', ':memory:'],
    ['sqlite:', undefined],
    ['postgres://db.example/sqlite:x', undefined],
  ] as const)
    t.equal(sqlitePathOf(databaseUrl), path, databaseUrl)
  t.equal(isInMemory('sqlite::memory:'), true)
  t.equal(isInMemory('sqlite:./:memory:'), false)
})
