// threat-model.md T20: a provider's word counts for its own accounts, and for an address only where it can know.
import t from 'tap'
import { ownerOf, usernamesFor } from '#src/domain/provider/account.ts'
import { isFreshlyChecked } from '#src/domain/provider/check-schedule.ts'
import { readGithubClaims } from '#src/domain/provider/github-claims.ts'
import { readIdentityClaims } from '#src/domain/provider/openid-claims.ts'
import type { User } from '#src/domain/user/user.ts'
import { makeEvent, makeIdentity, makeProvider, makeUser } from '#test/storage/conformance/records.ts'
import { startProviderFlow } from '#test/support/providers/provider-flow.ts'

const TENANT = '11111111-1111-4111-8111-111111111111'
const base = { iss: 'https://id.example.com', sub: 'subject', email: 'ceo@acme.example' }
const entra = { ...base, tid: TENANT, oid: 'OBJECT' }

t.test('T20: an address is vouched for only where the kind of provider can know it', async (t) => {
  const verified = (kind: 'google' | 'microsoft' | 'oidc', claims: object) => {
    const read = readIdentityClaims(kind, claims as never)
    return read.ok && read.value.emailVerified
  }
  t.notOk(verified('oidc', base))
  for (const word of ['true', 1, 'yes', null]) t.notOk(verified('oidc', { ...base, email_verified: word }))
  t.ok(verified('oidc', { ...base, email_verified: true }))
  // nOAuth: any tenant's administrator writes any address into an account.
  t.notOk(verified('microsoft', { ...entra, email_verified: true, upn: base.email, preferred_username: base.email }))
  t.ok(verified('microsoft', { ...entra, xms_edov: true }))
  t.ok(verified('microsoft', { ...entra, xms_edov: '1' }))
  t.notOk(verified('microsoft', { ...entra, xms_edov: false }))
  // A Google account may have an address elsewhere, which somebody else has by now.
  t.notOk(verified('google', { ...base, email_verified: true }))
  t.ok(verified('google', { ...base, email_verified: true, hd: 'acme.example' }))
  t.ok(verified('google', { ...base, email: 'somebody@gmail.com', email_verified: true }))
  t.notOk(verified('google', { ...base, email: 'somebody@gmail.com.evil.example', email_verified: true }))
  t.notOk(verified('google', { ...base, hd: 'acme.example' }))
  for (const email of ['two@acme.example, ceo@acme.example', 'ceo@acme.example\n', '<ceo@acme.example>', 'ceo@acme', '@acme.example', 7])
    t.notOk(verified('oidc', { ...base, email, email_verified: true }), String(email))
})

t.test('T20: an account is known by what never changes hands', async (t) => {
  t.match(readIdentityClaims('microsoft', { ...entra, sub: 'pairwise' }), { value: { subject: `${TENANT}:object`, tenant: TENANT } })
  t.match(readIdentityClaims('microsoft', { ...entra, tid: undefined }), { ok: false })
  t.match(readIdentityClaims('microsoft', { ...entra, oid: '' }), { ok: false })
  t.match(readIdentityClaims('oidc', { ...base, tid: TENANT, hd: 'acme.example' }), {
    value: { tenant: undefined, hostedDomain: undefined },
  })
  t.match(readGithubClaims('https://github.com', { id: 7, login: 'helen' }, [], [], []), { value: { subject: '7', email: undefined } })
  t.match(readGithubClaims('https://github.com', { id: '7', login: 'helen' }, [], [], []), { ok: false })
  t.match(readGithubClaims('https://github.com', { login: 'helen' }, [], [], []), { ok: false })
  const emails = [
    { email: 'ceo@acme.example', verified: true, primary: false },
    { email: 'Helen@Example.com', verified: false, primary: true },
  ]
  const teams = [{ slug: 'Ops', organization: { login: 'Acme' } }, { slug: 'alone' }, { organization: { login: 'Acme' } }]
  const read = readGithubClaims('https://github.com', { id: 7, login: 'helen' }, emails, [{ login: 'Acme' }, {}], teams)
  t.match(read, { value: { email: 'helen@example.com', emailVerified: false } })
  t.strictSame(read.ok && [read.value.organizations, read.value.teams], [['acme'], ['acme/ops']])
})

t.test('T20: an address joins an account to a person only if an operator made the person and gave the provider the domain', async (t) => {
  const provider = makeProvider({ settings: { domains: ['acme.example'], follow: true } })
  const claims = { issuer: 'i', subject: 's', email: 'helen@acme.example', emailVerified: true, organizations: [], teams: [], named: {} }
  const helen = makeUser({ email: 'Helen@Acme.example', origin: 'operator' })
  const owner = (changes: object = {}, users: User[] = [helen], identities = [makeIdentity(helen.id, 'another provider')]) =>
    ownerOf(
      { ...claims, ...changes },
      provider,
      users.map((user) => ({ user, identities })),
    ).kind
  t.equal(owner(), 'link')
  t.equal(owner({}, []), 'new')
  t.equal(owner({ emailVerified: false }), 'taken')
  t.equal(owner({}, [{ ...helen, origin: 'environment' }]), 'taken', 'never the administrator')
  t.equal(owner({}, [{ ...helen, origin: 'provider' }]), 'taken')
  t.equal(owner({}, [{ ...helen, email: undefined, username: 'helen@acme.example' }]), 'taken', 'never by a name')
  t.equal(owner({}, [helen, makeUser({ email: 'helen@acme.example' })]), 'taken')
  t.equal(owner({}, [helen], [makeIdentity(helen.id, provider.id)]), 'taken', 'another account there is hers already')
  for (const domain of ['evil.example', 'sub.acme.example', 'notacme.example', 'acme.example.evil.example'])
    t.equal(owner({ email: `helen@${domain}` }, [{ ...helen, email: `helen@${domain}` }]), 'taken', domain)
  t.equal(ownerOf(claims, { ...provider, settings: { domains: [], follow: true } }, [{ user: helen, identities: [] }]).kind, 'taken')
})

