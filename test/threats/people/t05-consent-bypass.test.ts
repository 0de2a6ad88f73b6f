/** threat-model.md T5: consent is per client and in person; a transaction never leaves its browser; a local program is always asked about. */
import t from 'tap'
import { FRESH_MS } from '#src/plugins/kernel/resources.ts'
import { CUSTOM, HTTPS, LOOPBACK, answerOf, grantOf, pageOf, startFlow, whereabouts } from '#test/support/authorization.ts'
import type { Flow } from '#test/support/authorization.ts'
import type { Person } from '#test/support/people/person.ts'
import { ADMIN } from '#test/support/app.ts'
import { registerManaged } from '#test/support/clients/management.ts'
import { sampleResource } from '#test/support/records.ts'

const STALE = /has expired, or began in another browser/

async function loggedIn(flow: Flow): Promise<Person> {
  const person = flow.person()
  await person.authorize(flow.url())
  flow.clock.now += 1000
  return person
}

t.test('T5: consent given to one client is none for another, even of the same name and address', async (t) => {
  const flow = await startFlow(t)
  const person = await loggedIn(flow)
  const twin = await flow.register({})
  t.equal(whereabouts(await person.open(flow.url({ client_id: twin }))), 'consent')
  t.match(answerOf(await person.open(flow.url({ client_id: twin, prompt: 'none' }))), { error: 'consent_required' })
})

for (const [kind, uri] of Object.entries({ loopback: LOOPBACK, 'custom-scheme': CUSTOM })) {
  t.test(`T5: a ${kind} redirect URI is asked about every time, and never answered silently`, async (t) => {
    const flow = await startFlow(t, {}, { redirect_uris: [HTTPS, uri] })
    const person = flow.person()
    for (let visit = 0; visit < 3; visit++) {
      const consent = await person.open(flow.url({ redirect_uri: uri }))
      const asked = whereabouts(consent) === 'login' ? await person.submit(pageOf(consent), ADMIN) : consent
      t.equal(whereabouts(asked), 'consent')
      t.match(answerOf(await person.submit(pageOf(asked), { decision: 'allow' })), { code: /./ })
    }
    t.match(answerOf(await person.open(flow.url({ redirect_uri: uri, prompt: 'none' }))), { error: 'consent_required' })
    t.equal(whereabouts(await person.open(flow.url())), 'consent', 'nor does that consent count for the https address of the client')
  })
  t.test(`T5: consent given for a https address is none for a ${kind} one of the same client`, async (t) => {
    const flow = await startFlow(t, {}, { redirect_uris: [HTTPS, uri] })
    const person = await loggedIn(flow)
    t.match(answerOf(await person.open(flow.url())), { code: /./ })
    t.equal(whereabouts(await person.open(flow.url({ redirect_uri: uri }))), 'consent')
    t.match(answerOf(await person.open(flow.url({ redirect_uri: uri, prompt: 'none' }))), { error: 'consent_required' })
  })
}

t.test('T5: claims that are asked for by name are told to nobody whom the person did not allow it', async (t) => {
  const flow = await startFlow(t)
  const person = await loggedIn(flow)
  const request = { claims: JSON.stringify({ userinfo: { name: null }, id_token: { email: null } }) }
  t.match(answerOf(await person.open(flow.url({ ...request, prompt: 'none' }))), { error: 'consent_required' })
  const consent = pageOf(await person.open(flow.url(request)))
  for (const sentence of ['See your name and profile', 'See your email address']) t.match(consent.html, sentence)
  await person.submit(consent, { decision: 'allow' })
  t.match(answerOf(await person.open(flow.url({ ...request, prompt: 'none' }))), { code: /./ })
  const more = { claims: JSON.stringify({ userinfo: { name: null, phone_number: null } }), prompt: 'none' }
  t.match(answerOf(await person.open(flow.url(more))), { code: /./ }, 'a phone number that is not known is not asked for')
})

