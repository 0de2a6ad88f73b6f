// Many nodes over one PostgreSQL: they start together, and fight for codes and tokens.
import t from 'tap'
import { withPostgres } from '../support/postgres.ts'
import { makeClient } from './conformance/records.ts'
import { startWorkers } from './processes.ts'
import { races } from './races.ts'

await withPostgres(t, async (t, server) => {
  t.test('nodes that start together on an empty database migrate it once, and all work', async (t) => {
    const url = await server.createDatabase()
    const workers = await startWorkers(url, 4)
    t.teardown(() => Promise.all(workers.map((worker) => worker.close())))
    t.strictSame(workers.map((worker) => worker.refused), Array(4).fill(undefined))
    const client = makeClient()
    t.strictSame(await workers[0]!.run({ store: 'clients', method: 'insert', calls: [[client]] }), [null])
    const [found] = await workers[3]!.run({ store: 'clients', method: 'find', calls: [[client.id]] })
    t.match(found, { id: client.id }, 'what one stored the other finds')
    const versions = await server.execute('select version from schema_version where version > 0 order by version', new URL(url).pathname.slice(1))
    t.equal(new Set(versions.map((row) => row['version'])).size, versions.length)
  })

  await races(t, 'PostgreSQL', await server.createDatabase())
})
