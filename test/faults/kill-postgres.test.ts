// The same on PostgreSQL, where the server and the database die apart from each other.
import t from 'tap'
import { withOwnPostgres } from '#test/support/processes/postgres.ts'
import { SIZE, isInShare } from '#test/support/size.ts'
import { killAndProve } from './kills.ts'
import { catchCommitsUp, killBackends, leaveCommitsBehind } from './postgres-crash.ts'
import { anySeed, createSeeded } from './seeded.ts'

await withOwnPostgres(t, async (t, server) => {
  t.test('a server that is killed at work keeps all that it answered, and does nothing twice', async (t) => {
    const random = createSeeded(anySeed())
    const report = await killAndProve(t, { kills: SIZE.kills, random, databaseUrl: await server.createDatabase() })
    t.comment(`FAULTS_SEED=${random.seed}, ${report.kills} kills, ${report.answers} answers, ${report.unanswered} under way`)
    t.match(report, { lost: [], twice: [], census: [] })
    t.ok(report.answers > 15 && report.unanswered > 0, 'it was killed at work')
  })

  const mutants = [
    ['answers before the commit', 'lost'],
    ['remembers used codes in memory', 'twice'],
  ] as const
  for (const [mutant, kind] of mutants.filter((_mutant, index) => isInShare(index, mutants.length))) {
    t.test(`a server that ${mutant} is caught`, async (t) => {
      const report = await killAndProve(t, {
        kills: 2,
        random: createSeeded(anySeed()),
        mutant,
        databaseUrl: await server.createDatabase(),
      })
      t.ok(report[kind].length > 0)
    })
  }

  t.test('PostgreSQL’s own processes are killed', { skip: server.own === undefined && 'not our server' }, async (t) => {
    t.test('and all that was answered is there', async (t) => {
      const databaseUrl = await server.createDatabase()
      const report = await killAndProve(t, { kills: 1, random: createSeeded(anySeed()), databaseUrl, killElse: () => killBackends(server) })
      t.match(report, { lost: [], twice: [], census: [] })
      t.ok(report.answers > 15 && report.unanswered > 0, 'it was killed at work')
    })

    t.test('and one that commits later than it says is caught', async (t) => {
      const databaseUrl = await server.createDatabase()
      const worsen = () => leaveCommitsBehind(server)
      const killElse = async () => {
        await killBackends(server)
        await catchCommitsUp(server)
      }
      const report = await killAndProve(t, { kills: 1, random: createSeeded(anySeed()), databaseUrl, worsen, killElse })
      t.ok(report.lost.length > 0)
    })
  })
})
