// People in the console: finding them, and what is changed of one account, with the operator as its actor.
import t from 'tap'
import { openAccount } from '#test/support/people/account.ts'
import { describeLink } from '#src/plugins/console/people/links.ts'
import { pageOf, textOf, whereabouts } from '#test/support/authorization.ts'
import { startConsole } from '#test/support/people/console.ts'
import type { ConsoleFlow } from '#test/support/people/console.ts'

/** The names in the table of a page. */
const namesIn = (html: string): string[] => [...html.matchAll(/href="\/admin\/people\/[^"]*"><bdi>([^<]*)</g)].map(([, name]) => name!)
const eventOf = async ({ storage }: ConsoleFlow, name: string) =>
  (await storage.auditEvents.list({ since: 0, limit: 100 })).find((event) => event.name === name)
const at = (id: string) => `/admin/people/${encodeURIComponent(id)}`

/** Adds many without making a password for each. */
async function addMany({ storage, clock }: ConsoleFlow, count: number): Promise<void> {
  for (let index = 0; index < count; index++)
    await storage.users.insert({
      id: `many-${index}`,
      username: `many${String(index).padStart(3, '0')}`,
      origin: 'provider',
      profile: {},
      ...(index === 7 && { email: 'Seven@Example.com' }),
      emailVerified: index === 7,
      createdAt: clock.now,
      updatedAt: clock.now,
    })
}

t.test('people are listed by name, fifty at a time', async (t) => {
  const flow = await startConsole(t)
  await addMany(flow, 120)
  const { open } = await flow.enter()
  const first = await open('/admin/people')
  t.strictSame(namesIn(first.html).slice(0, 2), ['admin', 'many000'])
  t.equal(namesIn(first.html).length, 50)
  t.notMatch(first.html, 'First page')
  const next = (html: string): string => /href="([^"]*)" rel="next"/.exec(html)![1]!.replaceAll('&#x3D;', '=').replaceAll('&amp;', '&')
  const second = await open(next(first.html))
  t.equal(namesIn(second.html)[0], 'many049')
  t.match(second.html, /href="\/admin\/people">First page/)
  const third = await open(next(second.html))
  t.equal(namesIn(third.html).length, 21)
  t.notMatch(third.html, 'rel="next"')
})

t.test('somebody is found by how the name begins, by address and by id, and nobody by anything else', async (t) => {
  const flow = await startConsole(t)
  await addMany(flow, 60)
  const { open } = await flow.enter()
  const found = async (q: string) => namesIn((await open(`/admin/people?q=${encodeURIComponent(q)}`)).html)
  t.strictSame(
    await found(' MANY00 '),
    Array.from({ length: 10 }, (_, index) => `many00${index}`),
  )
  t.strictSame(await found('seven@example.com'), ['many007'])
  t.strictSame(await found('many-12'), ['many012'])
  t.strictSame(await found('any'), [])
  const both = { id: 'two@example.com', username: 'two', email: 'two@example.com', emailVerified: true, origin: 'provider' } as const
  await flow.storage.users.insert({ ...both, profile: {}, createdAt: flow.clock.now, updatedAt: flow.clock.now })
  t.strictSame(await found('two@example.com'), ['two'], 'once, by whatever is found')
  t.match(textOf((await open('/admin/people?q=zz')).html), /Nobody is found/)
  const page = await open('/admin/people?q=many')
  t.match(page.html, /href="\/admin\/people\?q&#x3D;many&amp;after&#x3D;[\w-]+" rel="next"/, 'the next page searches the same')
})

