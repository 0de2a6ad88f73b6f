import t from 'tap'
import { openSqlite } from '#src/storage/sqlite.ts'
import { conformance } from './conformance/conformance.ts'

await conformance(t, () => openSqlite(':memory:'))
