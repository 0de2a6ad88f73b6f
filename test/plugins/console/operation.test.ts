// The overview, providers, keys, the audit log and the settings in the console.
import { join } from 'node:path'
import t from 'tap'
import { fullDisk, upTo } from '#src/plugins/console/overview.ts'
import { readStatus } from '#src/operations/status.ts'
import { pageOf, textOf } from '#test/support/authorization.ts'
import { startConsole } from '#test/support/people/console.ts'

const GOOGLE = { GOOGLE_CLIENT_ID: 'the id at google', GOOGLE_CLIENT_SECRET: 'the secret at google' }
const PROGRAM = {
  version: '1.2.3',
  node: '99.1.0',
  installed: () => ({ version: '1.2.3', released: new Date().toISOString().slice(0, 10) }),
}
const HOUR = 3_600_000

t.test('the overview has the numbers of the command, and nothing that needs a hand at first', async (t) => {
  const flow = await startConsole(t, {}, {}, undefined, { program: PROGRAM })
  await flow.add('ada')
  const { open } = await flow.enter()
  const text = textOf((await open('/admin')).html)
  const { config, storage, clock } = flow
  const status = await readStatus({ config, storage, now: () => clock.now } as never)
  if (!status.ok) throw new Error('no status')
  const { users, clients, grants, sessions, logins, failedLogins, schemaVersion, keys } = status.value
  t.match(text, `Version 1.2.3 Node.js 99.1.0 Issuer ${flow.issuer} Database sqlite::memory:`)
  t.match(text, `schema version ${schemaVersion} Users ${users} Clients ${clients} Live grants ${grants} Live sessions ${sessions}`)
  t.match(text, `${logins} that have not ended, ${failedLogins} that failed`)
  for (const { key } of keys) t.match(text, `${key.alg} ${key.kid} signs since`)
  t.match(text, 'Nothing needs a hand.')
  t.notMatch(text, 'Free on its disk')
})

