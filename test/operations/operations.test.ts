// What an operator may do, on both engines: what changes, what is refused, and that a change and its audit event are kept together.
import t from 'tap'
import type { Test } from 'tap'
import { openStorage } from '#src/storage/open.ts'
import { openPrepared } from '#test/support/memory-storage.ts'
import { withPostgres } from '#test/support/processes/postgres.ts'
import { access } from './access.ts'
import { accessRules } from './access-rules.ts'
import { admission } from './admission.ts'
import { audit } from './audit.ts'
import { clients } from './clients.ts'
import { groups } from './groups.ts'
import { initialAccessTokens } from './initial-access-tokens.ts'
import { keys } from './keys.ts'
import { links } from './links.ts'
import { providers } from './providers.ts'
import { resources } from './resources.ts'
import { roles } from './roles.ts'
import { setScene } from './scene.ts'
import { users } from './users.ts'

const SUITES = {
  access,
  admission,
  providers,
  users,
  roles,
  groups,
  accessRules,
  links,
  clients,
  resources,
  initialAccessTokens,
  keys,
  audit,
}

async function checkAll(t: Test, empty: () => Promise<string>): Promise<void> {
  for (const [name, suite] of Object.entries(SUITES)) {
    await t.test(name, async (t) => {
      await suite(t, async () => {
        const storage = await openPrepared(await empty())
        t.teardown(() => storage.close())
        return setScene(storage)
      })
    })
  }
}

t.test('SQLite', (t) => checkAll(t, async () => 'sqlite::memory:'))

await withPostgres(t, async (t, server) => {
  const url = await server.createDatabase()
  await (await openStorage(url)).close()
  await checkAll(t, async () => {
    await server.empty(url)
    return url
  })
})
