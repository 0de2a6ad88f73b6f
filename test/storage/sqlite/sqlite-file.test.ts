import { join } from 'node:path'
import t from 'tap'
import { openSqlite } from '#src/storage/sqlite/sqlite.ts'
import { conformance } from '../conformance/conformance.ts'

await conformance(t, (t) => openSqlite(join(t.testdir(), 'solar-system.db')))