t.test('the overview says which providers fail, which keys turn and how much room there is', async (t) => {
  const path = join(t.testdir(), 'solar.db')
  const flow = await startConsole(t, { ...GOOGLE, DATABASE_URL: `sqlite:${path}` })
  const { storage, clock } = flow
  const ada = await flow.add('ada')
  const [provider] = await storage.providers.list()
  const claims = { issuer: 'https://accounts.google.com', subject: '1', emailVerified: false, organizations: [], teams: [], named: {} }
  const times = { linkedAt: clock.now, lastLoginAt: clock.now, lastUsedAt: clock.now, lastCheckedAt: clock.now }
  await storage.identities.link(
    { id: 'i', userId: ada.id, providerId: provider!.id, issuer: claims.issuer, subject: '1', managed: false, claims, ...times },
    { id: 'linked', at: clock.now, name: 'identity.linked', actor: 'server', details: {} },
  )
  await storage.identityChecks.countUnreachable('i', clock.now)
  const { open, do: act } = await flow.enter()
  await act('/admin/keys/rotate')
  const { html } = await open('/admin')
  const text = textOf(html)
  t.match(text, /google State Can't be asked about 1 people/)
  t.match(text, /ES256 \S+ State Signs from /)
  t.match(text, /Free on its disk [\d.]+ MB/)
  t.match(text, /signs from .*UTC/)
  t.match(textOf((await open('/admin/providers')).html), /Enabled Can't be asked about 1 people/)
})

t.test('the overview says which versions are due, in the language of the page', async (t) => {
  const installed = { version: '1.3.0', released: '2020-01-01' }
  const flow = await startConsole(t, {}, {}, undefined, { program: { version: '1.2.3', node: '21.0.0', installed: () => installed } })
  const { measure } = flow.storage
  flow.storage.measure = async () => ({ ...(await measure()), version: 9999 })
  const { open } = await flow.enter()
  const text = textOf((await open('/admin')).html)
  for (const sentence of [
    'Version 1.3.0 is installed, but 1.2.3 still runs: start the server again.',
    'A newer version of the server uses the database too (schema version 9999, this one knows ',
    'Node.js 21 has had no fixes since 2024-06-01: install a newer one.',
    'Version 1.3.0 was released on 2020-01-01, more than a year ago: see whether there is a newer one.',
  ])
    t.match(text, sentence)
  t.match(textOf((await open('/admin?ui_locales=ko')).html), '버전 1.3.0이(가) 설치되어 있지만 아직 1.2.3이(가) 실행 중입니다.')
})

t.test('providers are shown without their secrets, disabled and enabled', async (t) => {
  const flow = await startConsole(t, GOOGLE)
  const { open, post, do: act } = await flow.enter(await flow.add('oscar', 'operator'))
  const { html } = await open('/admin/providers')
  t.match(
    textOf(html),
    /Provider Google State Enabled Provider google Kind google From the environment Issuer https:\/\/accounts\.google\.com/,
  )
  t.match(textOf(html), /Client secret Set, not shown Redirect URI http:\/\/localhost:8000\/login\/google\/callback/)
  t.notMatch(html, 'the secret at google')
  t.match(textOf(pageOf(await post('/admin/providers/disable', { provider: 'google' })).html), /Disable the provider google\?/)
  t.match(textOf((await act('/admin/providers/disable', { provider: 'google' })).html), /The change is saved\..*State Disabled/)
  t.equal((await act('/admin/providers/disable', { provider: 'google' })).status, 409)
  t.match(textOf(pageOf(await post('/admin/providers/enable', { provider: 'google' })).html), /State Enabled/)
  t.equal(pageOf(await post('/admin/providers/enable', { provider: 'other' })).status, 404)
  const names = (await flow.storage.auditEvents.list({ since: 0, limit: 50 })).map(({ name, actor }) => `${name} ${actor}`)
  for (const name of ['disabled', 'enabled']) t.ok(names.includes(`provider.${name} user oscar`))
})

t.test('what is said of a provider that was added by command, or has lost its secret', async (t) => {
  const flow = await startConsole(t)
  const { storage, clock } = flow
  const settings = { label: 'Acme', scopes: ['openid', 'email'], domains: ['acme.com'], follow: false }
  const about = { id: 'p', name: 'acme', kind: 'oidc', origin: 'operator', issuer: 'https://id.example', clientId: 'solar' } as const
  const { open } = await flow.enter(await flow.add('vera', 'viewer'))
  t.match(textOf((await open('/admin/providers')).html), /There is no identity provider/)
  await storage.providers.insert({ ...about, settings, createdAt: clock.now, updatedAt: clock.now })
  const { html } = await open('/admin/providers')
  t.match(
    textOf(html),
    /Provider Acme .*From an operator .*Lost with the secret .*Scopes openid email Vouches for domains acme\.com .*provider No/,
  )
  t.notMatch(html, 'action="/admin/providers')
})

t.test('owners make the next keys and revoke one; operators see them', async (t) => {
  const flow = await startConsole(t)
  const { open, post, do: act } = await flow.enter()
  t.match(textOf(pageOf(await post('/admin/keys/rotate')).html), /Rotate the signing keys\?/)
  t.match(textOf((await act('/admin/keys/rotate')).html), /Done\..*State Next/)
  t.equal((await act('/admin/keys/rotate')).status, 409, 'each has a successor')
  flow.clock.now += 2 * HOUR
  const again = await flow.enter()
  t.match(textOf((await again.open('/admin/keys')).html), /State Only verifies/)
  const [key] = (await flow.storage.keys.list()).filter(({ activeAt }) => activeAt <= flow.clock.now)
  t.match(textOf(pageOf(await again.post('/admin/keys/revoke', { id: key!.kid })).html), new RegExp(`Revoke the key ${key!.kid}\\?`))
  await again.do('/admin/keys/revoke', { id: key!.kid })
  const revoked = (await again.open('/admin/keys')).html
  t.match(textOf(revoked), /State Revoked/)
  t.notMatch(revoked, `name="id" value="${key!.kid}"`)
  t.equal((await again.do('/admin/keys/revoke', { id: 'no such key' })).status, 404)
  const { open: look } = await flow.enter(await flow.add('oscar', 'operator'))
  t.notMatch((await look('/admin/keys')).html, 'action="/admin/keys')
  t.match((await open('/admin/keys')).html, 'page-login', 'the first browser was idle')
})

t.test('the audit log is read page by page, by kind, user, client and day', async (t) => {
  const flow = await startConsole(t)
  const { storage, clock } = flow
  const ada = await flow.add('ada')
  const { open } = await flow.enter(await flow.add('vera', 'viewer'))
  const start = clock.now + 1000
  for (let index = 0; index < 70; index++)
    await storage.auditEvents.insert({
      id: `event ${String(index).padStart(3, '0')}`,
      at: start + index,
      name: index % 35 === 0 ? 'group.added' : 'client.registered',
      actor: 'operator',
      ...(index === 35 && { address: '192.0.2.7', userId: ada.id }),
      clientId: index === 3 ? 'the third' : 'app',
      details: index === 35 ? { group: 'staff' } : {},
    })
  const first = await open('/admin/audit')
  const rowsIn = (html: string): number => html.match(/<tr role="row"><td/g)?.length ?? 0
  t.equal(rowsIn(first.html), 50)
  const next = /href="([^"]*)" rel="next"/.exec(first.html)![1]!.replaceAll('&#x3D;', '=')
  const second = await open(next)
  t.ok(rowsIn(second.html) > 20)
  t.match(textOf(second.html), /First page/)
  const groups = await open('/admin/audit?kind=group')
  t.equal(rowsIn(groups.html), 2)
  t.match(textOf(groups.html), /group\.added Who operator Client app From 192\.0\.2\.7 Details \{"group": "staff"\}/)
  t.equal(rowsIn((await open('/admin/audit?client=the%20third')).html), 1)
  t.equal(rowsIn((await open('/admin/audit?user=ADA&client=app')).html), 1)
  t.equal(rowsIn((await open('/admin/audit?user=nobody')).html), 0)
  t.equal(rowsIn((await open('/admin/audit?since=2100-01-01')).html), 0)
  t.equal(rowsIn((await open('/admin/audit?since=yesterday')).html), 50, 'no day, no limit')
  t.match((await open('/admin/audit?kind=group&since=2020-01-01')).html, /<option value="group" selected>/)
})

