// What is kept of releases, and how it is made, leaves no kind of record out.
import { join } from 'node:path'
import t from 'tap'
import type { AuditEventName } from '#src/domain/audit/audit-event.ts'
import { TABLES, TABLES_THAT_STAY } from '#src/storage/transfer.ts'
import { checkEverything } from './checks/all.ts'
import { shownAs } from './checks/lists.ts'
import { RELEASES, factsOf } from './facts.ts'
import { findUnfilled } from './rows.ts'
import { fillInstallation } from './story/fill.ts'

/** Each has to happen in the story. */
const EVENTS: Readonly<Record<AuditEventName, true>> = {
  'client.registered': true,
  'client.updated': true,
  'client.deleted': true,
  'client.disabled': true,
  'client.enabled': true,
  'client.secret_rotated': true,
  'client.refused': true,
  'client.approved': true,
  'client.turned_away': true,
  'clients.approved': true,
  'clients.swept': true,
  'key.made': true,
  'key.revoked': true,
  'keys.reset': true,
  'registration_token.created': true,
  'registration_token.deleted': true,
  'resource.registered': true,
  'resource.updated': true,
  'resource.secret_rotated': true,
  'resource.deleted': true,
  'user.added': true,
  'user.updated': true,
  'user.password_changed': true,
  'user.role_changed': true,
  'user.disabled': true,
  'user.enabled': true,
  'user.unlocked': true,
  'user.deleted': true,
  'user.logged_in': true,
  'link.made': true,
  'link.revoked': true,
  'identity.failed': true,
  'admission_rule.added': true,
  'admission_rule.deleted': true,
  'factor.added': true,
  'factor.removed': true,
  'recovery_codes.made': true,
  'recovery_code.used': true,
  'passkey.copied': true,
  'login.failed': true,
  'login.limited': true,
  'login.refused': true,
  'identity.linked': true,
  'identity.unlinked': true,
  'provider.added': true,
  'provider.updated': true,
  'provider.enabled': true,
  'provider.disabled': true,
  'provider.deleted': true,
  'consent.given': true,
  'consent.denied': true,
  'grant.issued': true,
  'grant.replayed': true,
  'grant.revoked': true,
  'session.ended': true,
  'personal_token.created': true,
  'personal_token.revoked': true,
  'group.added': true,
  'group.deleted': true,
  'group.joined': true,
  'group.left': true,
  'access_rule.added': true,
  'access_rule.deleted': true,
  'access.denied': true,
  'console.opened': true,
  'console.refused': true,
  'tool.called': true,
  'tool.denied': true,
}

/** Tables of earlier releases that a later one dropped on purpose. */
const DROPPED: readonly string[] = []

t.test('the story fills every column of every table with something, and every event happens in it', async (t) => {
  const folder = t.testdir()
  const databaseUrl = `sqlite:${join(folder, 'solar.db')}`
  const facts = await fillInstallation(t, databaseUrl, folder, 'of today')
  t.strictSame(await findUnfilled(databaseUrl), [], 'let something happen in test/upgrade/story/ that fills it')
  const shown = Object.keys(EVENTS).map((name) => shownAs('event', name))
  t.strictSame([...new Set(facts.lists.events.map(({ event }) => event))].sort(), shown.sort())
  await checkEverything(t, databaseUrl, facts)
})

t.test('of each release something is kept of every table that it had', async (t) => {
  t.ok(RELEASES.length > 0)
  const known = [...TABLES, ...TABLES_THAT_STAY, ...DROPPED]
  for (const release of RELEASES) {
    const { version, rows } = factsOf(release)
    t.equal(version, release)
    for (const [table, count] of Object.entries(rows)) {
      t.ok(count > 0, `${release}: ${table} is filled`)
      t.ok(known.includes(table), `${release}: ${table} is still there, or dropped on purpose`)
    }
  }
})
