import t from 'tap'
import { CUSTOM, HTTPS, LOOPBACK, addUser, answerOf, grantOf, pageOf, startFlow, textOf, whereabouts } from '#test/support/authorization.ts'
import type { Flow, Parameters } from '#test/support/authorization.ts'
import type { Page, Person } from '#test/support/people/person.ts'
import { ADMIN } from '#test/support/app.ts'

const RESOURCE = 'https://mcp.example.com/mcp'
const ADA = { username: 'ada', password: 'engine' }

/** Somebody who has logged in and reads the consent page, of a client that nobody allowed before unless `changes` names it. */
async function reader(
  flow: Flow,
  changes?: Parameters,
  login = ADMIN,
): Promise<{ person: Person; consent: Page; url(more?: Parameters): string }> {
  const client = { client_id: await flow.register({ redirect_uris: [HTTPS, LOOPBACK, CUSTOM], client_uri: 'https://client.example/' }) }
  const url = (more?: Parameters) => flow.url({ ...client, ...changes, ...more })
  const person = flow.person()
  const consent = pageOf(await person.submit(pageOf(await person.open(url())), login))
  flow.clock.now += 1000
  return { person, consent, url }
}

t.test('a person at the consent page', async (t) => {
  const flow = await startFlow(t, { ADMIN_EMAIL: 'admin@example.com' })

  t.test('reads who is logged in, who asks for what, and where the answer goes', async (t) => {
    const { consent } = await reader(flow, { scope: 'openid email offline_access', resource: RESOURCE })
    const text = textOf(consent.html)
    t.match(text, /Test Client Unverified The app chose this name itself/)
    t.match(text, /https:\/\/client\.example\//)
    t.match(text, /Signed in as admin admin@example\.com/)
    t.match(text, /See your email address.*Keep access until you disconnect it/)
    t.match(text, /https:\/\/mcp\.example\.com\/mcp/)
    t.match(text, /You'll return to client\.example/)
  })
  t.test('finds the same account, with its e-mail address, where an app lets them choose', async (t) => {
    const { person, url } = await reader(flow)
    const chooser = pageOf(await person.open(url({ prompt: 'select_account' })))
    t.equal(whereabouts({ page: chooser }), 'account')
    t.match(textOf(chooser.html), /Signed in as admin admin@example\.com Continue as admin/)
  })
  t.test('is warned where only a program on this computer is asking', async (t) => {
    const { consent } = await reader(flow, { redirect_uri: LOOPBACK })
    t.match(textOf(consent.html), /A program on this computer is asking.*127\.0\.0\.1:33418/)
  })
  t.test('is warned of a program once, and after that reads it in one line, unless something is odd', async (t) => {
    for (const redirect of [LOOPBACK, CUSTOM]) {
      const { person, consent, url } = await reader(flow, { redirect_uri: redirect })
      t.match(consent.html, 'notice warning', `${redirect}: nobody was allowed there`)
      await person.submit(consent, { decision: 'allow' })
      const calm = pageOf(await person.open(url()))
      t.notMatch(calm.html, 'notice warning')
      t.match(textOf(calm.html), /as before\. Allow only if you just started/)
      t.match(answerOf(await person.submit(calm, { decision: 'allow' })), { code: /./ })
      t.match(answerOf(await person.submit(calm, { decision: 'allow' })), { code: /./ }, 'also twice')
      const elsewhere = redirect === LOOPBACK ? CUSTOM : LOOPBACK
      t.match(pageOf(await person.open(url({ redirect_uri: elsewhere }))).html, 'notice warning', 'another kind of address is new')
      if (redirect === LOOPBACK) {
        const odd = pageOf(await person.open(url({ redirect_uri: 'http://127.0.0.1:51234/callback' })))
        t.match(textOf(odd.html), /A program on this computer is asking.*another port than the app registered/)
      }
    }
  })
  t.test('reads no warning of a port where the client registered none', async (t) => {
    const client_id = await flow.register({ redirect_uris: ['http://localhost/callback'] })
    const { person, consent, url } = await reader(flow, { client_id, redirect_uri: 'http://localhost:50001/callback' })
    await person.submit(consent, { decision: 'allow' })
    t.notMatch(pageOf(await person.open(url({ redirect_uri: 'http://localhost:50002/callback' }))).html, 'notice warning')
  })
  t.test('reads what is new when an app asks for more', async (t) => {
    const { person, consent, url } = await reader(flow, { scope: 'openid', resource: RESOURCE })
    t.notMatch(textOf(consent.html), /New|allowed this app before/)
    await person.submit(consent, { decision: 'allow' })
    const more = textOf(pageOf(await person.open(url({ scope: 'openid email', resource: [RESOURCE, 'https://other.example/'] }))).html)
    t.match(more, /You allowed this app before\. Now it asks for more/)
    t.match(more, /Use mcp\.example\.com as you https.* Use other\.example as you New https/)
    t.match(more, /Know that it's you See your email address New/)
    t.notMatch(textOf(pageOf(await person.open(url({ prompt: 'consent' }))).html), /New|allowed this app before/)
  })
  t.test('is warned where the address belongs to whichever app opens it', async (t) => {
    const { consent } = await reader(flow, { redirect_uri: CUSTOM })
    t.match(textOf(consent.html), /An app on this device is asking.*cursor:\/\//)
  })
  t.test('who denies sends the client away with access_denied, and nothing is remembered', async (t) => {
    const { person, consent, url } = await reader(flow)
    const answer = answerOf(await person.submit(consent, { decision: 'deny' }))
    t.match(answer, { error: 'access_denied', state: 'the state', iss: flow.issuer })
    t.notOk('code' in answer)
    t.equal(whereabouts(await person.open(url())), 'consent')
  })
  t.test('who denies by form_post sends the client its error so', async (t) => {
    const { person, consent } = await reader(flow, { response_mode: 'form_post' })
    const page = pageOf(await person.submit(consent, { decision: 'deny' }))
    t.match(page.form, { action: HTTPS, fields: { error: 'access_denied', state: 'the state', iss: flow.issuer } })
  })
  t.test('who decides nothing, or something else, is told so', async (t) => {
    const { person, consent } = await reader(flow)
    t.match(pageOf(await person.submit(consent, {})), { status: 400, html: /decision is required/ })
    t.match(pageOf(await person.submit(consent, { decision: 'perhaps' })), { status: 400, html: /decision must be allow, deny or switch/ })
  })
  t.test('who presses Allow twice sends two codes, each good by itself', async (t) => {
    const { person, consent } = await reader(flow)
    const both = await Promise.all([person.submit(consent, { decision: 'allow' }), person.submit(consent, { decision: 'allow' })])
    const [one, two] = both.map((arrival) => answerOf(arrival)['code'])
    t.not(one, two)
    t.not((await grantOf(flow, one)).id, (await grantOf(flow, two)).id)
  })
})

t.test('what a person allowed before', async (t) => {
  const flow = await startFlow(t)
  const metadata = { redirect_uris: [HTTPS, LOOPBACK, CUSTOM] }

  t.test('is not asked again where the answer goes to a https address', async (t) => {
    const client = { client_id: await flow.register(metadata) }
    const person = flow.person()
    await person.authorize(flow.url({ ...client, scope: 'openid email' }))
    t.match(answerOf(await person.open(flow.url({ ...client, scope: 'openid email' }))), { code: /./ })
    t.match(answerOf(await person.open(flow.url({ ...client, scope: 'email' }))), { code: /./ }, 'nor for less')
    t.match(answerOf(await person.open(flow.url({ ...client, scope: 'email', prompt: 'none' }))), { code: /./ }, 'nor silently')
  })
  t.test('is asked again for more scopes, and the sum is remembered', async (t) => {
    const client = { client_id: await flow.register(metadata) }
    const person = flow.person()
    await person.authorize(flow.url({ ...client, scope: 'openid' }))
    t.equal(whereabouts(await person.open(flow.url({ ...client, scope: 'openid profile' }))), 'consent')
    t.match(answerOf(await person.open(flow.url({ ...client, scope: 'openid profile', prompt: 'none' }))), { error: 'consent_required' })
    await person.authorize(flow.url({ ...client, scope: 'profile' }))
    t.match(answerOf(await person.open(flow.url({ ...client, scope: 'openid profile' }))), { code: /./ })
  })
  t.test('is asked again for more resources, and the sum is remembered', async (t) => {
    const client = { client_id: await flow.register(metadata) }
    const person = flow.person()
    await person.authorize(flow.url({ ...client, resource: RESOURCE }))
    t.equal(whereabouts(await person.open(flow.url({ ...client, resource: 'https://other.example/' }))), 'consent')
    await person.authorize(flow.url({ ...client, resource: 'https://other.example/' }))
    t.match(answerOf(await person.open(flow.url({ ...client, resource: [RESOURCE, 'https://other.example/'] }))), { code: /./ })
  })
  t.test("is only that person's", async (t) => {
    await addUser(flow, ADA.username, ADA.password)
    const client = { client_id: await flow.register(metadata) }
    await flow.person().authorize(flow.url(client))
    t.equal(whereabouts({ page: (await reader(flow, client, ADA)).consent }), 'consent')
  })
})

t.test('an allowance counts only for what was shown, to whom it was shown', async (t) => {
  const flow = await startFlow(t)
  await addUser(flow, ADA.username, ADA.password)

  t.test('somebody else who logged in meanwhile is asked in person', async (t) => {
    const { person, consent, url } = await reader(flow)
    await person.submit(pageOf(await person.open(url({ prompt: 'login' }))), ADA)
    const asked = await person.submit(consent, { decision: 'allow' })
    t.equal(whereabouts(asked), 'consent')
    t.match(textOf(pageOf(asked).html), /Signed in as ada/)
    const answer = answerOf(await person.submit(pageOf(asked), { decision: 'allow' }))
    t.equal((await grantOf(flow, answer['code'])).userId, 'id of ada')
  })
  t.test('a person whose session ended meanwhile logs in, and is asked again', async (t) => {
    const { person, consent } = await reader(flow)
    person.cookies.delete('solar-session')
    const login = await person.submit(consent, { decision: 'allow' })
    t.equal(whereabouts(login), 'login')
    t.equal(whereabouts(await person.submit(pageOf(login), ADMIN)), 'consent')
  })
  t.test('a page that was calm does not count once what it relied on is gone', async (t) => {
    const id = await flow.register({ redirect_uris: [HTTPS, LOOPBACK] })
    const { person, consent, url } = await reader(flow, { client_id: id, redirect_uri: LOOPBACK })
    await person.submit(consent, { decision: 'allow' })
    const calm = pageOf(await person.open(url({ redirect_uri: LOOPBACK })))
    const client = (await flow.storage.clients.find(id))!
    await flow.storage.clients.delete(id)
    await flow.storage.clients.insert(client)
    const asked = await person.submit(calm, { decision: 'allow' })
    t.equal(whereabouts(asked), 'consent')
    t.match(pageOf(asked).html, 'notice warning')
  })
  t.test("a person is asked again when the client's scopes have changed", async (t) => {
    const id = await flow.register({ scope: 'openid' })
    const { person, consent } = await reader(flow, { client_id: id, scope: undefined })
    const client = (await flow.storage.clients.find(id))!
    await flow.storage.clients.delete(id)
    await flow.storage.clients.insert({ ...client, metadata: { ...client.metadata, scopes: ['openid', 'email'] } })
    const asked = await person.submit(consent, { decision: 'allow' })
    t.equal(whereabouts(asked), 'consent')
    t.match(textOf(pageOf(asked).html), /See your email address/)
    t.strictSame((await grantOf(flow, answerOf(await person.submit(pageOf(asked), { decision: 'allow' }))['code'])).scopes, [
      'openid',
      'email',
    ])
  })
  t.test('a client that may no longer ask this hears why', async (t) => {
    const id = await flow.register({ token_endpoint_auth_method: 'client_secret_basic' })
    const { person, consent } = await reader(flow, { client_id: id, code_challenge: undefined, code_challenge_method: undefined })
    const client = (await flow.storage.clients.find(id))!
    await flow.storage.clients.delete(id)
    await flow.storage.clients.insert({
      ...client,
      secretHash: undefined,
      metadata: { ...client.metadata, tokenEndpointAuthMethod: 'none' },
    })
    t.match(answerOf(await person.submit(consent, { decision: 'allow' })), {
      error: 'invalid_request',
      error_description: /PKCE/,
      state: 'the state',
    })
  })
  t.test('a client that was deleted meanwhile gets nothing', async (t) => {
    const id = await flow.register({})
    const { person, consent } = await reader(flow, { client_id: id })
    await flow.storage.clients.delete(id)
    for (const decision of ['allow', 'deny']) {
      t.match(pageOf(await person.submit(consent, { decision })), { status: 400, html: /remove this connection/ })
    }
  })
})

t.test('a person who wants another account logs in with it, and decides as that one', async (t) => {
  const flow = await startFlow(t)
  await addUser(flow, ADA.username, ADA.password)
  const { person, consent } = await reader(flow)
  const login = await person.submit(consent, { decision: 'switch' })
  t.equal(whereabouts(login), 'login')
  t.equal(whereabouts(await person.submit(consent, { decision: 'switch' })), 'login', 'also after a reload')
  flow.clock.now += 1000
  const asked = pageOf(await person.submit(pageOf(login), ADA))
  t.match(textOf(asked.html), /Signed in as ada/)
  const { code } = answerOf(await person.submit(asked, { decision: 'allow' }))
  t.equal((await grantOf(flow, code)).userId, 'id of ada')
})

t.test('a resource without a name is called by its host, or by all of it where it has none', async (t) => {
  const flow = await startFlow(t)
  const { consent } = await reader(flow, { resource: ['https://mcp.example:8443/mcp?x', 'urn:example:tools'] })
  t.match(textOf(consent.html), /Use mcp\.example:8443 as you https:.* Use urn:example:tools as you urn:example:tools/)
})

t.test('a client that an operator added is said to be so', async (t) => {
  const flow = await startFlow(t)
  const id = await flow.register({})
  const client = (await flow.storage.clients.find(id))!
  await flow.storage.clients.delete(id)
  await flow.storage.clients.insert({ ...client, origin: 'operator' })
  const { consent } = await reader(flow, { client_id: id })
  t.match(textOf(consent.html), /Test Client Added by the operator of this server\./)
})
