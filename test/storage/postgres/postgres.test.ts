import t from 'tap'
import { statement } from '#src/storage/driver.ts'
import { openPostgres } from '#src/storage/postgres/postgres.ts'
import { withPostgres } from '#test/support/processes/postgres.ts'
import { conformance } from '#test/storage/conformance/conformance.ts'

await withPostgres(t, async (t, server) => {
  const url = await server.createDatabase()
  await t.test('PostgreSQL gets the options of its address', async (t) => {
    const driver = await openPostgres(`${url}?options=-c%20work_mem%3D7MB`)
    t.strictSame(await driver.read(statement('show work_mem'), []), [{ work_mem: '7MB' }])
    await driver.close()
  })
  await (await openPostgres(url)).close()
  await conformance(t, async () => {
    await server.empty(url)
    return openPostgres(url)
  })
})
