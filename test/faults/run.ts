/**
 * `npm run test:faults`: the faults at length, on both engines, in a quarter of an hour; writes bench/faults.md. With
 * `-- --minutes=1` the overload takes so long instead of ten minutes; with `-- --quick` it only shows that it works, and
 * writes nothing. FAULTS_SEED repeats the moments of a run.
 */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { startEmbedded } from '#test/support/processes/embedded-postgres.ts'
import { createDatabases } from '#test/support/processes/postgres.ts'
import { killAndProve } from './kills.ts'
import type { KillReport } from './kills.ts'
import { loginOverload, overload } from './overload.ts'
import { killBackends } from './postgres-crash.ts'
import { renderReport } from './report.ts'
import { anySeed, createSeeded } from './seeded.ts'

const quick = process.argv.includes('--quick')
const minutes = Number(/^--minutes=(\d+)$/.exec(process.argv.at(-1)!)?.[1] ?? 10)
const KILLS = quick ? 2 : 20
const BACKEND_KILLS = quick ? 1 : 3
const OVERLOAD_SECONDS = quick ? 10 : minutes * 60
const WARM_UP_SECONDS = quick ? 2 : 10
const LATEST_MS = 1500

const endings: (() => unknown)[] = []
const t = { teardown: (end: () => unknown) => endings.unshift(end) }
const random = createSeeded(anySeed())
const say = (line: string) => process.stderr.write(`${line}\n`)
try {
  const kills: [string, KillReport][] = []
  const kill = async (name: string, options: Omit<Parameters<typeof killAndProve>[1], 'random'>) => {
    const report = await killAndProve(t, { random, latestMs: LATEST_MS, ...options })
    kills.push([name, report])
    say(
      `${name}: ${report.kills} kills, ${report.answers} answers, ${report.lost.length} lost, ${report.twice.length} twice (FAULTS_SEED=${random.seed})`,
    )
  }
  await kill('SQLite, the server killed', { kills: KILLS })
  const embedded = await startEmbedded(t)
  const server = createDatabases(embedded.url)
  await kill('PostgreSQL, the server killed', { kills: KILLS, databaseUrl: await server.createDatabase() })
  await kill('PostgreSQL, its backends killed', {
    kills: BACKEND_KILLS,
    databaseUrl: await server.createDatabase(),
    killElse: () => killBackends(server),
  })
  await kill('SQLite, a mutant that answers before the commit', { kills: 2, mutant: 'answers before the commit' })
  await kill('PostgreSQL, the same mutant', { kills: 2, mutant: 'answers before the commit', databaseUrl: await server.createDatabase() })
  await embedded.stop()

  const load = await overload(t, { warmUp: WARM_UP_SECONDS, seconds: OVERLOAD_SECONDS })
  say(`overload: ${Math.round(load.under.served)} served and ${Math.round(load.under.shed)} shed a second`)
  const logins = await loginOverload(t, { seconds: WARM_UP_SECONDS, perSecond: load.capacity / 5, loginsPerSecond: 300 })
  const report = renderReport({
    kills,
    load,
    logins,
    minutes: OVERLOAD_SECONDS / 60,
    seed: random.seed,
    date: new Date().toISOString().slice(0, 10),
  })
  process.stdout.write(`\n${report}`)
  if (!quick) writeFileSync(fileURLToPath(new URL('../../bench/faults.md', import.meta.url)), report)
  const broken = kills.filter(
    ([name, { lost, twice, census }]) => lost.length + twice.length + census.length > 0 !== name.includes('mutant'),
  )
  for (const [name, { lost, twice, census }] of broken)
    say(`${name}: ${[...lost, ...twice, ...census].slice(0, 10).join('; ') || 'was not caught'}`)
  if (broken.length > 0 || load.under.failed > 0) process.exitCode = 1
} finally {
  for (const end of endings) await end()
}
