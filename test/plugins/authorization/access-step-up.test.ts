// Access rules that ask for a stronger login: the person is asked for the missing factor, and refused only if there is none.
import t from 'tap'
import { MULTI_FACTOR, PASSWORD_LOGIN, PHISHING_RESISTANT } from '#src/domain/authorization/authentication.ts'
import { FRESH_MS } from '#src/plugins/kernel/resources.ts'
import { addRule } from '#test/support/access.ts'
import { openAccount } from '#test/support/people/account.ts'
import { ADMIN, injectFetch } from '#test/support/app.ts'
import { VERIFIER, HTTPS, answerOf, grantOf, pageOf, startFlow, textOf, whereabouts } from '#test/support/authorization.ts'
import { createAuthenticator, passkeyFormOf } from '#test/support/people/authenticator.ts'
import { createDeviceConversation } from '#test/support/clients/devices.ts'
import { answerPasskey, codeOf, secretOn, usePasskey } from '#test/support/people/factors.ts'
import { createPerson } from '#test/support/people/person.ts'
import type { Page, Person } from '#test/support/people/person.ts'
import { addResource } from '#test/storage/conformance/records.ts'

const MINUTE = 60_000
const URI = 'https://planets.example/mcp'
const SCOPES = ['read', 'move'].map((name) => ({ name, description: `To ${name}` }))

type Scene = Awaited<ReturnType<typeof startScene>>

async function startScene(...[t, env = {}]: Parameters<typeof startFlow>) {
  const flow = await startFlow(t, { RATE_LIMIT_LOGIN: 'off', SUPPORT_CONTACT: 'help@example.com', ...env })
  const resource = await addResource(flow.storage, { identifier: URI, scopes: SCOPES })
  const url = (scope = 'openid read move', more = {}) => flow.url({ scope, resource: URI, ...more })
  const arrive = async (address: string, person: Person) => person.submit(pageOf(await person.open(address)), ADMIN)
  const allow = async (person: Person, page: Page) => answerOf(await person.submit(page, { decision: 'allow', preset: 'all' }))
  const denials = async () => (await flow.storage.auditEvents.list({ since: 0, limit: 100 })).filter(({ name }) => name === 'access.denied')
  return { ...flow, resource, url, arrive, allow, denials }
}

/** Adds an authenticator app on the account page; its secret. */
async function addCodes(flow: Pick<Scene, 'issuer' | 'clock'>, person: Person): Promise<string> {
  await openAccount(flow, person, ADMIN, '/account/factors')
  const page = pageOf(await person.open(`${flow.issuer}/account/factors/set-up`))
  const secret = secretOn(page)
  await person.submit(page, { code: codeOf(secret, flow.clock.now) })
  flow.clock.now += MINUTE
  return secret
}

async function addPasskey(flow: Pick<Scene, 'issuer' | 'clock'>, person: Person) {
  await openAccount(flow, person, ADMIN, '/account/factors')
  const page = pageOf(await person.open(`${flow.issuer}/account/factors/set-up`))
  const authenticator = createAuthenticator(new URL(flow.issuer).origin)
  await answerPasskey(person, page, authenticator.create(passkeyFormOf(page.html).options), { name: 'Phone' })
  return authenticator
}

