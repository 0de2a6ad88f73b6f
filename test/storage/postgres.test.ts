import t from 'tap'
import { openPostgres } from '../../src/storage/postgres.ts'
import { withPostgres } from '../support/postgres.ts'
import { conformance } from './conformance/conformance.ts'

const EMPTY = 'truncate users, clients, login_attempts, revoked_access_tokens, signing_keys, leases cascade'

await withPostgres(t, async (t, server) => {
  const url = await server.createDatabase()
  const database = new URL(url).pathname.slice(1)
  await (await openPostgres(url)).close()
  await conformance(t, async () => {
    await server.execute(EMPTY, database)
    return openPostgres(url)
  })
})
