/** The pages where a person connects a device: what they take, from whom, and how often. */
import t from 'tap'
import { signTransaction } from '#src/domain/authorization/transaction.ts'
import type { Transaction } from '#src/domain/authorization/transaction.ts'
import { DEVICE_CODE_GRANT } from '#src/domain/client/client-metadata.ts'
import { COMMAND_LINE_CLIENT_ID, managementAddress } from '#src/domain/management/management.ts'
import { FRESH_MS } from '#src/plugins/kernel/resources.ts'
import { ADMIN, injectFetch } from '#test/support/app.ts'
import { addUser, pageOf, textOf, whereabouts } from '#test/support/authorization.ts'
import { createDeviceConversation } from '#test/support/clients/devices.ts'
import { createManagement } from '#test/support/people/management-api.ts'
import { sampleResource } from '#test/support/records.ts'
import { createPerson } from '#test/support/people/person.ts'
import type { Page, Person } from '#test/support/people/person.ts'

const made = await createDeviceConversation(t, { env: { RATE_LIMIT_LOGIN: '3/15m', TRUST_PROXY: '1' } })
const { app, ask, clock, config, decide, enter, openForm, outcome, storage } = made
const somebody = () => createPerson(config.issuer, injectFetch(app))
const refused = (page: Page, status = 400) => [page.status, whereabouts({ page })].join() === `${status},error`

t.test('a person who is not logged in logs in first, tries twice if need be, and finds the code filled in', async (t) => {
  const { user_code } = await ask()
  const who = somebody()
  const login = pageOf(await who.open(`${config.issuer}/device?user_code=${user_code}`))
  t.notMatch(textOf(login.html), 'Observatory TV', 'nobody learns from a code who waits')
  const again = pageOf(await who.submit(login, { ...ADMIN, password: 'wrong' }))
  t.equal(whereabouts({ page: again }), 'login')
  const form = pageOf(await who.submit(again, ADMIN))
  t.equal(whereabouts({ page: form }), 'device')
  t.match(form.html, `value="${user_code}"`)
})

t.test('a person who chooses another account decides as that one', async (t) => {
  await addUser(made, 'ada', 'engine')
  const asked = await ask({ scope: 'openid profile' })
  const who = somebody()
  const consent = await enter(asked.user_code, who)
  clock.now += 1
  const login = pageOf(await who.submit(consent, { decision: 'switch' }))
  t.equal(whereabouts({ page: login }), 'login')
  clock.now += 1
  const form = pageOf(await who.submit(login, { username: 'ada', password: 'engine' }))
  await who.submit(pageOf(await who.submit(form, { user_code: asked.user_code })), { decision: 'allow' })
  t.match((await made.userinfo((await outcome(asked)).access_token)).json(), { sub: 'id of ada' })
})

t.test('a post from another site, or from another browser, decides nothing (T5, T6)', async (t) => {
  const asked = await ask()
  const [who, attacker] = [somebody(), somebody()]
  const form = await openForm(who)
  const consent = await enter(asked.user_code, who)
  await openForm(attacker)
  for (const [page, fields] of [
    [form, { user_code: asked.user_code }],
    [consent, { decision: 'allow' }],
  ] as const) {
    t.ok(refused(pageOf(await who.submit(page, fields, { origin: 'https://evil.example' })), 403), 'another origin')
    t.ok(refused(pageOf(await who.submit(page, fields, { 'sec-fetch-site': 'cross-site' })), 403), 'another site')
    t.ok(refused(pageOf(await attacker.submit(page, fields))), 'another browser')
    t.ok(refused(pageOf(await who.submit({ ...page, form: { ...page.form!, fields: { transaction: 'x.y' } } }, fields))), 'not ours')
  }
  t.match(await outcome(asked), { error: 'authorization_pending' })
})

