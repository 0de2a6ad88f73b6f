// Installations of earlier releases go on under this version: their SQLite files, and their exports in an empty one.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import t from 'tap'
import { RELEASES, factsOf, fixture } from './facts.ts'
import { checkEverything } from './checks/all.ts'
import { runCommand } from './story/timeline.ts'

for (const release of RELEASES) {
  const facts = factsOf(release)

  t.test(`${release}: a SQLite file`, async (t) => {
    const file = join(t.testdir(), 'solar.db')
    writeFileSync(file, gunzipSync(readFileSync(fixture(release, 'solar.db.gz'))))
    await checkEverything(t, `sqlite:${file}`, facts)
  })

  t.test(`${release}: an export, imported into SQLite`, async (t) => {
    const folder = t.testdir()
    const databaseUrl = `sqlite:${join(folder, 'solar.db')}`
    await runCommand(`import ${fixture(release, 'export.jsonl')}`, '', { ...facts.settings, DATABASE_URL: databaseUrl })
    await checkEverything(t, databaseUrl, facts, { ...facts.rows, leases: 0 })
  })
}