t.test('T20: nobody is called by an address that the provider does not vouch for', async (t) => {
  const claims = { issuer: 'i', subject: 'S', email: 'ceo@acme.example', username: 'helen', organizations: [], teams: [], named: {} }
  t.strictSame(usernamesFor({ ...claims, emailVerified: false }, 'acme'), ['helen', 'helen-acme', 'acme-s'])
  t.equal(usernamesFor({ ...claims, emailVerified: true }, 'acme')[0], 'ceo@acme.example')
})

t.test('T20: an account that calls itself as the administrator does gets neither the account nor the name', async (t) => {
  const { comeBy, person, storage } = await startProviderFlow(t, { ADMIT: '@acme.example', ADMIN_EMAIL: 'boss@acme.example' })
  const taken = await comeBy(person(), { sub: 'evil', email: 'boss@acme.example', email_verified: true })
  t.match(taken, { status: 403, html: /already has the email address/ })
  const renamed = await comeBy(person(), { sub: 'evil', email: 'evil@acme.example', email_verified: true, preferred_username: 'admin' })
  t.match(renamed.html, /evil@acme\.example/)
  t.equal((await storage.users.findByUsername('admin'))!.origin, 'environment')
})

t.test('T20: somebody who is disabled, or whom another account of theirs has barred, is not linked and stays out', async (t) => {
  const { comeBy, person, storage, clock } = await startProviderFlow(t, { RATE_LIMIT_LOGIN: 'off' })
  const acme = (await storage.providers.findByName('acme'))!
  const settings = { domains: ['acme.example'], follow: true }
  await storage.providers.update({ before: acme, after: { ...acme, settings, updatedAt: acme.updatedAt + 1 } })
  const claims = { sub: 'helen', email: 'helen@acme.example', email_verified: true, name: 'Somebody' }
  const helen = makeUser({ email: claims.email, origin: 'operator', profile: { name: 'Helen' } })
  await storage.users.insert(helen)
  await storage.users.disable(helen.id, clock.now)
  t.match(await comeBy(person(), claims), { status: 403, html: /has no access here/ })
  t.strictSame(await storage.identities.listOf(helen.id), [])
  await storage.users.enable(helen.id, clock.now)
  t.match((await comeBy(person(), claims)).html, /page-consent/)
  await comeBy(person(), claims)
  t.strictSame((await storage.users.find(helen.id))?.profile, { name: 'Helen' }, 'what an operator wrote stays')

  const other = makeProvider({ name: 'other' })
  await storage.providers.insert(other)
  const barring = makeIdentity(helen.id, other.id, { managed: true, lastLoginAt: 0 })
  await storage.identities.link(barring, makeEvent({ name: 'identity.linked' }))
  await storage.identityChecks.end(barring, { now: clock.now, reason: 'gone', event: makeEvent({ name: 'identity.failed' }) })
  t.match(await storage.users.find(helen.id), { barredBy: barring.id })
  t.match(await comeBy(person(), claims), { status: 403, html: /has no access here/ })
  t.notOk(isFreshlyChecked({ lastCheckedAt: clock.now, failedAt: clock.now }, clock.now))
})

t.test('T20: nobody gets an address by which somebody is called here, and nothing follows where that is switched off', async (t) => {
  const { comeBy, person, storage } = await startProviderFlow(t, { ADMIT: '@acme.example', RATE_LIMIT_LOGIN: 'off' })
  await storage.users.insert(makeUser({ username: 'ceo@acme.example', email: undefined, emailVerified: false }))
  const taken = await comeBy(person(), { sub: 'evil', email: 'ceo@acme.example', email_verified: true })
  t.match(taken, { status: 403, html: /already has the email address/ })
  const eve = { sub: 'eve', email: 'eve@acme.example', email_verified: true, name: 'Eve' }
  await comeBy(person(), eve)
  const acme = (await storage.providers.findByName('acme'))!
  await storage.providers.update({
    before: acme,
    after: { ...acme, settings: { domains: [], follow: false }, updatedAt: acme.updatedAt + 1 },
  })
  t.match((await comeBy(person(), { ...eve, name: 'The boss' })).html, /page-consent/)
  t.match((await storage.users.findByUsername(eve.email))!.profile, { name: 'Eve' })
})

t.test('T20: an address that the provider does not vouch for, or that somebody else has, replaces none', async (t) => {
  const { comeBy, person, storage } = await startProviderFlow(t, { ADMIT: 'acme:claim=/dept=ops', ADMIN_EMAIL: 'boss@acme.example' })
  const claims = { sub: 'eve', email: 'eve@acme.example', email_verified: true, dept: 'ops' }
  await comeBy(person(), claims)
  const addressOf = async () => (await storage.users.findByUsername('eve@acme.example'))!.email
  for (const change of [{ email: 'ceo@acme.example', email_verified: false }, { email: 'boss@acme.example' }]) {
    t.match((await comeBy(person(), { ...claims, ...change })).html, /page-consent/)
    t.equal(await addressOf(), 'eve@acme.example')
  }
  await comeBy(person(), { ...claims, email: 'eva@acme.example' })
  t.equal(await addressOf(), 'eva@acme.example')
})
