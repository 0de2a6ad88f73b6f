/** People who come by an identity provider. */
import { statement } from '#src/storage/driver.ts'
import { openDriver } from '#src/storage/open.ts'
import { CLIENT, PROVIDER } from '#test/support/providers/provider.ts'
import type { Facts } from '#test/upgrade/facts.ts'
import { PEOPLE } from './people.ts'
import type { Server, Timeline } from './timeline.ts'

const FAIL = statement(`
  update identities set unreachable_since = $2, failed_at = $2, failure = 'it is gone', check_due_at = $2 where id = $1`)
/** Somebody who is disabled already, so that nobody loses anything. */
const BAR = statement(`update users set barred_by = $1 where username = $2 and disabled_at is not null`)
const COME_BY_PROVIDER = statement(`update sessions set identity_id = $2, provider_sid = 'a session there' where user_id = $1`)
const ALLOW_BY_PROVIDER = statement('update grants set identity_id = $2 where user_id = $1')

/** What else happens with providers and identities. */
const EVENTS = [
  'provider.added',
  'provider.updated',
  'provider.disabled',
  'provider.enabled',
  'provider.deleted',
  'identity.unlinked',
  'login.refused',
] as const

/** Helen has an account at a provider, and another login is under way there at the end. */
export async function comeByProvider({ config, storage }: Pick<Server, 'config' | 'storage'>, end: number): Promise<void> {
  const now = Date.now()
  const { id: userId } = (await storage.users.findByUsername(PEOPLE.helen.username))!
  const issuer = 'https://elsewhere.example.com'
  await storage.providers.insert({
    id: 'a provider',
    name: 'acme',
    kind: 'oidc',
    origin: 'operator',
    issuer,
    clientId: 'solar',
    encryptedClientSecret: 'sealed',
    settings: { domains: ['example.com'], follow: true },
    disabledAt: now,
    createdAt: now,
    updatedAt: now,
  })
  const claims = { issuer, subject: 'helen', emailVerified: false, organizations: [], teams: [], named: {} }
  await storage.identities.link(
    {
      id: 'an identity',
      userId,
      providerId: 'a provider',
      issuer,
      subject: 'helen',
      managed: false,
      claims,
      encryptedRefreshToken: 'sealed',
      linkedAt: now,
      lastLoginAt: now,
      lastUsedAt: now,
      lastCheckedAt: now,
    },
    { id: 'the link', at: now, name: 'identity.linked', actor: 'server', details: { user: PEOPLE.helen.username, provider: 'acme' } },
  )
  // One that failed, of somebody who is gone.
  await storage.auditEvents.insert({
    id: 'the failure',
    at: now,
    name: 'identity.failed',
    actor: 'server',
    details: { user: 'somebody', provider: 'acme', reason: 'it is gone' },
  })
  await storage.providerAttempts.insert({
    handleHash: 'a handle',
    browserHash: 'a browser',
    providerId: 'a provider',
    progress: { transaction: { parameters: {}, startedAt: now, browserHash: 'a browser' }, startedAt: now, freshly: false },
    expiresAt: end + 60_000,
  })
  for (const name of EVENTS) await storage.auditEvents.insert({ id: name, at: now, name, actor: 'operator', details: { provider: 'acme' } })
  const driver = await openDriver(config.databaseUrl)
  try {
    for (const [call, ...parameters] of [
      [FAIL, 'an identity', now],
      [COME_BY_PROVIDER, userId, 'an identity'],
      [ALLOW_BY_PROVIDER, userId, 'an identity'],
      [BAR, 'an identity', PEOPLE.oscar.username],
    ] as const)
      await driver.write({ kind: 'single', call: { statement: call, parameters } })
  } finally {
    await driver.close()
  }
}

/** Another provider works: Helen has an account there, too, and a rule puts others into a group. */
export async function keepProvider(timeline: Timeline, { storage }: Pick<Server, 'storage'>): Promise<NonNullable<Facts['provided']>> {
  const name = 'works'
  const { settings } = timeline
  timeline.settings = { ...settings, PROVIDER_SECRET: CLIENT.secret }
  await timeline.command(`provider add ${name} --kind oidc --issuer ${PROVIDER} --client-id ${CLIENT.id}`)
  timeline.settings = settings
  await timeline.command(`admission add ${name}:claim=/groups=stargazers --group astronomers`)
  const now = Date.now()
  const { id: userId } = (await storage.users.findByUsername(PEOPLE.helen.username))!
  const { id: providerId } = (await storage.providers.findByName(name))!
  const subject = 'helen at work'
  const claims = { issuer: PROVIDER, subject, emailVerified: false, organizations: [], teams: [], named: {} }
  const instants = { linkedAt: now, lastLoginAt: now, lastUsedAt: now, lastCheckedAt: now }
  await storage.identities.link(
    { id: 'another identity', userId, providerId, issuer: PROVIDER, subject, managed: false, claims, ...instants },
    { id: 'another link', at: now, name: 'identity.linked', actor: 'server', details: { user: PEOPLE.helen.username, provider: name } },
  )
  return { name, subject, groups: ['stargazers'] }
}
