// People log in by an identity provider, within an authorization.
import { decodeJwt } from 'jose'
import t from 'tap'
import { HTTPS, VERIFIER, textOf } from '#test/support/authorization.ts'
import { createAuthenticator, passkeyFormOf } from '#test/support/people/authenticator.ts'
import type { Page, Person } from '#test/support/people/person.ts'
import { pressProvider, startProviderFlow } from '#test/support/providers/provider-flow.ts'

const HELEN = { sub: 'helen', email: 'Helen@Acme.example', email_verified: true, name: 'Helen K', preferred_username: 'helen' }

t.test('somebody whom an operator made comes in by the provider that has their domain, consents, and the client gets tokens', async (t) => {
  const { storage, comeBy, person, provider, send, issuer, clientId, clock, url } = await startProviderFlow(t)
  const user = {
    id: 'helen',
    username: 'helen.k',
    origin: 'operator',
    profile: {},
    email: 'helen@acme.example',
    emailVerified: false,
    createdAt: clock.now,
    updatedAt: clock.now,
  } as const
  await storage.users.insert(user)
  const before = (await storage.providers.findByName('acme'))!
  const after = { ...before, settings: { ...before.settings, domains: ['acme.example'] }, updatedAt: clock.now + 1 }
  await storage.providers.update({ before, after })

  const browser = person()
  const page = await comeBy(browser, { ...HELEN, amr: ['pwd', 'pop', 'face', 'of their own'] })
  t.match(page.html, /page-consent/)
  t.match(page.html, /helen\.k/)
  t.equal(provider.asked.get('redirect_uri'), `${issuer}/login/acme/callback`)
  t.equal(provider.asked.get('code_challenge_method'), 'S256')
  t.ok(provider.asked.get('nonce'))
  const { away } = await browser.submit(page, { decision: 'allow' })
  const response = await send(`${issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: away!.searchParams.get('code')!,
      redirect_uri: HTTPS,
      client_id: clientId,
      code_verifier: VERIFIER,
    }),
  })
  const tokens = (await response.json()) as { id_token: string }
  t.match(decodeJwt(tokens.id_token), { sub: 'helen' })
  t.strictSame(decodeJwt(tokens.id_token)['amr'], ['pwd'], 'what a provider says of the login counts by a table')
  const [identity] = await storage.identities.listOf('helen')
  t.match(identity, { subject: 'helen', managed: false, claims: { email: 'helen@acme.example' } })
  t.not(identity!.encryptedRefreshToken, 'refresh-1')
  const events = await storage.auditEvents.list({ since: 0, limit: 10 })
  t.match(
    events.find(({ name }) => name === 'identity.linked'),
    { details: { user: 'helen.k', provider: 'acme', subject: 'helen', rule: 'known' } },
  )

  // The second time nothing is linked, and the session knows by what it came.
  const again = await comeBy(person(), HELEN, url({ prompt: 'consent' }))
  t.match(again.html, /page-consent/)
  t.equal((await storage.identities.listOf('helen')).length, 1)
})

t.test('somebody whom nobody made is refused in words, and the operator reads why', async (t) => {
  const { comeBy, person, storage } = await startProviderFlow(t)
  const page = await comeBy(person(), HELEN)
  t.equal(page.status, 403)
  t.match(page.html, /Your <bdi class="value">Acme<\/bdi> account has no access here/)
  t.match(page.html, /action="\/login\/acme"/, 'they may try another account')
  t.same(await storage.users.findByEmail('helen@acme.example'), [])
  const event = (await storage.auditEvents.list({ since: 0, limit: 5 })).find(({ name }) => name === 'login.refused')
  t.match(event, { details: { provider: 'acme', problem: 'admission', reason: 'no-rules' } })
})

t.test('a callback counts once, in its own browser, at its own provider, within ten minutes', async (t) => {
  const { leave, person, provider, clock } = await startProviderFlow(t)
  const browser = person()
  const back = provider.visit(await leave(browser), HELEN)
  const stranger = person()
  await leave(stranger)
  t.match((await stranger.open(back)).page, { status: 400, html: /began in another browser/ })
  t.match((await person().open(back)).page, { status: 400 }, 'a browser without the cookie')
  t.match((await browser.open(back)).page, { status: 403 }, 'what others tried has used up nothing')
  t.match((await browser.open(back)).page, { status: 400 })
  t.equal(provider.requests.filter((each) => each === 'POST /token').length, 1)
  const late = provider.visit(await leave(browser), HELEN)
  clock.now += 10 * 60_000
  t.match((await browser.open(late)).page, { status: 400 })
})

t.test('the button is only for our own page, and for providers that are there', async (t) => {
  const { person, url } = await startProviderFlow(t)
  const browser = person()
  const { page } = await browser.open(url())
  t.match(page!.html, /Continue with <bdi class="value">Acme<\/bdi>/)
  const form = { action: '/login/acme', fields: page!.form!.fields }
  t.equal((await browser.submit({ ...page!, form }, {}, { origin: 'https://evil.example' })).page!.status, 403)
  t.equal((await browser.submit({ ...page!, form: { ...form, action: '/login/other' } }, {})).page!.status, 404)
  t.ok((await pressProvider(browser, page!)).away)
})

t.test('a provider whose secret was lost, or that the environment names no longer, is on no page, and nobody is sent to it', async (t) => {
  const { person, url, storage, clock } = await startProviderFlow(t)
  const browser = person()
  const before = (await storage.providers.findByName('acme'))!
  t.equal(before.origin, 'environment')
  await storage.providers.insert({ ...before, id: 'earlier', name: 'earlier' })
  const { page } = await browser.open(url())
  t.notMatch(page!.html, 'login/earlier')
  const form = { action: '/login/earlier', fields: page!.form!.fields }
  t.equal((await browser.submit({ ...page!, form }, {})).page?.status, 404)
  await storage.providers.update({ before, after: { ...before, encryptedClientSecret: undefined, updatedAt: clock.now + 1 } })
  t.equal((await pressProvider(browser, page!)).page?.status, 404)
  t.notMatch((await browser.open(url())).page?.html, /Continue with/)
})

t.test('somebody who opens their account page comes back to it, and the login is in their activity', async (t) => {
  const { comeBy, person, issuer, storage } = await startProviderFlow(t, { ADMIT: '@acme.example' })
  const browser = person()
  await comeBy(browser, HELEN)
  const [user] = (await storage.users.list()).filter(({ origin }) => origin === 'provider')
  const page = await comeBy(person(), HELEN, `${issuer}/account`)
  t.match(page.html, /page-my-account/)
  const events = await storage.auditEvents.list({ since: 0, userId: user!.id, limit: 10 })
  t.equal(events.filter(({ name }) => name === 'user.logged_in').length, 2)
})

t.test('somebody who has a second factor shows it after a provider, too, before any consent (T23)', async (t) => {
  const { comeBy, person, storage, clock } = await startProviderFlow(t, { ADMIT: '@acme.example' })
  await comeBy(person(), HELEN)
  const [user] = (await storage.users.list()).filter(({ origin }) => origin === 'provider')
  await storage.factors.saveCodes({ userId: user!.id, secret: 'sealed', lastStep: 1, createdAt: clock.now })
  const page = await comeBy(person(), HELEN)
  t.match(page.html, /page-second-factor/)
  const events = await storage.auditEvents.list({ since: 0, userId: user!.id, limit: 10 })
  t.equal(events.filter(({ name }) => name === 'user.logged_in').length, 1, 'a login that is not complete is none')
})

t.test(
  'a passkey of somebody whom a provider let in is enough for ten minutes after its last word, and as a second factor ever',
  async (t) => {
    const { comeBy, person, storage, clock, url, issuer } = await startProviderFlow(t, { ADMIT: '@acme.example', RATE_LIMIT_LOGIN: 'off' })
    const browser = person()
    await comeBy(browser, HELEN)
    const authenticator = createAuthenticator(issuer)
    const answer = async (visitor: Person, page: Page, credential: (options: string) => string) => {
      const { action, fields, options } = passkeyFormOf(page.html)
      const { page: next } = await visitor.submit({ ...page, form: { action, fields } }, { credential: credential(options) })
      return next!
    }
    const { page: setUp } = await browser.open(`${issuer}/account/factors/set-up`)
    t.match((await answer(browser, setUp!, authenticator.create)).html, /page-recovery-codes/)

    const byPasskey = async () => {
      const visitor = person()
      return answer(visitor, (await visitor.open(url())).page!, authenticator.get)
    }
    t.match((await byPasskey()).html, /page-(consent|account)/, 'at once')
    clock.now += 10 * 60_000
    const refused = await byPasskey()
    t.match({ status: refused.status, text: textOf(refused.html) }, { status: 403, text: /continue with Acme ?, which has to confirm/ })
    const again = person()
    const second = await comeBy(again, HELEN)
    t.match(second.html, /page-second-factor/)
    clock.now += 10 * 60_000
    t.match((await answer(again, second, authenticator.get)).html, /page-(consent|account)/)
    await storage.providers.delete((await storage.providers.list())[0]!.id)
    t.match((await byPasskey()).html, /page-(consent|account)/, 'without the provider, nobody could say it')
  },
)

t.test('with an issuer that has a path, the way there and back and its cookies are below it', async (t) => {
  const issuer = 'http://localhost:8000/auth'
  const { comeBy, person, provider, storage } = await startProviderFlow(t, { ISSUER: issuer, ADMIT: '@acme.example' })
  t.match((await comeBy(person(), HELEN)).html, /page-consent/)
  t.equal(provider.asked.get('redirect_uri'), `${issuer}/login/acme/callback`)
  t.equal((await storage.users.findByEmail('helen@acme.example')).length, 1)
})
