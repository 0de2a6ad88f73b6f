// Google gives a refresh token only at a consent. Who comes without one, and of whom none is kept, is asked for it, once.
import t from 'tap'
import type { Test } from 'tap'
import { startFlow } from '#test/support/authorization.ts'
import { CLIENT, createProvider } from '#test/support/providers/provider.ts'
import { pressProvider } from '#test/support/providers/provider-flow.ts'

const HELEN = { sub: '1078', email: 'helen@gmail.com', email_verified: true }
const WITHOUT = { tokens: { refresh_token: undefined } }

async function start(t: Test, metadata: object = {}) {
  const provider = await createProvider(Date.now, 'https://accounts.google.com')
  const env = { GOOGLE_CLIENT_ID: CLIENT.id, GOOGLE_CLIENT_SECRET: CLIENT.secret, ADMIT: 'helen@gmail.com' }
  const flow = await startFlow(t, env, metadata, undefined, { providerFetch: { fetch: provider.fetch } })
  const leave = async (browser = flow.person()) => {
    const { page } = await browser.open(flow.url())
    return { browser, away: (await pressProvider(browser, page!, 'google')).away! }
  }
  const held = async () => {
    const [user] = (await flow.storage.users.list()).filter(({ origin }) => origin === 'provider')
    return user && (await flow.storage.identities.listOf(user.id))[0]?.encryptedRefreshToken
  }
  return { ...flow, provider, leave, held }
}

t.test('who consented for the first time brings a refresh token, and is not asked again', async (t) => {
  const { provider, leave, held } = await start(t)
  const { browser, away } = await leave()
  t.equal(away.searchParams.get('access_type'), 'offline')
  t.notOk(away.searchParams.has('prompt'))
  t.match((await browser.open(provider.visit(away, HELEN))).page?.html, /page-consent/)
  const first = await held()
  t.ok(first)
  provider.switches = WITHOUT
  const again = await leave()
  t.match((await again.browser.open(provider.visit(again.away, HELEN))).page?.html, /page-consent/, 'what is kept will do')
  t.equal(await held(), first)
})

t.test('who consented before, and of whom nothing is kept, consents once more, to the same account', async (t) => {
  const { provider, leave, held, storage } = await start(t)
  provider.switches = WITHOUT
  const { browser, away } = await leave()
  const { away: once } = await browser.open(provider.visit(away, HELEN))
  t.equal(once!.searchParams.get('prompt'), 'consent')
  t.equal(once!.searchParams.get('login_hint'), HELEN.sub)
  const events = () => storage.auditEvents.list({ since: 0, limit: 50 })
  t.notOk(
    (await events()).some(({ name }) => name === 'user.logged_in'),
    'no session yet',
  )
  provider.switches = {}
  t.match((await browser.open(provider.visit(once!, HELEN))).page?.html, /page-consent/)
  t.ok(await held())
  t.equal((await events()).filter(({ name }) => name === 'user.logged_in').length, 1)
})

t.test('what a client registered as its default_max_age counts on the second way, too', async (t) => {
  const { provider, leave, clock } = await start(t, { default_max_age: 300 })
  provider.switches = WITHOUT
  const { browser, away } = await leave()
  const loggedIn = (secondsAgo: number) => ({ ...HELEN, auth_time: Math.floor(clock.now / 1000) - secondsAgo })
  const { away: once } = await browser.open(provider.visit(away, loggedIn(0)))
  t.match((await browser.open(provider.visit(once!, loggedIn(3600)))).page, { status: 403, html: /wants you to sign in again/ })
})

t.test('nobody goes round in circles, and nobody is asked whom no rule lets in', async (t) => {
  const { provider, leave, held } = await start(t)
  provider.switches = WITHOUT
  const { browser, away } = await leave()
  const { away: once } = await browser.open(provider.visit(away, HELEN))
  t.match((await browser.open(provider.visit(once!, HELEN))).page?.html, /page-consent/)
  t.equal(await held(), undefined)
  const stranger = await leave()
  t.match((await stranger.browser.open(provider.visit(stranger.away, { ...HELEN, sub: '2', email: 'eve@gmail.com' }))).page, {
    status: 403,
  })
})