t.test('failures that happened again are counted, and rare kinds are found beyond many others', async (t) => {
  const flow = await startConsole(t)
  const { storage, clock } = flow
  const { open } = await flow.enter()
  const failed = { id: 'failed', at: clock.now + 1, name: 'login.failed', actor: 'anonymous', details: {} } as const
  await storage.auditEvents.insert(failed)
  await storage.auditEvents.countAgain(failed, clock.now + 60_000, 0)
  t.match(textOf((await open('/admin/audit?kind=login')).html), /2 times until/)
  const read = storage.auditEvents.list
  storage.auditEvents.list = async ({ limit, before }) =>
    before === undefined ? Array.from({ length: limit }, (_, at) => ({ ...failed, id: `${at}` })) : read({ since: 0, limit })
  const empty = await open('/admin/audit?kind=group')
  t.match(textOf(empty.html), /Nothing is found here\. If there is a next page, go on there\. Next page/)
  t.match((await open('/admin/audit?kind=login')).html, 'rel="next"')
})

t.test('settings are shown with where they come from and what they are for, and secrets only as set', async (t) => {
  const given = { settings: { SERVICE_NAME: 'Acme', DATABASE_URL: 'postgres://solar:pass@db/solar' }, secrets: ['SECRET'] }
  const flow = await startConsole(t, {}, {}, undefined, { given })
  const { open, post } = await flow.enter(await flow.add('vera', 'viewer'))
  const list = await open('/admin/settings')
  const text = textOf(list.html)
  t.match(text, /SERVICE_NAME Value Acme From the environment/)
  t.match(text, /SECRET Value Set, not shown From the environment/)
  t.match(text, /PORT Value 8000 From default/)
  t.match(text, /ADMIN_EMAIL Value – From default/)
  t.notMatch(list.html, /solar:pass|admin123/)
  const one = textOf((await open('/admin/settings/ACCESS_TOKEN_TTL')).html)
  t.match(one, /Setting ACCESS_TOKEN_TTL Value .*What it is for .*Must be .*Default .*Example ACCESS_TOKEN_TTL=/)
  t.equal((await open('/admin/settings/NOTHING')).status, 404)
  t.equal(pageOf(await post('/admin/settings/SECRET', { value: 'x' })).status, 405, 'nothing changes here')
})

t.test('a disk with little room needs a hand, and one that nobody here knows does not', async (t) => {
  t.strictSame([upTo(50_000), upTo(50_001).say?.key], [{ text: '50000' }, 'console.number.many'])
  t.equal(fullDisk(999_999_999).length, 1)
  t.strictSame([fullDisk(1_000_000_000), fullDisk(undefined)], [[], []])
})