t.test('T5: what becomes known of a person was not allowed before', async (t) => {
  const flow = await startFlow(t)
  const url = flow.url({ scope: 'openid address', claims: JSON.stringify({ userinfo: { phone_number: null } }) })
  const person = flow.person()
  const scopesOf = async (code: string | undefined) => (await grantOf(flow, code)).scopes
  t.same(await scopesOf((await person.authorize(url)).searchParams.get('code')!), ['openid'])
  const { id } = (await flow.storage.users.findAdministrator())!
  await flow.storage.users.update(
    { id, username: ADMIN.username, profile: { phoneNumber: '+8221234567' }, emailVerified: false },
    flow.clock.now,
  )
  const consent = pageOf(await person.submit(pageOf(await person.open(url)), ADMIN))
  t.match(consent.html, 'See your phone number')
  t.notMatch(consent.html, 'postal address')

  await flow.storage.users.update(
    { id, username: ADMIN.username, profile: { address: { country: 'KR' } }, emailVerified: false },
    flow.clock.now,
  )
  const asked = pageOf(await person.submit(pageOf(await person.submit(consent, { decision: 'allow' })), ADMIN))
  t.equal(whereabouts({ page: asked }), 'consent', 'nor by a page that did not show it')
  t.match(asked.html, 'See your postal address')
  t.same(await scopesOf(answerOf(await person.submit(asked, { decision: 'allow' }))['code']), ['openid', 'address'])
})

t.test('T5: a transaction works in the browser that began it only', async (t) => {
  const flow = await startFlow(t)
  const attacker = flow.person()
  const login = pageOf(await attacker.open(flow.url()))
  const consent = pageOf(await attacker.submit(login, ADMIN))
  const account = pageOf(await attacker.open(flow.url({ prompt: 'select_account' })))
  t.equal(consent.form?.action, '/consent')

  const bystander = flow.person()
  const victim = flow.person()
  await victim.authorize(flow.url({ client_id: await flow.register({}) }))
  for (const [who, person] of Object.entries({ 'a browser without a cookie': bystander, 'another browser, logged in': victim })) {
    t.test(`${who} can neither go on with it, nor decide`, async (t) => {
      const { transaction } = login.form!.fields
      const { transaction: shown } = consent.form!.fields
      for (const signed of [transaction, shown]) {
        const page = { ...login, form: { action: '/login', fields: { transaction: signed! } } }
        t.match(pageOf(await person.submit(page, ADMIN)), { status: 400, html: STALE })
        for (const path of ['authorize', 'device'])
          t.match(pageOf(await person.open(`${flow.issuer}/${path}?transaction=${signed}`)), { status: 400, html: STALE })
      }
      t.match(pageOf(await person.submit(login, ADMIN)), { status: 400, html: STALE })
      for (const decision of ['allow', 'deny', 'switch']) {
        t.match(pageOf(await person.submit(consent, { decision })), { status: 400, html: STALE })
      }
      for (const decision of ['continue', 'switch']) {
        t.match(pageOf(await person.submit({ ...account, form: { ...account.form!, action: '/account' } }, { decision })), {
          status: 400,
          html: STALE,
        })
      }
    })
  }
  t.test('the one that began it goes on', async (t) => {
    t.match(answerOf(await attacker.submit(consent, { decision: 'allow' })), { code: /./ })
  })
  t.test('a browser whose cookie was lost cannot decide', async (t) => {
    attacker.cookies.delete('solar-browser')
    t.match(pageOf(await attacker.submit(consent, { decision: 'allow' })), { status: 400, html: STALE })
  })
})

t.test('T5: choosing an account allows nothing', async (t) => {
  const flow = await startFlow(t)
  const person = await loggedIn(flow)
  const account = pageOf(await person.open(flow.url({ client_id: await flow.register({}), prompt: 'select_account' })))
  t.equal(account.form?.action, '/account')
  const posted = await person.submit({ ...account, form: { ...account.form!, action: '/consent' } }, { decision: 'allow' })
  t.equal(whereabouts(posted), 'account')
  t.equal(whereabouts(await person.submit(pageOf(posted), { decision: 'continue' })), 'consent')
})

t.test('T5: a login page allows nothing', async (t) => {
  const flow = await startFlow(t)
  const person = flow.person()
  const login = pageOf(await person.open(flow.url()))
  await person.submit(login, ADMIN)
  const posted = await person.submit({ ...login, form: { ...login.form!, action: '/consent' } }, { decision: 'allow' })
  t.equal(whereabouts(posted), 'consent')
})

