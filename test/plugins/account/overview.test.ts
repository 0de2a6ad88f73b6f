import t from 'tap'
import { createResourceRegistry } from '#src/domain/resource/resource-registry.ts'
import { describeConsent } from '#src/plugins/account/describe.ts'
import { makeClient } from '#test/storage/conformance/records.ts'
import { openAccount, post } from '#test/support/people/account.ts'
import { VERIFIER, HTTPS, addUser, answerOf, pageOf, registerClient, startFlow, textOf, whereabouts } from '#test/support/authorization.ts'
import type { Flow } from '#test/support/authorization.ts'
import { encode } from '#test/support/api.ts'
import { createPerson } from '#test/support/people/person.ts'
import type { Person } from '#test/support/people/person.ts'

const ADA = { username: 'ada', password: 'engine' }
const SCOPE = 'openid profile offline_access'

/** A person who allowed a client, and what the client got. */
async function connect(flow: Flow, person: Person, clientId = flow.clientId) {
  const code = answerOf({ away: await person.authorize(flow.url({ client_id: clientId, scope: SCOPE }), ADA) })['code']!
  const tokens = await ask(flow, {
    grant_type: 'authorization_code',
    client_id: clientId,
    code,
    redirect_uri: HTTPS,
    code_verifier: VERIFIER,
  })
  return { person, refresh_token: tokens['refresh_token']!, access_token: tokens['access_token']! }
}

async function ask({ app }: Flow, form: Record<string, string>): Promise<Record<string, string>> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  return (await app.inject({ method: 'POST', url: '/token', headers, payload: encode(form) })).json<Record<string, string>>()
}

const refresh = (flow: Flow, token: string) => ask(flow, { grant_type: 'refresh_token', client_id: flow.clientId, refresh_token: token })

t.test('somebody who is not logged in logs in first, and then is at the page that they asked for', async (t) => {
  const flow = await startFlow(t)
  await addUser(flow, ADA.username, ADA.password)
  const person = flow.person()
  const login = pageOf(await person.open(`${flow.issuer}/account?ui_locales=ko`))
  t.match(textOf(login.html), /로그인하면 내 계정을 볼 수 있습니다/)
  t.notMatch(login.html, 'value="cancel"', 'nobody waits for an answer')
  const wrong = pageOf(await person.submit(login, { username: 'ada', password: 'no' }))
  t.match(textOf(wrong.html), /일치하지 않습니다/)
  const page = pageOf(await person.submit(wrong, ADA))
  t.match(textOf(page.html), /내 계정 .*ada.*현재 브라우저/, 'in the same language')
  t.match(page.headers.get('content-security-policy'), "default-src 'none'")
  t.equal(page.headers.get('cache-control'), 'no-store')
  t.equal(whereabouts(await person.open(`${flow.issuer}/account`)), 'my-account')
})

t.test('an attempt of somebody else is on the page after the next login, and a broken transaction says nothing', async (t) => {
  const flow = await startFlow(t)
  await addUser(flow, ADA.username, ADA.password)
  const thief = flow.person()
  await thief.submit(pageOf(await thief.open(`${flow.issuer}/account`)), { username: 'ada', password: 'guess' })
  const person = flow.person()
  const page = await openAccount(flow, person, ADA)
  t.match(textOf(page.html), /Failed attempts to sign in as you since .*: 1\./)
  t.match(textOf(page.html), /Somebody tried to sign in with a wrong password/)
  const later = pageOf(await person.open(`${flow.issuer}/account?transaction=broken&notice=unknown`))
  t.notMatch(textOf(later.html), /Failed attempts/)
  t.notMatch(later.html, 'notice info')
})

