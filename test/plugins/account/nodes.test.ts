// What somebody ends on their page has ended at every node: the next request at another one is refused.
import { createLocalJWKSet, jwtVerify } from 'jose'
import type { JSONWebKeySet } from 'jose'
import t from 'tap'
import { buildApp } from '#src/app.ts'
import { openAccount, post } from '#test/support/people/account.ts'
import { SECRET, injectFetch } from '#test/support/app.ts'
import { HTTPS, VERIFIER, addUser, answerOf, pageOf, textOf, whereabouts } from '#test/support/authorization.ts'
import { createAuthenticator, passkeyFormOf } from '#test/support/people/authenticator.ts'
import { answerPasskey, usePasskey } from '#test/support/people/factors.ts'
import { createPerson } from '#test/support/people/person.ts'
import type { Person } from '#test/support/people/person.ts'
import { SECRET_OF_RESOURCE, addPersonalToken, addResource } from '#test/support/people/personal-tokens.ts'
import { pressProvider, startProviderFlow } from '#test/support/providers/provider-flow.ts'

const PASSWORD = 'three mice behind the sofa'
const THERE = { sub: '4711', email: 'countess@acme.example', email_verified: true }

const flow = await startProviderFlow(t, { PERSONAL_TOKENS: 'on', RATE_LIMIT_LOGIN: 'off' })
const { storage, clock, issuer, provider, clientId } = flow
const sky = await addResource(flow)
const sea = await addResource(flow, { id: 'resource_sea', identifier: 'https://sea.example/mcp', accessTokenFormat: 'opaque' })
const node = await buildApp({
  config: flow.app.settings,
  storage,
  keyset: flow.app.keyset,
  secret: SECRET,
  now: () => clock.now,
  providerFetch: { fetch: provider.fetch },
})
t.teardown(() => node.close())
const send = injectFetch(node)

/** The same browser at the other node. */
function elsewhere(person: Person): Person {
  const other = createPerson(issuer, send)
  for (const [name, value] of person.cookies) other.cookies.set(name, value)
  return other
}
const ask = async (path: string, form: Record<string, string>) =>
  (await (await send(issuer + path, { method: 'POST', body: new URLSearchParams(form) })).json()) as Record<string, string>
const introspect = async (token: string, { id }: { readonly id: string }) =>
  (await ask('/introspect', { token, client_id: id, client_secret: SECRET_OF_RESOURCE }))['active']

let people = 0
/** Somebody with a browser, an app at two resources, and a token for a script. */
async function somebody() {
  const login = { username: `person${++people}`, password: PASSWORD }
  const id = await addUser(flow, login.username, login.password)
  const person = flow.person()
  const connect = async ({ identifier }: { readonly identifier: string }) => {
    const url = flow.url({ scope: 'openid sky:read offline_access', resource: identifier, prompt: 'consent' })
    const { code = '' } = answerOf({ away: await person.authorize(url, login) })
    const form = { grant_type: 'authorization_code', client_id: clientId, code, redirect_uri: HTTPS, code_verifier: VERIFIER }
    return ask('/token', { ...form, resource: identifier })
  }
  const apps = { signed: await connect(sky), opaque: await connect(sea) }
  const script = await addPersonalToken(flow, id, sky)
  const page = await openAccount(flow, person, login)
  const works = async () => ({
    signed: await introspect(apps.signed['access_token']!, sky),
    opaque: await introspect(apps.opaque['access_token']!, sea),
    script: await introspect(script.text, sky),
    browser: whereabouts(await elsewhere(person).open(`${issuer}/account`)) === 'my-account',
  })
  const refresh = async () =>
    Promise.all(
      Object.values(apps).map(
        async ({ refresh_token: token = '' }) =>
          (await ask('/token', { grant_type: 'refresh_token', client_id: clientId, refresh_token: token }))['error'],
      ),
    )
  const canLogIn = async () => {
    const visitor = elsewhere(flow.person())
    const arrival = await visitor.submit(pageOf(await visitor.open(`${issuer}/account`)), login)
    return whereabouts(arrival) === 'my-account'
  }
  return { id, login, person, apps, script, page, works, refresh, canLogIn }
}
const ALL = { signed: true, opaque: true, script: true, browser: true }

t.test('an app that is disconnected: at once wherever somebody asks, and a JWT by its signature alone until it expires', async (t) => {
  const { person, page, apps, works, refresh } = await somebody()
  t.strictSame(await works(), ALL)
  for (const [, grant] of page.html.matchAll(/name="grant" value="([^"]*)"/g)) await post(person, page, '/account/apps', { grant: grant! })
  t.strictSame(await works(), { ...ALL, signed: false, opaque: false })
  t.strictSame(await refresh(), ['invalid_grant', 'invalid_grant'])
  const keys = createLocalJWKSet((await (await send(`${issuer}/jwks`)).json()) as JSONWebKeySet)
  const verify = (at: number) => jwtVerify(apps.signed['access_token']!, keys, { currentDate: new Date(at), audience: sky.identifier })
  t.ok(await verify(clock.now), 'as the page says')
  await t.rejects(verify(clock.now + flow.app.settings.accessTokenTtl * 1000), /exp/, 'for no longer')
  t.match(textOf(page.html), new RegExp(`for up to ${flow.app.settings.accessTokenTtl / 60} minutes`))
})