t.test('T5: an allowance is over after an hour', async (t) => {
  const flow = await startFlow(t)
  const person = flow.person()
  const consent = pageOf(await person.submit(pageOf(await person.open(flow.url())), ADMIN))
  flow.clock.now += 60 * 60 * 1000
  t.match(pageOf(await person.submit(consent, { decision: 'allow' })), { status: 400, html: STALE })
})

t.test('T5: a scope that was allowed at one MCP server is not allowed at another that has one of the same name', async (t) => {
  const flow = await startFlow(t)
  const [one, other] = [sampleResource(), sampleResource({ id: 'resource_other', identifier: 'https://other.example/mcp' })]
  for (const resource of [one, other]) await flow.storage.resources.insert(resource)
  flow.clock.now += FRESH_MS
  const person = flow.person()
  await person.authorize(flow.url({ scope: 'tools:read tools:write', resource: one.identifier }))
  await person.authorize(flow.url({ scope: 'tools:read', resource: other.identifier }))
  t.match(answerOf(await person.open(flow.url({ scope: 'tools:write', resource: one.identifier }))), { code: /./ })
  t.match(answerOf(await person.open(flow.url({ scope: 'tools:read', resource: [one.identifier, other.identifier] }))), { code: /./ })
  const wider = flow.url({ scope: 'tools:write', resource: other.identifier })
  t.equal(whereabouts(await person.open(wider)), 'consent')
  t.match(answerOf(await person.open(`${wider}&prompt=none`)), { error: 'consent_required' })
})

t.test('T5: built-in scopes that were allowed at one MCP server are not allowed at another', async (t) => {
  const flow = await startFlow(t)
  const person = flow.person()
  const [one, other] = ['https://a.example/mcp', 'https://b.example/mcp']
  await person.authorize(flow.url({ scope: 'openid email profile', resource: one }))
  await person.authorize(flow.url({ scope: 'openid', resource: other }))
  const silent = { prompt: 'none', resource: other }
  t.match(answerOf(await person.open(flow.url({ ...silent, scope: 'openid' }))), { code: /./ })
  for (const wider of [
    { scope: 'openid email profile' },
    { scope: 'openid email' },
    { scope: 'openid', resource: [one, other], claims: '{"userinfo":{"name":null}}' },
  ])
    t.match(answerOf(await person.open(flow.url({ ...silent, ...wider }))), { error: 'consent_required' })
  t.match(
    answerOf(await person.open(flow.url({ prompt: 'none', scope: 'openid email' }))),
    { error: 'consent_required' },
    'nor without any',
  )
})

t.test('T5: a consent counts for the host that the page named, not for another redirect URI of the same client', async (t) => {
  const evil = 'https://evil.example/callback'
  const flow = await startFlow(t, {}, { redirect_uris: [HTTPS, 'https://client.example/other', evil] })
  const person = await loggedIn(flow)
  t.match(answerOf(await person.open(flow.url({ prompt: 'none', redirect_uri: 'https://client.example/other' }))), { code: /./ })
  t.match(answerOf(await person.open(flow.url({ prompt: 'none', redirect_uri: evil }))), { error: 'consent_required' })
  t.equal(whereabouts(await person.open(flow.url({ redirect_uri: evil }))), 'consent')
})

t.test('T5: Allow counts for the client that the page showed, not for what it became while the page was open', async (t) => {
  const flow = await startFlow(t)
  const evil = 'https://evil.example/callback'
  const shown = { client_name: 'ChatGPT', redirect_uris: [HTTPS], token_endpoint_auth_method: 'none' }
  const changes: Record<string, object> = {
    'another address': { redirect_uris: [evil] },
    'one more address': { redirect_uris: [HTTPS, evil] },
    'another name': { client_name: 'Your Bank' },
    'another name in another language': { 'client_name#ko': '은행' },
    'another link': { policy_uri: 'https://evil.example/policy' },
  }
  for (const [what, change] of Object.entries(changes)) {
    const client = await registerManaged(flow.app, shown)
    // Without redirect_uri the answer goes to the only one that is registered, which may be another one by the time of the click.
    const url = flow.url({ client_id: client.information.client_id, redirect_uri: undefined, scope: 'profile email' })
    const person = flow.person()
    const consent = pageOf(await person.submit(pageOf(await person.open(url)), ADMIN))
    t.match(consent.html, 'ChatGPT')
    t.equal((await client.update({ ...shown, ...change })).statusCode, 200)
    const answer = await person.submit(consent, { decision: 'allow' })
    t.not(whereabouts(answer), 'client', what)
    flow.clock.now += 1000
    const silently = flow.url({
      client_id: client.information.client_id,
      redirect_uri: what === 'another address' ? evil : HTTPS,
      scope: 'profile email',
      prompt: 'none',
    })
    t.match(answerOf(await person.open(silently)), { error: 'consent_required' }, `${what}, silently`)
  }
})

