import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openSqlite } from '#src/storage/sqlite/sqlite.ts'
import { conformance } from '../conformance/conformance.ts'

// Migrated once: each check has a copy, which halves the time of the suite.
const migrated = join(t.testdir(), 'migrated.db')
await (await openSqlite(migrated)).close()

await conformance(t, (t) => {
  const path = join(t.testdir(), 'solar-system.db')
  copyFileSync(migrated, path)
  return openSqlite(path)
})
