/** Our server on an SQLite file, in a process that counts its commits: each is one flush to the disk (`synchronous=FULL`). */
import { buildApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config/config.ts'
import { loadKeyset } from '../../src/crypto/keyset.ts'
import { createStorage } from '../../src/storage/open.ts'
import { createSqliteDriver, openSqlite } from '../../src/storage/sqlite/sqlite.ts'
import { openDatabase } from '../../src/storage/sqlite/sqlite-database.ts'
import type { Database } from '../../src/storage/sqlite/sqlite-database.ts'

const [, , path = ''] = process.argv
const SECRET = 'a secret of the benchmark, longer than 32 characters'

const config = loadConfig({ SECRET, DATABASE_URL: `sqlite:${path}`, RATE_LIMIT_REGISTER: 'off' })
if (!config.ok) throw new Error(config.error.join('\n'))
await (await openSqlite(path)).close() // migrates
const database = await openDatabase(path)
let commits = 0
const counting = {
  prepare: (sql: string) => database.prepare(sql),
  close: () => database.close(),
  exec(sql: string) {
    if (sql === 'commit') commits++
    database.exec(sql)
  },
}
const storage = createStorage(createSqliteDriver(counting as Database))
const keyset = await loadKeyset(storage.keys, SECRET, Date.now())
const app = await buildApp({ config: config.value, storage, keyset, secret: SECRET })
const url = await app.listen({ port: 0, host: 'localhost' })
process.on('message', () => process.send?.({ commits }))
process.on('disconnect', () => void app.close())
process.send?.({ url })