t.test('T5: a client that was allowed and then looks different, or answers elsewhere too, is asked about again', async (t) => {
  const flow = await startFlow(t)
  const shown = { client_name: 'ChatGPT', redirect_uris: [HTTPS], token_endpoint_auth_method: 'none' }
  for (const change of [
    { client_name: 'Your Bank' },
    { redirect_uris: [HTTPS, 'https://client.example/more'] },
    { logo_uri: 'https://client.example/logo.png' },
  ]) {
    const client = await registerManaged(flow.app, shown)
    const silently = flow.url({ client_id: client.information.client_id, prompt: 'none' })
    const person = flow.person()
    await person.authorize(flow.url({ client_id: client.information.client_id }))
    await client.update({ ...shown, scope: 'openid' })
    t.match(answerOf(await person.open(silently)), { code: /./ }, 'what people do not see may change')
    await client.update({ ...shown, ...change })
    t.match(answerOf(await person.open(silently)), { error: 'consent_required' }, Object.keys(change).join())
  }
})

t.test('T5: words that an operator changes while a page is open, or afterwards, are shown again', async (t) => {
  const flow = await startFlow(t)
  const resource = sampleResource()
  await flow.storage.resources.insert(resource)
  flow.clock.now += FRESH_MS
  const [scope] = resource.scopes
  const url = flow.url({ scope: scope!.name, resource: resource.identifier })
  const person = flow.person()
  const consent = pageOf(await person.submit(pageOf(await person.open(url)), ADMIN))
  const relabelled = { ...resource, scopes: resource.scopes.map((each) => ({ ...each, description: 'Delete everything' })) }
  await flow.storage.resources.update({ before: resource, after: relabelled })
  flow.clock.now += FRESH_MS
  const again = pageOf(await person.submit(consent, { decision: 'allow' }))
  t.match(again.html, 'Delete everything')
  t.match(answerOf(await person.submit(again, { decision: 'allow' })), { code: /./ })
  t.match(answerOf(await person.open(`${url}&prompt=none`)), { code: /./ })
  await flow.storage.resources.update({ before: relabelled, after: resource })
  flow.clock.now += FRESH_MS
  t.match(answerOf(await person.open(`${url}&prompt=none`)), { error: 'consent_required' })
})

t.test('T5: a client that the person never allowed learns neither who visits nor since when they are logged in', async (t) => {
  const flow = await startFlow(t)
  const person = await loggedIn(flow)
  const { id } = (await flow.storage.users.findAdministrator())!
  const stranger = await flow.register({ client_name: 'Never Allowed' })
  const ask = async (changes: Parameters<typeof flow.url>[0]) =>
    answerOf(await person.open(flow.url({ client_id: stranger, prompt: 'none', ...changes })))['error']
  flow.clock.now += 60_000
  const claims = (...values: string[]) => JSON.stringify({ id_token: { sub: { values } } })
  for (const changes of [{ max_age: '1' }, { max_age: '99999' }, { claims: claims(id) }, { claims: claims('somebody else') }, {}])
    t.equal(await ask(changes), 'consent_required', JSON.stringify(changes))
  const allowed = async (changes: object) => answerOf(await person.open(flow.url({ prompt: 'none', ...changes })))['error']
  t.equal(await allowed({ max_age: '1' }), 'login_required', 'a client that was allowed needs to know')
  t.equal(await allowed({ claims: claims('somebody else') }), 'login_required')
})