t.test('only what was shown to this person is decided: a page without the request decides nothing (T5)', async (t) => {
  const asked = await ask()
  const who = somebody()
  const form = await openForm(who, `/device?user_code=${asked.user_code}`)
  const { transaction = '' } = form.form!.fields
  const decidedBy = (page: Page) => ({ ...page, form: { action: '/device/decision', fields: { transaction } } })
  for (const decision of ['allow', 'deny']) t.equal(whereabouts(await who.submit(decidedBy(form), { decision })), 'device')
  t.ok(refused(pageOf(await who.submit(decidedBy(form), { decision: 'perhaps' }))))
  t.match(await outcome(asked), { error: 'authorization_pending' })

  const consent = await enter(asked.user_code, who)
  who.cookies.delete('solar-session')
  t.equal(whereabouts(await who.submit(consent, { decision: 'allow' })), 'login', 'logged out meanwhile')
  t.equal(whereabouts(await who.submit(form, { user_code: asked.user_code })), 'login')
  t.match(await outcome(asked), { error: 'authorization_pending' })
})

t.test('a form of an authorization is none of a device', async (t) => {
  const who = somebody()
  const login = pageOf(await who.open(made.authorizeUrl()))
  const { transaction = '' } = login.form!.fields
  t.ok(refused(pageOf(await who.open(`${config.issuer}/device?transaction=${transaction}`))))
  t.ok(refused(pageOf(await who.open(`${config.issuer}/device?user_code=a&user_code=b`))))
  for (const action of ['/device', '/device/decision']) {
    t.ok(refused(pageOf(await who.submit({ ...login, form: { action, fields: { transaction } } }, { user_code: 'x', decision: 'allow' }))))
    t.ok(refused(pageOf(await who.submit({ ...login, form: { action, fields: {} } }, {}))))
  }
})

t.test('a decision counts once: who goes back and decides again is told that nothing waits', async (t) => {
  const asked = await ask()
  const who = somebody()
  const consent = await enter(asked.user_code, who)
  t.match(textOf(pageOf(await who.submit(consent, { decision: 'deny' })).html), /The device was not connected/)
  t.equal(whereabouts(await who.submit(consent, { decision: 'allow' })), 'device')
  t.match(await outcome(asked), { error: 'access_denied' })
})

t.test('a second press of the button, or a reload, shows the same end as the first', async (t) => {
  for (const [decision, end] of [
    ['allow', 'The device is connected'],
    ['deny', 'The device was not connected'],
  ] as const) {
    const asked = await ask()
    const who = somebody()
    const consent = await enter(asked.user_code, who)
    const since = clock.now
    const both = await Promise.all([who.submit(consent, { decision }), who.submit(consent, { decision })])
    for (const arrival of [...both, await who.submit(consent, { decision })]) t.match(textOf(pageOf(arrival).html), end, decision)
    const decisions = (await storage.auditEvents.list({ since, limit: 10 })).filter(({ name }) => name.startsWith('consent.'))
    t.equal(decisions.length, 1, 'it is one decision')
    const { access_token: token, error } = await outcome(asked)
    t.equal(decision === 'allow' ? typeof token : error, decision === 'allow' ? 'string' : 'access_denied')
  }
})

t.test('a device that somebody else connected is not said to be connected to the one who comes second', async (t) => {
  await addUser(made, 'grace', 'compiler')
  const asked = await ask()
  const [first, second] = [somebody(), somebody()]
  await second.submit(pageOf(await second.open(`${config.issuer}/device`)), { username: 'grace', password: 'compiler' })
  const late = await enter(asked.user_code, second)
  await first.submit(await enter(asked.user_code, first), { decision: 'allow' })
  t.equal(whereabouts(await second.submit(late, { decision: 'allow' })), 'device')
})

t.test('a page of the version before, which did not name its device, still decides once', async (t) => {
  const asked = await ask()
  const who = somebody()
  const consent = await enter(asked.user_code, who)
  const [payload = ''] = consent.form!.fields['transaction']!.split('.')
  const transaction = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Transaction
  const { deviceCodeHash: _hash, ...shown } = transaction.shown!
  const fields = { transaction: signTransaction({ ...transaction, shown }, app.macKeys) }
  const older = { ...consent, form: { action: '/device/decision', fields } }
  t.equal(whereabouts(await who.submit(older, { decision: 'allow' })), 'device-done')
  t.equal(whereabouts(await who.submit(older, { decision: 'allow' })), 'device')
})

