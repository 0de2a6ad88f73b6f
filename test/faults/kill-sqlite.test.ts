// What a client was told holds although the server is killed under load. `npm run test:faults` does it at length.
import t from 'tap'
import { SIZE } from '#test/support/size.ts'
import { killAndProve } from './kills.ts'
import { anySeed, createSeeded } from './seeded.ts'

t.test('SQLite: a server that is killed at work keeps all that it answered, and does nothing twice', async (t) => {
  const random = createSeeded(anySeed())
  const report = await killAndProve(t, { kills: SIZE.kills, random })
  t.comment(`FAULTS_SEED=${random.seed}, ${report.kills} kills, ${report.answers} answers, ${report.unanswered} under way`)
  t.match(report, { lost: [], twice: [], census: [] })
  t.ok(report.answers > 15 && report.unanswered > 0, 'it was killed at work')
})

t.test('SQLite: a server that answers before the commit is caught', async (t) => {
  const { lost } = await killAndProve(t, { kills: 1, random: createSeeded(anySeed()), mutant: 'answers before the commit' })
  t.ok(lost.length > 0)
})

t.test('SQLite: a server that remembers used codes only as long as it lives is caught', async (t) => {
  const random = createSeeded(anySeed())
  // Now and then no code that was used just before the kill is shown again.
  for (let attempt = 0; attempt < 4; attempt++) {
    const { twice, census } = await killAndProve(t, { kills: 1, random, mutant: 'remembers used codes in memory' })
    if (twice.length === 0) continue
    t.match(census, [/grants whose code brought two first tokens/])
    return
  }
  t.fail('four kills showed nothing')
})
