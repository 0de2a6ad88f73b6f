// Many nodes on one PostgreSQL: they start together, and race for codes and tokens.
import { readdirSync } from 'node:fs'
import t from 'tap'
import { openPostgres } from '#src/storage/postgres/postgres.ts'
import { withPostgres } from '#test/support/processes/postgres.ts'
import { SIZE } from '#test/support/size.ts'
import { races } from '../races.ts'

/** The version of an empty database, then each migration once, in order; some numbers are of none. */
const MIGRATIONS = [
  0,
  ...readdirSync(new URL('../../../src/storage/migrations/', import.meta.url))
    .map((name) => Number.parseInt(name, 10))
    .sort((a, b) => a - b),
]

await withPostgres(t, async (t, server) => {
  t.test(
    `connections that open an empty database at the same moment migrate it one after the other, ${SIZE.newDatabases} times`,
    async (t) => {
      for (let round = 0; round < SIZE.newDatabases; round++) {
        const url = await server.createDatabase()
        const drivers = await Promise.all(Array.from({ length: 8 }, () => openPostgres(url)))
        await Promise.all(drivers.map((driver) => driver.close()))
        const versions = await server.execute('select version from schema_version order by version', new URL(url).pathname.slice(1))
        t.strictSame(
          versions.map((row) => Number(row['version'])),
          MIGRATIONS,
        )
      }
    },
  )

  await races(t, 'PostgreSQL', await server.createDatabase(), ['process', 'process', 'process'])
})