t.test('somebody without a second factor learns how to get one, then goes on; the app learns that the login was too weak', async (t) => {
  const flow = await startScene(t, { SECOND_FACTOR: 'offered' })
  const rule = await addRule(flow, flow.resource.id, 'allow', { acr: MULTI_FACTOR })
  const person = flow.person()
  const arrival = await flow.arrive(flow.url(), person)
  t.equal(whereabouts(arrival), 'error')
  const { html } = pageOf(arrival)
  t.match(textOf(html), /needs a stronger sign-in than your account has.*Add a passkey or a second step.*help@example\.com/)
  t.match(html, /href="[^"]*\/account\/factors"/)
  t.match(answerOf(arrival), {
    error: 'unmet_authentication_requirements',
    error_description: 'this account can not log in as strongly as what the app asks for needs',
  })
  t.notMatch(html, rule.id)
  t.match(await flow.denials(), [{ details: { denial: `${URI}: rule ${rule.id} asks for a login of ${MULTI_FACTOR}` } }])

  const secret = await addCodes(flow, person)
  const consent = await person.open(flow.url())
  t.equal(whereabouts(consent), 'consent')
  const { code } = await flow.allow(person, pageOf(consent))
  t.match(await grantOf(flow, code), { scopes: ['openid', `read ${URI}`, `move ${URI}`], acr: MULTI_FACTOR })

  const elsewhere = flow.person()
  const asked = await flow.arrive(flow.url(), elsewhere)
  t.equal(whereabouts(asked), 'second-factor')
  t.equal(whereabouts(await elsewhere.submit(pageOf(asked), { code: codeOf(secret, flow.clock.now) })), 'account')
})

t.test('somebody who logged in by a code is asked for the passkey that a rule wants, and for nothing that they do not have', async (t) => {
  const flow = await startScene(t, { SECOND_FACTOR: 'offered' })
  const person = flow.person()
  const secret = await addCodes(flow, person)
  await addRule(flow, flow.resource.id, 'allow', { acr: PHISHING_RESISTANT })
  const elsewhere = flow.person()
  const second = pageOf(await flow.arrive(flow.url(), elsewhere))
  const weak = await elsewhere.submit(second, { code: codeOf(secret, flow.clock.now) })
  t.match(answerOf(weak), { error: 'unmet_authentication_requirements' })
  t.equal(whereabouts(weak), 'error')
  const silent = async () => answerOf(await elsewhere.open(flow.url('openid read', { prompt: 'none' })))
  t.match(await silent(), { error: 'consent_required' }, 'before anybody allowed it, nothing is said')

  const authenticator = await addPasskey(flow, person)
  flow.clock.now += MINUTE
  const third = flow.person()
  const byCode = pageOf(await third.submit(pageOf(await flow.arrive(flow.url('openid'), third)), { code: codeOf(secret, flow.clock.now) }))
  t.equal(whereabouts({ page: byCode }), 'second-factor', 'a rule about all of the server')
  const inside = await usePasskey(third, byCode, authenticator)
  t.equal(whereabouts(inside), 'consent')
  const { code } = await flow.allow(third, pageOf(inside))
  t.match(await grantOf(flow, code), { acr: PHISHING_RESISTANT, amr: ['pwd', 'otp', 'mfa', 'pop', 'user'] })
})

t.test('where a part of it needs a stronger login, who can is asked, and who can not goes on without that part', async (t) => {
  const flow = await startScene(t, { SECOND_FACTOR: 'off' })
  await addRule(flow, flow.resource.id, 'allow', { scopes: ['read'] })
  await addRule(flow, flow.resource.id, 'allow', { scopes: ['move'], acr: MULTI_FACTOR })
  const [person, address] = [flow.person(), flow.url()]
  const narrowed = pageOf(await flow.arrive(address, person))
  t.equal(whereabouts({ page: narrowed }), 'consent', 'nothing to ask for')
  t.match(textOf(narrowed.html), /To read/)
  t.notMatch(textOf(narrowed.html), /To move/)
  t.match(await grantOf(flow, (await flow.allow(person, narrowed))['code']), { scopes: ['openid', `read ${URI}`] })
  t.match(
    answerOf(await person.open(flow.url('openid move'))),
    { error: 'unmet_authentication_requirements' },
    'of the part alone, nothing is left',
  )

  const authenticator = await addPasskey(flow, person)
  const elsewhere = flow.person()
  t.equal(whereabouts(await flow.arrive(flow.url('openid read'), elsewhere)), 'account', 'reading needs no more than a password')
  const asked = pageOf(await elsewhere.open(address))
  t.equal(whereabouts({ page: asked }), 'second-factor')
  const inside = pageOf(await usePasskey(elsewhere, asked, authenticator))
  t.match(textOf(inside.html), /To move/)
  const { code } = await flow.allow(elsewhere, inside)
  t.match(await grantOf(flow, code), { scopes: ['openid', `read ${URI}`, `move ${URI}`] })

  const weaker = flow.person()
  await weaker.authorize(flow.url('openid', { resource: undefined }))
  const silently = answerOf(await weaker.open(flow.url('openid read move', { prompt: 'none' })))
  t.match(await grantOf(flow, silently['code']), { scopes: ['openid', `read ${URI}`] }, 'without a page it is left out')
  t.match(answerOf(await weaker.open(flow.url('openid move', { prompt: 'none' }))), { error: 'login_required' })
})