t.test('an account shows what is known of it, and each of its parts', async (t) => {
  const flow = await startConsole(t, { GITHUB_CLIENT_ID: 'x', GITHUB_CLIENT_SECRET: 'y' })
  const { storage, clock } = flow
  const ada = await flow.add('ada', 'viewer')
  await storage.users.updateOwn({ id: ada.id, profile: { name: 'Ada' }, email: 'ada@example.com', emailVerified: true }, clock.now)
  for (const [name, source] of [
    ['staff', 'manual'],
    ['chess', 'admission'],
  ] as const) {
    await storage.groups.insert({ name, description: '', createdAt: clock.now })
    await storage.groups.join({ group: name, userId: ada.id, source, since: clock.now })
  }
  await flow.person().authorize(flow.url({ scope: 'openid offline_access', resource: 'https://mcp.example.com/' }), ada)
  const [provider] = await storage.providers.list()
  const claims = {
    issuer: 'https://github.com',
    subject: '583231',
    username: 'octo',
    emailVerified: false,
    organizations: [],
    teams: [],
    named: {},
  }
  const times = { linkedAt: clock.now, lastLoginAt: clock.now, lastUsedAt: clock.now, lastCheckedAt: clock.now }
  const { issuer, subject } = claims
  const about = { id: 'identity', userId: ada.id, providerId: provider!.id, issuer, subject, managed: false, claims }
  await storage.identities.link(
    { ...about, ...times },
    { id: 'linked', at: clock.now, name: 'identity.linked', actor: 'server', details: {} },
  )
  const { open, post, do: act } = await flow.enter()
  const shown = textOf((await open(at(ada.id))).html)
  for (const part of [
    /Account ada Viewer/,
    /Name Ada Email ada@example\.com Verified/,
    /Made by an operator or an invitation/,
    /No one-time codes Passkeys: 0 Recovery codes left: 0/,
    /chess Because of admission .*staff Because of manual Take out staff/,
    /Firefox · Linux From 127\.0\.0\.1/,
    /Test Client MCP server https:\/\/mcp\.example\.com\//,
    /github Email octo Account there 583231/,
  ])
    t.match(shown, part)
  const vera = await flow.add('vera', 'viewer')
  const named = { ...claims, subject: '583232', email: 'vera@example.org' }
  await storage.identities.link(
    { ...about, ...times, id: 'other', userId: vera.id, subject: named.subject, claims: named },
    { id: 'linked too', at: clock.now, name: 'identity.linked', actor: 'server', details: {} },
  )
  t.match(textOf((await open(at(vera.id))).html), /vera@example\.org Account there 583232/)
  const looking = await flow.enter(vera)
  const olga = await flow.add('olga', 'owner')
  await storage.identities.link(
    { ...about, ...times, id: 'third', userId: olga.id, subject: '583233' },
    { id: 'linked third', at: clock.now, name: 'identity.linked', actor: 'server', details: {} },
  )
  const operator = await flow.enter(await flow.add('oscar', 'operator'))
  t.notMatch((await operator.open(at(olga.id))).html, /people\/unlink/, 'an operator unlinks nobody of a higher role')
  const seen = await looking.open(at(ada.id))
  t.match(textOf(seen.html), /Account ada Viewer .*Firefox · Linux .*Test Client .*octo/)
  t.notMatch(seen.html, /action="\/admin\/(?!leave)/, 'a viewer only looks')
  t.match(
    textOf(pageOf(await post('/admin/people/unlink', { id: ada.id, provider: 'github' })).html),
    /Take the account at the provider from ada\?/,
  )
  const unlinked = await act('/admin/people/unlink', { id: ada.id, provider: 'github' })
  t.match(textOf(unlinked.html), /It has ended/)
  t.strictSame(await storage.identities.listOf(ada.id), [])
  t.match(await eventOf(flow, 'identity.unlinked'), { actor: 'user admin', address: '127.0.0.1' })
  t.equal((await open(at('nobody'))).status, 404)
  await storage.users.disable(ada.id, clock.now)
  t.match(textOf((await open('/admin/people')).html), /ada@example\.com State Disabled/)
})

t.test('an operator changes an account as the command line does, and the audit log says who it was', async (t) => {
  const flow = await startConsole(t)
  const { users } = flow.storage
  const ada = await flow.add('ada')
  const { do: act } = await flow.enter(await flow.add('oscar', 'operator'))
  const changes: [name: string, event: string, check: () => Promise<boolean>][] = [
    ['disable', 'user.disabled', async () => (await users.find(ada.id))?.disabledAt !== undefined],
    ['enable', 'user.enabled', async () => (await users.find(ada.id))?.disabledAt === undefined],
    ['unlock', 'user.unlocked', async () => (await users.find(ada.id))?.browsersForgottenAt !== undefined],
    ['delete', 'user.deleted', async () => (await users.find(ada.id)) === undefined],
  ]
  for (const [name, event, check] of changes) {
    const page = await act(`/admin/people/${name}`, { id: ada.id })
    t.match(page.html, 'class="notice info"', name)
    t.ok(await check(), name)
    t.match(await eventOf(flow, event), { actor: 'user oscar', userId: ada.id })
  }
  const again = await act('/admin/people/delete', { id: ada.id })
  t.equal(again.status, 404)
  t.match(textOf(again.html), /Nothing was changed: There is no such user/)
  t.match(again.html, '<title>Error: ')
})

t.test('sessions and second factors end by a button, one by one or all', async (t) => {
  const flow = await startConsole(t)
  const ada = await flow.add('ada')
  const { post, do: act, open } = await flow.enter()
  const [here, there] = [flow.person(), flow.person()]
  for (const person of [here, there]) await openAccount(flow, person, ada)
  const listed = await flow.storage.sessions.list({ userId: ada.id, now: flow.clock.now, idleSince: 0, limit: 9 })
  const asked = pageOf(await post('/admin/people/end-session', { id: listed[0]!.session.idHash, user: ada.id }))
  t.match(textOf(asked.html), /Sign ada out there\?/)
  await act('/admin/people/end-session', { id: listed[0]!.session.idHash, user: ada.id })
  t.equal((await act('/admin/people/end-session', { id: listed[0]!.session.idHash, user: ada.id })).status, 404)
  const places = async () => [
    whereabouts(await here.open(`${flow.issuer}/account`)),
    whereabouts(await there.open(`${flow.issuer}/account`)),
  ]
  t.strictSame((await places()).sort(), ['login', 'my-account'])
  await act('/admin/people/end-sessions', { id: ada.id })
  t.strictSame(await places(), ['login', 'login'])
  t.equal((await act('/admin/people/end-sessions', { id: ada.id })).status, 409)
  t.equal((await act('/admin/people/reset-factors', { id: ada.id })).status, 409, 'nothing to remove')
  await flow.storage.factors.saveRecoveryCodes(ada.id, ['hash'], flow.clock.now)
  await flow.storage.factors.saveCodes({ userId: ada.id, secret: 'sealed', lastStep: 0, createdAt: flow.clock.now })
  t.match(textOf((await open(at(ada.id))).html), /One-time codes Passkeys: 0 Recovery codes left: 1/)
  await act('/admin/people/reset-factors', { id: ada.id })
  t.match(await flow.storage.factors.listOf(ada.id), { codes: undefined, recoveryCodes: 0 })
})

t.test('an app is disconnected', async (t) => {
  const flow = await startConsole(t)
  const ada = await flow.add('ada')
  await flow.person().authorize(flow.url({ scope: 'openid offline_access' }), ada)
  const [listed] = await flow.storage.grants.list({ userId: ada.id, now: flow.clock.now, limit: 1 })
  const { do: act, post } = await flow.enter()
  const fields = { id: listed!.grant.id, user: ada.id }
  t.match(textOf(pageOf(await post('/admin/people/disconnect', fields)).html), /Disconnect the app from ada\?/)
  await act('/admin/people/disconnect', fields)
  t.strictSame(await flow.storage.grants.list({ userId: ada.id, now: flow.clock.now, limit: 1 }), [])
  t.equal((await act('/admin/people/disconnect', fields)).status, 404)
  t.equal(pageOf(await post('/admin/people/disconnect', { id: 'x', user: 'nobody' })).status, 404, 'nothing to ask')
})

t.test('an owner gives and takes roles, but never the last one', async (t) => {
  const flow = await startConsole(t)
  const ada = await flow.add('ada')
  const { post, do: act, open } = await flow.enter()
  t.match((await open(at(ada.id))).html, /<option value="none" selected>No role/)
  t.match(textOf(pageOf(await post('/admin/people/role', { id: ada.id, role: 'operator' })).html), /Change the role of ada\?/)
  await act('/admin/people/role', { id: ada.id, role: 'operator' })
  t.match(await flow.storage.users.find(ada.id), { role: 'operator' })
  t.match(await eventOf(flow, 'user.role_changed'), { actor: 'user admin' })
  t.match((await open(at(ada.id))).html, /<option value="operator" selected>Operator/)
  t.equal((await act('/admin/people/role', { id: ada.id, role: 'king' })).status, 400)
  t.equal((await act('/admin/people/role', { id: 'nobody', role: 'viewer' })).status, 404)
  const admin = (await flow.storage.users.findAdministrator())!
  t.equal((await act('/admin/people/role', { id: admin.id, role: 'viewer' })).status, 409)
  t.equal((await act('/admin/people/disable', { id: admin.id })).status, 409, 'the last owner')
  const own = (await open(at(admin.id))).html
  t.notMatch(own, 'action="/admin/people/role"')
  t.match(textOf(own), /Made by the configuration/)
})

t.test('a link for a new password is shown once, and works', async (t) => {
  const flow = await startConsole(t)
  const ada = await flow.add('ada')
  const { post, open } = await flow.enter()
  const made = pageOf(await post('/admin/people/reset-link', { id: ada.id }))
  const [, url] = /<code dir="ltr">(http[^<]*)</.exec(made.html) ?? []
  t.match(textOf(made.html), /A new password for ada Pass this link on\. It works once\./)
  const person = flow.person()
  t.equal(whereabouts(await person.open(url!.replaceAll('&#x3D;', '='))), 'reset-password')
  const listed = await open('/admin/links')
  t.match(textOf(listed.html), /New password For ada/)
  t.notMatch(listed.html, /token=\w{20}/)
  t.equal(pageOf(await post('/admin/people/reset-link', { id: 'nobody' })).status, 404)
  const admin = (await flow.storage.users.findAdministrator())!
  t.equal(pageOf(await post('/admin/people/reset-link', { id: admin.id })).status, 409)
  t.equal(pageOf(await post('/admin/people/unlink', { id: 'nobody', provider: 'x', confirmed: 'yes' })).status, 404)
  t.equal(pageOf(await post('/admin/people/unlink', { id: ada.id, provider: 'x', confirmed: 'yes' })).status, 404)
})

t.test('somebody is invited, and the invitation revoked', async (t) => {
  const flow = await startConsole(t)
  await flow.storage.groups.insert({ name: 'staff', description: '', createdAt: flow.clock.now })
  const { post, do: act, open } = await flow.enter()
  t.match((await open('/admin/links')).html, /<option value="staff">staff/)
  const made = pageOf(await post('/admin/links/invite', { email: ' new@example.com ', group: 'staff', language: 'ko' }))
  t.match(textOf(made.html), /An invitation Pass this link on/)
  const [link] = await flow.storage.links.list({ now: flow.clock.now, limit: 9 })
  t.match(link, { link: { kind: 'invitation', address: 'new@example.com', data: { group: 'staff', language: 'ko' } } })
  t.match(textOf((await open('/admin/links')).html), /Invitation For new@example\.com Group staff/)
  t.equal(pageOf(await post('/admin/links/invite', { email: 'not an address', group: '', language: '' })).status, 400)
  t.match(textOf(pageOf(await post('/admin/links/revoke', { id: link!.link.tokenHash })).html), /Revoke this link\?/)
  await act('/admin/links/revoke', { id: link!.link.tokenHash })
  t.strictSame(await flow.storage.links.list({ now: flow.clock.now, limit: 9 }), [])
  t.equal((await act('/admin/links/revoke', { id: link!.link.tokenHash })).status, 404)
  const anybody = pageOf(await post('/admin/links/invite', { email: '', group: '', language: '' }))
  t.equal(anybody.status, 200, 'for anybody who gets the link')
  t.match(textOf((await open('/admin/links')).html), /Invitation For – Group –/)
})

t.test('a new link says whether it was mailed', async (t) => {
  const made = { url: 'https://x/', link: {} as never }
  const leadOf = (mail?: { to: string; problem?: string }) => {
    const done = describeLink({ ...made, ...(mail && { mail }) }, { key: 'console.link.invitation' })
    return 'lead' in done ? done.lead : undefined
  }
  t.match(leadOf(), { key: 'console.link.pass-on' })
  t.match(leadOf({ to: 'a@b.c' }), { key: 'console.link.mailed', values: { to: 'a@b.c' } })
  t.match(leadOf({ to: 'a@b.c', problem: 'no' }), { key: 'console.link.not-mailed', values: { to: 'a@b.c', problem: 'no' } })
})