t.test('a person sees which apps act for them, and ends one with one button', async (t) => {
  const flow = await startFlow(t)
  await addUser(flow, ADA.username, ADA.password)
  const { person, refresh_token: token, access_token: access } = await connect(flow, flow.person())
  flow.clock.now += 60_000
  const used = await refresh(flow, token)
  const page = await openAccount(flow, person, ADA)
  const text = textOf(page.html)
  t.match(text, /Connected apps Test Client Unverified Know that it's you See your name and profile Keep access until you disconnect it/)
  t.match(text, /Last used .* UTC From 127\.0\.0\.1 Disconnect Test Client/)
  t.match(text, /for up to 60 minutes/)
  const [, grant = ''] = /name="grant" value="([^"]*)"/.exec(page.html) ?? []
  const done = pageOf(await post(person, page, '/account/apps', { grant }))
  t.match(textOf(done.html), /The app is disconnected\..*No app has access to your account now\./)
  t.match(await refresh(flow, used['refresh_token']!), { error: 'invalid_grant' })
  const userinfo = await flow.app.inject({ url: '/userinfo', headers: { authorization: `Bearer ${access}` } })
  t.equal(userinfo.statusCode, 401)
  t.equal(whereabouts(await person.open(flow.url({ scope: SCOPE }))), 'consent', 'it has to ask again')
  t.match(textOf(done.html), /Access ended Test Client/)
  const [event] = await flow.storage.auditEvents.list({ userId: 'id of ada', since: 0, limit: 1 })
  t.match(event, { name: 'grant.revoked', actor: 'user ada', clientId: flow.clientId, details: { grant } })
  t.match(textOf(pageOf(await post(person, page, '/account/apps', { grant })).html), /There was nothing to end/)
})

t.test('an app that has no access any more is remembered until its person says otherwise', async (t) => {
  const flow = await startFlow(t)
  await addUser(flow, ADA.username, ADA.password)
  const { person } = await connect(flow, flow.person())
  const resource = 'https://mcp.example/'
  await flow.storage.consents.save(
    {
      userId: 'id of ada',
      clientId: flow.clientId,
      receiver: 'other.example',
      clientHash: 'x',
      scopes: ['openid hash'],
      resources: [resource],
    },
    flow.clock.now,
  )
  const [connected] = await flow.storage.grants.list({ userId: 'id of ada', now: flow.clock.now, limit: 1 })
  await flow.storage.grants.revoke(connected!.grant.id, flow.clock.now)
  const page = await openAccount(flow, person, ADA)
  t.match(textOf(page.html), /Apps that you allowed before .* Test Client Unverified .*Ask again next time/)
  t.equal(page.html.match(/name="client"/g)?.length, 1, 'once, wherever its answers went')
  t.match(textOf(pageOf(await post(person, page, '/account/apps', { client: flow.clientId })).html), /The app is disconnected/)
  t.match(textOf(pageOf(await post(person, page, '/account/apps', { client: flow.clientId })).html), /There was nothing to end/)
  t.match(textOf(pageOf(await post(person, page, '/account/apps', {})).html), /There was nothing to end/)
  t.equal(whereabouts(await person.open(flow.url({ scope: SCOPE }))), 'consent')
})