t.test('what a request wants as acr is stated in its tokens, and takes nothing away that the login reaches', async (t) => {
  const flow = await startScene(t, { SECOND_FACTOR: 'offered' })
  await addRule(flow, flow.resource.id, 'allow', { acr: MULTI_FACTOR })
  const person = flow.person()
  await addCodes(flow, person)
  const page = pageOf(await person.open(flow.url('openid read offline_access', { acr_values: PASSWORD_LOGIN.acr })))
  const { code = '' } = await flow.allow(person, page)
  const exchange = async (form: Record<string, string>) => {
    const body = new URLSearchParams({ client_id: flow.clientId, ...form })
    return (await (await flow.send(`${flow.issuer}/token`, { method: 'POST', body })).json()) as Record<string, string>
  }
  const first = await exchange({ grant_type: 'authorization_code', code, code_verifier: VERIFIER, redirect_uri: HTTPS })
  t.match(first, { scope: 'openid read offline_access' })
  t.match(JSON.parse(Buffer.from(first['access_token']!.split('.')[1]!, 'base64url').toString()), { acr: PASSWORD_LOGIN.acr })
})

t.test('the page of a device asks for the factor that a rule wants, too', async (t) => {
  const made = await createDeviceConversation(t, { env: { SECOND_FACTOR: 'off', RATE_LIMIT_LOGIN: 'off' } })
  const flow = { ...made, issuer: made.config.issuer }
  const resource = await addResource(flow.storage, { identifier: URI, scopes: SCOPES })
  const rule = await addRule(flow, resource.id, 'allow', { acr: MULTI_FACTOR })
  const asking = { scope: 'openid read', resource: URI }
  const first = await flow.ask(asking)
  const refused = await flow.enter(first.user_code)
  t.match(textOf(refused.html), /needs a stronger sign-in than your account has/)
  t.match(refused.html, /href="[^"]*\/account\/factors"/)
  t.equal((await flow.outcome(first)).error, 'authorization_pending')

  const authenticator = await addPasskey(flow, flow.person)
  flow.person.cookies.clear()
  const [second, third] = [await flow.ask(asking), await flow.ask(asking)]
  const asked = await flow.enter(second.user_code)
  t.equal(whereabouts({ page: asked }), 'second-factor')
  const form = pageOf(await usePasskey(flow.person, asked, authenticator))
  t.match(form.html, new RegExp(`value="${second.user_code}"`), 'then the code is there already')
  const page = pageOf(await flow.person.submit(form, { user_code: second.user_code }))
  t.match(textOf(page.html), /To read/)
  await flow.person.submit(page, { decision: 'allow', preset: 'all' })
  t.match(await flow.outcome(second), { scope: 'openid read' })

  const weaker = createPerson(flow.issuer, injectFetch(flow.app))
  await flow.storage.accessRules.delete(rule.id)
  flow.clock.now += FRESH_MS
  const open = await flow.enter(third.user_code, weaker)
  await addRule(flow, resource.id, 'allow', { acr: MULTI_FACTOR })
  const back = await weaker.submit(open, { decision: 'allow', preset: 'all' })
  t.equal(whereabouts(back), 'device', 'a rule that comes meanwhile counts')
  t.equal(whereabouts(await weaker.submit(pageOf(back), { user_code: third.user_code })), 'second-factor')
})
