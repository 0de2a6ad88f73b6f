/** Everything that an installation did before, it still does. */
import type { Test } from 'tap'
import type { Facts } from '#test/upgrade/facts.ts'
import { openInstallation } from '#test/upgrade/installation.ts'
import { countRows } from '#test/upgrade/rows.ts'
import { sweep } from '#test/upgrade/story/timeline.ts'
import { checkBrowsers, checkLogout } from './browsers.ts'
import { checkApprovals, checkClients, checkRegistration } from './clients.ts'
import { checkGrants } from './grants.ts'
import { checkKeys } from './keys.ts'
import { checkLinks } from './links.ts'
import { checkLists } from './lists.ts'
import { checkPeople } from './people.ts'
import { checkProviders } from './providers.ts'
import { checkResources } from './resources.ts'
import { checkWaiting } from './waiting.ts'

/**
 * @param databaseUrl a copy, which is changed
 * @param rows those of the facts, but for what doesn't move
 */
export async function checkEverything(t: Test, databaseUrl: string, facts: Facts, rows: Facts['rows'] = facts.rows): Promise<void> {
  await t.test('no row is lost', async (t) => {
    const { schema_version: _now, ...now } = await countRows(databaseUrl)
    const { schema_version: _before, ...before } = rows
    const added = Object.keys(now).filter((table) => !Object.hasOwn(before, table))
    t.strictSame(now, { ...before, ...Object.fromEntries(added.map((table) => [table, 0])) }, 'tables that are new are empty')
  })
  await t.test('an operator sees all that was there, and all that ever happened', (t) => checkLists(t, databaseUrl, facts))

  const installation = await openInstallation(t, databaseUrl, facts)
  // A sweep may remove rows and fill in columns: all that follows has to hold after it.
  await sweep(installation, installation.clock.now)
  // In this order: people allow clients in the later ones, and what ends a session or a resource comes last.
  for (const check of [
    checkBrowsers,
    checkKeys,
    checkWaiting,
    checkGrants,
    checkClients,
    checkApprovals,
    checkRegistration,
    checkPeople,
    checkProviders,
    checkLinks,
  ])
    await check(t, installation)
  await checkLogout(t, installation)
  await checkResources(t, installation)
}
