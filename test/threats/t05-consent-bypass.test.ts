/** threat-model.md T5: consent is per client and in person; a transaction never leaves its browser; a local program is always asked about. */
import t from 'tap'
import { FRESH_MS } from '#src/plugins/kernel/resources.ts'
import { CUSTOM, HTTPS, LOOPBACK, answerOf, grantOf, pageOf, startFlow, whereabouts } from '#test/support/authorization.ts'
import type { Flow } from '#test/support/authorization.ts'
import type { Person } from '#test/support/person.ts'
import { ADMIN } from '#test/support/app.ts'
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
        t.match(pageOf(await person.open(`${flow.issuer}/authorize?transaction=${signed}`)), { status: 400, html: STALE })
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
