import t from 'tap'
import { openPostgres } from '#src/storage/postgres/postgres.ts'
import { withPostgres } from '#test/support/postgres.ts'
import { conformance } from '#test/storage/conformance/conformance.ts'

await withPostgres(t, async (t, server) => {
  const url = await server.createDatabase()
  await (await openPostgres(url)).close()
  await conformance(t, async () => {
    await server.empty(url)
    return openPostgres(url)
  })
})
