// Installations of earlier releases go on under this version: their PostgreSQL databases, and their exports in an empty one.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { withPostgres } from '#test/support/processes/postgres.ts'
import { RELEASES, factsOf, fixture } from './facts.ts'
import { checkEverything } from './checks/all.ts'
import { runCommand } from './story/timeline.ts'

await withPostgres(t, async (t, server) => {
  for (const release of RELEASES) {
    const facts = factsOf(release)

    t.test(`${release}: a PostgreSQL database`, async (t) => {
      const databaseUrl = await server.createDatabase()
      await server.execute(readFileSync(fixture(release, 'postgres.sql'), 'utf8'), new URL(databaseUrl).pathname.slice(1))
      await checkEverything(t, databaseUrl, facts)
    })

    t.test(`${release}: an export, imported into PostgreSQL`, async (t) => {
      const databaseUrl = await server.createDatabase()
      await runCommand(`import ${fixture(release, 'export.jsonl')}`, '', { ...facts.settings, DATABASE_URL: databaseUrl })
      await checkEverything(t, databaseUrl, facts, { ...facts.rows, leases: 0 })
    })
  }
})