t.test('what changed while the page was open is shown again before it is decided', async (t) => {
  const fresh = await createDeviceConversation(t)
  const resource = sampleResource()
  const asked = await fresh.ask({ resource: resource.identifier })
  const consent = await fresh.enter(asked.user_code)
  t.match(textOf(consent.html), /Not registered here: only this address is known/)
  await fresh.storage.resources.insert(resource)
  fresh.clock.now += FRESH_MS
  t.equal(whereabouts(await fresh.person.submit(consent, { decision: 'allow' })), 'device')
  t.match(await fresh.outcome(asked), { error: 'authorization_pending' })
  t.match(textOf((await fresh.enter(asked.user_code)).html), `Use ${resource.name} as you`)
})

t.test('a person who typed the code may still use another account', async (t) => {
  const asked = await ask()
  const who = somebody()
  const form = await openForm(who)
  t.match(form.html, /<input id="user_code"[^]*type="submit">Continue<[^]*value="switch" formnovalidate>/, 'Enter goes on')
  clock.now += 1
  const login = pageOf(await who.submit(form, { user_code: asked.user_code, decision: 'switch' }))
  t.equal(whereabouts({ page: login }), 'login')
  clock.now += 1
  t.match(pageOf(await who.submit(login, ADMIN)).html, `value="${asked.user_code}"`)
  t.match(await outcome(asked), { error: 'authorization_pending' })
})

t.test('two who decide at the same time: one of them does', async (t) => {
  const asked = await ask()
  const people = [somebody(), somebody()]
  const pages = [await enter(asked.user_code, people[0]), await enter(asked.user_code, people[1])]
  const places = await Promise.all(
    pages.map(async (page, index) => whereabouts(await people[index]!.submit(page, { decision: index === 0 ? 'allow' : 'deny' }))),
  )
  t.equal(places.filter((place) => place === 'device-done').length, 1)
})

t.test('a device whose client is disabled counts as unknown, and so does no code at all', async (t) => {
  const asked = await ask()
  await storage.clients.disable(made.client.client_id, clock.now)
  for (const typed of [asked.user_code, 'no code']) t.match(textOf((await enter(typed, somebody())).html), /No device waits with this code/)
  await storage.clients.enable(made.client.client_id, clock.now)
  clock.now += 900_000
})

t.test('a device that asks for a resource that is gone counts as unknown', async (t) => {
  const strict = await createDeviceConversation(t, { env: { UNREGISTERED_RESOURCES: 'refuse' } })
  const identifier = 'https://mcp.example.com/mcp'
  const since = { createdAt: strict.clock.now, updatedAt: strict.clock.now }
  await strict.storage.resources.insert({ id: 'resource_1', secretHash: 'hash', identifier, name: 'Tools', scopes: [], ...since })
  strict.clock.now += FRESH_MS
  const asked = await strict.ask({ resource: identifier })
  await strict.storage.resources.delete('resource_1')
  strict.clock.now += FRESH_MS
  t.match(textOf((await strict.enter(asked.user_code)).html), /No device waits with this code/)
})

t.test('guesses are counted by person and by address, the right code, too, before it is looked at (T15)', async (t) => {
  const asked = await ask()
  const who = somebody()
  const guess = async (user_code: string, by: Person, address: string) =>
    pageOf(await by.submit(await openForm(by), { user_code }, { origin: config.issuer, 'x-forwarded-for': address })).status
  for (let i = 0; i < 3; i++) t.equal(await guess('BBBB-BBBB', who, '192.0.2.1'), 400)
  t.equal(await guess(asked.user_code, who, '198.51.100.7'), 429, 'from elsewhere, too')
  t.equal(await guess(asked.user_code, somebody(), '198.51.100.8'), 429, 'in another session, too')
  clock.now += 900_000
  const next = await ask()
  t.equal(await guess(next.user_code, who, '192.0.2.1'), 200)

  const others: Person[] = []
  for (let index = 0; index < 6; index++) {
    await addUser(made, `user${index}`, 'password')
    const other = somebody()
    await other.submit(
      pageOf(await other.open(`${config.issuer}/device`)),
      { username: `user${index}`, password: 'password' },
      { origin: config.issuer, 'x-forwarded-for': `203.0.113.${index}` },
    )
    others.push(other)
  }
  for (const other of others.slice(0, 5)) for (let i = 0; i < 3; i++) t.equal(await guess('BBBB-BBBB', other, '192.0.2.9'), 400)
  t.equal(await guess(next.user_code, others[5]!, '192.0.2.9'), 429, 'an address has five times as many')
  t.equal(await guess(next.user_code, others[5]!, '192.0.2.10'), 200)
})

