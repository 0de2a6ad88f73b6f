// What a client was told holds, however often the server is killed; npm run test:faults does it at length.
import t from 'tap'
import { killAndProve } from './kills.ts'
import type { KillReport } from './kills.ts'
import { anySeed, createSeeded } from './seeded.ts'

const random = createSeeded(anySeed())

t.test('SQLite', async (t) => {
  const r = await killAndProve(t, { kills: 3, random })
  t.comment(JSON.stringify({ ...r, lost: r.lost.slice(0, 5), n: r.lost.length }))
  t.strictSame(r.lost, [])
})
for (const mutant of ['answers before the commit', 'remembers used codes in memory']) t.test(mutant, async (t) => {
  const r = await killAndProve(t, { kills: 1, random, mutant })
  t.comment(JSON.stringify({ ...r, lost: r.lost.slice(0, 5), n: r.lost.length, twice: r.twice.length }))
})