t.test('what a resource allows is in the words of its operator', async (t) => {
  const identifier = 'https://sky.example/mcp'
  const flow = await startFlow(t, { ACCESS_TOKEN_FORMAT: 'opaque' })
  await addUser(flow, ADA.username, ADA.password)
  await flow.storage.resources.insert({
    id: 'resource_sky',
    identifier,
    name: 'Observatory',
    scopes: [
      { name: 'sky:read', description: 'Read the sky' },
      { name: 'sky:move', description: 'Move the telescope' },
    ],
    secretHash: 'hash',
    createdAt: flow.clock.now,
    updatedAt: flow.clock.now,
  })
  flow.clock.now += 60_000 // the registry is read again
  const person = flow.person()
  await person.authorize(flow.url({ scope: 'openid sky:read', resource: identifier }), ADA)
  const other = flow.person()
  await other.authorize(flow.url({ scope: 'openid', resource: 'https://unregistered.example/' }), ADA)
  const page = await openAccount(flow, person, ADA)
  t.match(textOf(page.html), /Observatory https:\/\/sky\.example\/mcp Read the sky Know that it's you/)
  t.notMatch(textOf(page.html), /Move the telescope/)
  t.match(textOf(page.html), /https:\/\/unregistered\.example\//)
  t.match(textOf(page.html), /loses its access at once/, 'every token is asked about here')
})

t.test('a person sees where they are logged in, and ends one session or all others', async (t) => {
  const flow = await startFlow(t)
  await addUser(flow, ADA.username, ADA.password)
  const phone = createPerson(flow.issuer, (url, init) =>
    flow.send(url, { ...init, headers: { ...(init?.headers as Record<string, string>), 'user-agent': 'curl/8' } }),
  )
  const [person, third] = [flow.person(), flow.person()]
  for (const each of [person, phone, third]) await openAccount(flow, each, ADA)
  const page = await openAccount(flow, person, ADA)
  t.match(textOf(page.html), /Firefox · Linux This browser Since/)
  t.match(textOf(page.html), /An unknown browser Since/)
  t.equal(page.html.match(/name="session"/g)?.length, 2, 'this one has no button: that is Sign out')
  const [, session = ''] = /name="session" value="([^"]*)"/.exec(page.html) ?? []
  const one = pageOf(await post(person, page, '/account/sessions', { session }))
  t.match(textOf(one.html), /That browser is signed out/)
  t.match(textOf(pageOf(await post(person, page, '/account/sessions', { session })).html), /There was nothing to end/)
  t.match(textOf(pageOf(await post(person, page, '/account/sessions', {})).html), /There was nothing to end/)
  t.match(textOf(pageOf(await post(person, one, '/account/sessions', { others: 'all' })).html), /All other browsers are signed out/)
  t.match(textOf(pageOf(await post(person, one, '/account/sessions', { others: 'all' })).html), /There was nothing to end/)
  for (const other of [phone, third]) t.equal(whereabouts(await other.open(`${flow.issuer}/account`)), 'login')
  t.equal(whereabouts(await person.open(`${flow.issuer}/account`)), 'my-account')
})

t.test('the page of an account is reached from the start page, the consent and after a logout', async (t) => {
  const flow = await startFlow(t)
  const person = flow.person()
  t.match(pageOf(await person.open(`${flow.issuer}/`)).html, 'href="/account"')
  t.match(pageOf(await person.open(`${flow.issuer}/logout`)).html, 'href="/account"')
  const login = pageOf(await person.open(flow.url()))
  t.match(pageOf(await person.submit(login, { username: 'admin', password: 'admin123' })).html, 'href="/account"')
})

t.test('a query that is no text is answered by a page', async (t) => {
  const flow = await startFlow(t)
  t.equal(pageOf(await flow.person().open(`${flow.issuer}/account?notice=a&notice=b`)).status, 400)
})

t.test('an app without a name, one that is gone, and a token whose resource is gone, are still told apart', async (t) => {
  const flow = await startFlow(t, { PERSONAL_TOKENS: 'on' })
  await addUser(flow, ADA.username, ADA.password)
  const nameless = await registerClient(flow.send, flow.issuer, { client_name: undefined, redirect_uris: [HTTPS] })
  const { person } = await connect(flow, flow.person(), nameless)
  const gone = await registerClient(flow.send, flow.issuer, { client_name: 'Gone', redirect_uris: [HTTPS] })
  await connect(flow, person, gone)
  await flow.storage.clients.delete(gone)
  const token = { id: 'token', tokenHash: 'hash', userId: 'id of ada', name: 'backup', resourceId: 'gone', scopes: ['read'] }
  await flow.storage.personalTokens.insert({ ...token, createdAt: flow.clock.now, expiresAt: flow.clock.now + 60_000 })
  const text = textOf((await openAccount(flow, person, ADA)).html)
  t.match(text, /Connected apps An app without a name Unverified/)
  t.notMatch(text, /Gone/)
  t.match(text, /You allowed access/)
  t.match(text, /backup Since/)
})

t.test('an app goes by the host of its document, whether it says a name or not', async (t) => {
  const words = { language: 'en', registry: createResourceRegistry([], 'refuse') }
  const shown = (display: Record<string, string>) => {
    const { metadata, ...client } = makeClient({ id: 'https://app.example/client', origin: 'document' })
    const listed = { consent: { scopes: [], resources: [] }, client: { ...client, metadata: { ...metadata, display } }, updatedAt: 0 }
    const { name, host, proof } = describeConsent(listed as never, words)
    return [name, host, proof]
  }
  t.strictSame(shown({ client_name: 'App' }), ['App', 'app.example', 'document'])
  t.strictSame(shown({}), [undefined, 'app.example', 'document'])
})