t.test('a session, and all others', async (t) => {
  const { login, person } = await somebody()
  for (const end of [(id: string) => ({ session: id }), () => ({ others: 'all' })]) {
    const other = flow.person()
    await openAccount(flow, other, login)
    t.equal(whereabouts(await elsewhere(other).open(`${issuer}/account`)), 'my-account')
    const page = await openAccount(flow, person, login)
    const [, id = ''] = /name="session" value="([^"]*)"/.exec(page.html) ?? []
    await post(person, page, '/account/sessions', end(id))
    t.equal(whereabouts(await elsewhere(other).open(`${issuer}/account`)), 'login')
    t.equal(answerOf(await elsewhere(other).open(flow.url({ prompt: 'none' })))['error'], 'login_required')
  }
  t.equal(whereabouts(await elsewhere(person).open(`${issuer}/account`)), 'my-account', 'this one goes on')
})

t.test('a token for a script, and what it was exchanged for', async (t) => {
  const { person, page, script, works } = await somebody()
  const exchange = () =>
    ask('/token', {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      client_id: 'personal-access-token',
      subject_token: script.text,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    })
  const { access_token: short = '' } = await exchange()
  t.equal(await introspect(short, sky), true)
  await post(person, page, '/account/tokens/end', { id: script.record.id })
  t.strictSame(await works(), { ...ALL, script: false })
  t.equal(await introspect(short, sky), false)
  t.ok((await exchange())['error'])
})

t.test('a password: the old one, other browsers, and apps and scripts if that was asked for', async (t) => {
  for (const apps of [false, true]) {
    const { login, person, works, refresh, canLogIn } = await somebody()
    const other = flow.person()
    await openAccount(flow, other, login)
    t.equal(await canLogIn(), true)
    const form = pageOf(await person.open(`${issuer}/account/password`))
    await person.submit(form, { password: 'four owls above the river', ...(apps && { apps: 'end' }) })
    t.equal(await canLogIn(), false)
    t.equal(whereabouts(await elsewhere(other).open(`${issuer}/account`)), 'login')
    t.strictSame(await works(), apps ? { signed: false, opaque: false, script: false, browser: true } : ALL)
    t.strictSame(await refresh(), apps ? ['invalid_grant', 'invalid_grant'] : [undefined, undefined])
  }
})

t.test('a passkey', async (t) => {
  const { person } = await somebody()
  const authenticator = createAuthenticator(issuer)
  const form = pageOf(await person.open(`${issuer}/account/factors/set-up`))
  await answerPasskey(person, form, authenticator.create(passkeyFormOf(form.html).options))
  const use = async () => {
    const visitor = elsewhere(flow.person())
    return whereabouts(await usePasskey(visitor, pageOf(await visitor.open(`${issuer}/account`)), authenticator))
  }
  t.equal(await use(), 'my-account')
  const page = pageOf(await person.open(`${issuer}/account/factors`))
  await post(person, page, '/account/factors/end', { passkey: authenticator.id })
  t.equal(await use(), 'login')
})

t.test('an account at a provider, and the browser that came by it', async (t) => {
  const { id, person } = await somebody()
  const page = pageOf(await person.open(`${issuer}/account/factors`))
  const { away } = await post(person, page, '/account/identities', { provider: 'acme' })
  // Even the way back may end at the other node.
  t.match(textOf(pageOf(await elsewhere(person).open(provider.visit(away!, THERE))).html), /It is connected/)
  const comeBy = async (visitor: Person) => {
    const left = await pressProvider(visitor, pageOf(await visitor.open(`${issuer}/account`)))
    return whereabouts(await visitor.open(provider.visit(left.away!, THERE)))
  }
  const other = elsewhere(flow.person())
  t.equal(await comeBy(other), 'my-account')
  const [identity] = await storage.identities.listOf(id)
  await post(person, page, '/account/identities/end', { identity: identity!.id })
  t.equal(whereabouts(await other.open(`${issuer}/account`)), 'login')
  t.equal(await comeBy(elsewhere(flow.person())), 'login')
})

t.test('the account, with everything', async (t) => {
  const { login, person, works, refresh, canLogIn } = await somebody()
  const form = await openAccount(flow, person, login, '/account/deletion')
  await person.submit(form, { username: login.username })
  t.strictSame(await works(), { signed: false, opaque: false, script: false, browser: false })
  t.strictSame(await refresh(), ['invalid_grant', 'invalid_grant'])
  t.equal(await canLogIn(), false)
})