t.test('what was right costs no attempt', async (t) => {
  for (let i = 0; i < 6; i++) t.match(textOf((await decide('allow', (await ask()).user_code)).html), /The device is connected/)
})

t.test('a device is told so, should its code be taken', async (t) => {
  const { insert } = storage.deviceAuthorizations
  Object.assign(storage.deviceAuthorizations, { insert: async () => 'taken' })
  t.equal((await made.send('/device_authorization', {})).statusCode, 503)
  Object.assign(storage.deviceAuthorizations, { insert })
})

t.test('an address may say the language of all the pages, whatever the browser speaks', async (t) => {
  const asked = await ask()
  const who = somebody()
  const login = pageOf(await who.open(`${config.issuer}/device?ui_locales=ko-KR%20en`))
  const form = pageOf(await who.submit(login, ADMIN))
  const consent = pageOf(await who.submit(form, { user_code: asked.user_code }))
  const done = pageOf(await who.submit(consent, { decision: 'allow' }))
  const pages = [login, form, consent, done].map((page) => [whereabouts({ page }), page.headers.get('content-language')])
  t.strictSame(pages, [
    ['login', 'ko'],
    ['device', 'ko'],
    ['consent', 'ko'],
    ['device-done', 'ko'],
  ])
})

t.test('a device is allowed an address of those who have one', async (t) => {
  const asked = await ask({ scope: 'openid address phone' })
  t.notMatch(textOf((await enter(asked.user_code, somebody())).html), /postal address/)
  const { id } = (await storage.users.findAdministrator())!
  await storage.users.update({ id, username: ADMIN.username, profile: { address: { country: 'KR' } }, emailVerified: false }, clock.now)
  const who = somebody()
  const consent = await enter(asked.user_code, who)
  t.match(textOf(consent.html), /See your postal address/)
  await who.submit(consent, { decision: 'allow' })
  t.equal((await outcome(asked)).scope, 'openid address')
})

t.test('a device that would manage the server is refused to somebody without a role, as an app is', async (t) => {
  const server = await createManagement(t)
  const { app, config, storage, clock } = server
  const ask = async () => {
    const payload = new URLSearchParams({
      client_id: COMMAND_LINE_CLIENT_ID,
      resource: managementAddress(config.issuer),
      scope: 'users:read',
    })
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    return (await app.inject({ method: 'POST', url: '/device_authorization', payload: payload.toString(), headers })).json<{
      device_code: string
      user_code: string
    }>()
  }
  const connect = async (login: typeof ADMIN, code: string) => {
    const who = createPerson(config.issuer, injectFetch(app))
    const form = pageOf(await who.submit(pageOf(await who.open(`${config.issuer}/device`)), login))
    return pageOf(await who.submit(form, { user_code: code }))
  }
  await addUser(server, 'ada', 'engine')
  const [asked, other] = [await ask(), await ask()]
  t.ok(refused(await connect({ username: 'ada', password: 'engine' }, asked.user_code), 400))
  const event = (await storage.auditEvents.list({ since: 0, limit: 9 })).find(({ name }) => name === 'access.denied')
  t.match(event, { actor: 'user ada', clientId: COMMAND_LINE_CLIENT_ID, details: { denial: 'managing takes a role' } })
  clock.now += 5000
  const payload = new URLSearchParams({ grant_type: DEVICE_CODE_GRANT, client_id: COMMAND_LINE_CLIENT_ID, device_code: asked.device_code })
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const told = await app.inject({ method: 'POST', url: '/token', payload: payload.toString(), headers })
  t.match(told.json(), { error: 'authorization_pending', access_token: undefined }, 'another account may still allow it')
  for (const { user_code: code } of [asked, other]) t.match((await connect(ADMIN, code)).html, /value="allow"/, 'an owner is asked')
})
