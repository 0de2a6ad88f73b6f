// Whose account it is when two logins of it come at the same moment, and what a callback without its attempt is.
import t from 'tap'
import type { Test } from 'tap'
import { startProviderFlow } from '#test/support/providers/provider-flow.ts'

const HELEN = { sub: 'helen', email: 'helen@acme.example', email_verified: true }
const start = (t: Test) => startProviderFlow(t, { ADMIT: '@acme.example', RATE_LIMIT_LOGIN: 'off' })

t.test('somebody new whom another login let in a moment before is that person', async (t) => {
  const { storage, comeBy, person } = await start(t)
  const admit = storage.identities.admit.bind(storage.identities)
  t.intercept(storage.identities, 'admit', {
    value: async (...given: Parameters<typeof admit>) => (await admit(...given)) && 'known',
  })
  t.match((await comeBy(person(), HELEN)).html, /page-consent/)
  t.equal((await storage.users.findByEmail(HELEN.email)).length, 1)
})

t.test('somebody new for whom no name is left is told so, and nobody is made', async (t) => {
  const { storage, comeBy, person } = await start(t)
  t.intercept(storage.identities, 'admit', { value: async () => 'name taken' })
  t.match(await comeBy(person(), HELEN), { status: 403, html: /already has the email address/ })
  t.strictSame(await storage.users.findByEmail(HELEN.email), [])
})

t.test('an account that another login linked a moment before is known', async (t) => {
  const { storage, comeBy, person, clock } = await start(t)
  const times = { createdAt: clock.now, updatedAt: clock.now }
  const user = { id: 'helen', username: 'helen.k', origin: 'operator', profile: {}, email: HELEN.email, emailVerified: true } as const
  await storage.users.insert({ ...user, ...times })
  const before = (await storage.providers.findByName('acme'))!
  const settings = { ...before.settings, domains: ['acme.example'] }
  await storage.providers.update({ before, after: { ...before, settings, updatedAt: before.updatedAt + 1 } })
  const link = storage.identities.link.bind(storage.identities)
  t.intercept(storage.identities, 'link', { value: async (...given: Parameters<typeof link>) => (await link(...given)) && false })
  t.match((await comeBy(person(), HELEN)).html, /helen\.k/)
  t.equal((await storage.identities.listOf('helen')).length, 1)
})

t.test('a callback without a state, or of a provider that is not here, is no login', async (t) => {
  const { person, issuer, leave } = await start(t)
  const browser = person()
  await leave(browser)
  t.match((await browser.open(`${issuer}/login/acme/callback?code=x`)).page, { status: 400 })
  t.match((await browser.open(`${issuer}/login/nobody/callback?code=x`)).page, { status: 404 })
  t.match((await browser.open(`${issuer}/login/${'x'.repeat(33)}/callback?code=x`)).page, { status: 404 })
})

t.test('while the database is away nobody is asked about, and the job goes on later', async (t) => {
  const { app, storage } = await start(t)
  t.intercept(storage.identityChecks, 'claim', { value: async () => Promise.reject(new Error('away')) })
  t.equal(await app.checkIdentities(), 0)
})
