// Accounts at identity providers on the page of somebody's own account: seen, connected and removed, by nobody else (T20, T24).
import t from 'tap'
import { formTokenOf, openAccount, post } from '#test/support/people/account.ts'
import { addUser, pageOf, textOf, whereabouts } from '#test/support/authorization.ts'
import type { Page, Person } from '#test/support/people/person.ts'
import { makeEvent } from '#test/storage/conformance/records.ts'
import { startProviderFlow } from '#test/support/providers/provider-flow.ts'

const ADA = { username: 'ada', password: 'engine' }
const EVE = { username: 'eve', password: 'apple' }
const THERE = { sub: '4711', email: 'countess@acme.example', email_verified: true, preferred_username: 'countess' }
const MINUTE = 60_000

async function scene(t: Parameters<typeof startProviderFlow>[0], env: Record<string, string> = {}) {
  const flow = await startProviderFlow(t, { RATE_LIMIT_LOGIN: 'off', ...env })
  const { storage, provider, issuer } = flow
  const [ada, eve] = [await addUser(flow, ADA.username, ADA.password), await addUser(flow, EVE.username, EVE.password)]
  const enter = async (login = ADA) => {
    const browser = flow.person()
    return { browser, page: await openAccount(flow, browser, login, '/account/factors') }
  }
  const leave = async ({ browser, page }: { browser: Person; page: Page }, name = 'acme') =>
    post(browser, page, '/account/identities', { provider: name })
  const back = (there: URL, claims = THERE) => provider.visit(there, claims)
  const connect = async (visit: { browser: Person; page: Page }, claims = THERE) => {
    const { away } = await leave(visit)
    return pageOf(await visit.browser.open(back(away!, claims)))
  }
  const identitiesOf = (id: string) => storage.identities.listOf(id)
  const events = async (name: string) => (await storage.auditEvents.list({ since: 0, limit: 50 })).filter((event) => event.name === name)
  const open = async (browser: Person, path = '/account/factors') => pageOf(await browser.open(issuer + path))
  return { ...flow, ada, eve, enter, leave, back, connect, identitiesOf, events, open }
}

t.test('a person connects an account at a provider, comes in by it, and removes it, which ends what came of it', async (t) => {
  const { ada, enter, connect, comeBy, person, provider, url, identitiesOf, events, open, clock } = await scene(t)
  const visit = await enter()
  t.match(textOf(visit.page.html), /Sign-in services .*Connect Acme/)
  const done = await connect(visit)
  t.match(
    [whereabouts({ page: done }), textOf(done.html)],
    ['my-factors', /It is connected.*Acme countess@acme\.example Since .* UTC Last used/],
  )
  t.equal(provider.asked.get('prompt'), 'select_account', 'the person chooses which account it is')
  t.match(await identitiesOf(ada), [{ subject: '4711', managed: false, userId: ada }])
  const details = { user: 'ada', provider: 'acme', subject: '4711', rule: 'the user' }
  t.match(await events('identity.linked'), [{ actor: 'user ada', userId: ada, details }])
  t.match(textOf((await open(visit.browser, '/account')).html), /A sign-in service was connected/)

  const kept = JSON.parse((await open(visit.browser, '/account/data')).html) as object
  t.match(kept, { sign_in: { passkeys: [], recovery_codes_left: 0, providers: [{ provider: 'acme', said: { subject: '4711' } }] } })
  t.notMatch(JSON.stringify(kept), /refresh/)

  const other = person()
  const page = await comeBy(other, THERE, url({ prompt: 'consent' }))
  t.equal(whereabouts({ page }), 'consent', 'by the provider alone')
  t.match(textOf(page.html), /ada/)
  t.match(textOf(page.html), /What you sign in with was changed/, 'and hears of it')
  t.match(await identitiesOf(ada), [{ claims: { email: 'countess@acme.example' } }])

  const [identity] = await identitiesOf(ada)
  const remove = async (by: { browser: Person; page: Page }) =>
    pageOf(await post(by.browser, by.page, '/account/identities/end', { identity: identity!.id }))
  const eve = await enter(EVE)
  t.match(textOf((await remove(eve)).html), /Nothing was changed/, 'not by somebody else')
  clock.now += 11 * MINUTE
  t.equal(whereabouts({ page: await remove(visit) }), 'my-factors', 'not without a recent login')
  t.equal((await identitiesOf(ada)).length, 1)
  const again = await enter()
  t.match(textOf((await remove(again)).html), /It is removed/)
  t.match(textOf((await remove(again)).html), /Nothing was changed/)
  t.strictSame(await identitiesOf(ada), [])
  t.equal(whereabouts(await other.open(url({ prompt: 'consent' }))), 'login', 'the session that came of it has ended')
  t.match(await events('identity.unlinked'), [{ actor: 'user ada', userId: ada, details: { user: 'ada', provider: 'acme' } }])
})

t.test('an account that is connected already stays, and one of somebody else is never taken', async (t) => {
  const { ada, eve, enter, connect, identitiesOf, events, clock } = await scene(t)
  const visit = await enter()
  await connect(visit)
  clock.now += MINUTE
  t.match(textOf((await connect(visit, { ...THERE, email: 'ada@acme.example' })).html), /It is connected.*ada@acme\.example/, 'said anew')
  t.equal((await identitiesOf(ada)).length, 1)
  t.equal((await events('identity.linked')).length, 1)
  t.match(textOf((await connect(await enter(EVE))).html), /belongs to somebody else here/)
  t.strictSame(await identitiesOf(eve), [])
  t.match(await events('login.refused'), [{ details: { provider: 'acme', problem: 'taken' } }])
  t.equal((await identitiesOf(ada))[0]?.userId, ada)
})

t.test('an account without an address goes by its name, or by its number; what it can be asked again with stays', async (t) => {
  const { ada, enter, connect, identitiesOf, provider } = await scene(t)
  const visit = await enter()
  t.match(textOf((await connect(visit, { sub: '1', preferred_username: 'countess' } as typeof THERE)).html), /Acme countess Since/)
  t.match(textOf((await connect(visit, { sub: '2' } as typeof THERE)).html), /Acme 2 Since/)
  const [first] = await identitiesOf(ada)
  provider.switches.tokens = { refresh_token: undefined }
  await connect(visit, { sub: '1' } as typeof THERE)
  t.ok(first!.encryptedRefreshToken)
  t.equal((await identitiesOf(ada))[0]!.encryptedRefreshToken, first!.encryptedRefreshToken)
})

t.test('what comes back counts in the session alone in which it was asked for', async (t) => {
  const { ada, eve, enter, leave, back, person, identitiesOf, open, events, storage, clock } = await scene(t)
  const visit = await enter()
  const there = async () => back((await leave(visit)).away!)
  const attempt = await there()
  t.equal(pageOf(await person().open(attempt)).status, 400, 'another browser')
  t.equal(pageOf(await (await enter(EVE)).browser.open(attempt)).status, 400, 'of somebody else')

  // The same browser, in which somebody else has logged in since.
  visit.browser.cookies.delete('solar-session')
  await visit.browser.submit(await open(visit.browser), EVE)
  const refused = pageOf(await visit.browser.open(attempt))
  t.match([refused.status, textOf(refused.html)], [400, /no longer logged in as you were|open your account page again|start again/])
  const later = await enter()
  const begun = back((await leave(later)).away!)
  later.browser.cookies.delete('solar-session')
  await later.browser.submit(await open(later.browser), ADA)
  t.equal(whereabouts({ page: await open(later.browser) }), 'my-factors')
  t.equal(pageOf(await later.browser.open(begun)).status, 400, 'the same person, logged in anew')
  const mine = await enter()
  const { away } = await leave(mine)
  mine.browser.cookies.delete('solar-session')
  t.equal(pageOf(await mine.browser.open(back(away!))).status, 400, 'logged out since')
  const ended = await enter()
  const last = back((await leave(ended)).away!)
  await storage.users.disable(ada, clock.now)
  t.equal(pageOf(await ended.browser.open(last)).status, 400, 'disabled since')
  t.strictSame([...(await identitiesOf(ada)), ...(await identitiesOf(eve)), ...(await events('identity.linked'))], [])
})

t.test('nobody is sent to a provider by another site, without a recent login, or too often', async (t) => {
  const { enter, leave, clock, provider } = await scene(t, { RATE_LIMIT_LOGIN: '3/15m' })
  const visit = await enter()
  const foreign = { origin: 'https://evil.example' }
  t.equal(pageOf(await post(visit.browser, visit.page, '/account/identities', { provider: 'acme' }, foreign)).status, 403)
  t.match(textOf(pageOf(await leave(visit, 'elsewhere')).html), /Nothing was changed/)
  for (let tries = 0; tries < 3; tries++) t.ok((await leave(visit)).away)
  t.match(textOf(pageOf(await leave(visit)).html), /Too many tries/)
  clock.now += 16 * MINUTE
  const late = pageOf(await leave(visit))
  t.equal(whereabouts({ page: late }), 'my-factors', 'back on the page')
  t.notMatch(textOf(late.html), /Too many tries/)
  t.equal(provider.requests.filter((each) => each === 'POST /token').length, 0)
})

t.test('a person reads why nothing was connected', async (t) => {
  const { enter, leave, provider, identitiesOf, ada, clock } = await scene(t)
  const visit = await enter()
  const { away } = await leave(visit)
  const denied = new URL(away!.searchParams.get('redirect_uri')!)
  denied.search = new URLSearchParams({ error: 'access_denied', state: away!.searchParams.get('state')!, iss: provider.issuer }).toString()
  t.match(textOf(pageOf(await visit.browser.open(denied.href)).html), /you cancelled, or the service said no/)
  clock.now += MINUTE
  const answers = [
    [503, /doesn't answer at the moment/],
    [200, /because of how the service is set up here/],
  ] as const
  for (const [status, text] of answers) {
    provider.switches.answer = () => Response.json({}, { status })
    clock.now += 24 * 60 * MINUTE
    const next = await enter()
    t.match(textOf(pageOf(await leave(next)).html), text)
  }
  t.strictSame(await identitiesOf(ada), [])
})

t.test('whom a provider let in sees it, but neither removes it nor goes around it', async (t) => {
  const { person, comeBy, storage, open, identitiesOf } = await scene(t, { ADMIT: '@acme.example' })
  const browser = person()
  await comeBy(browser, THERE)
  const [user] = (await storage.users.list()).filter(({ origin }) => origin === 'provider')
  const page = await open(browser)
  const token = formTokenOf(await open(browser, '/account'))
  const send = async (path: string, fields: Record<string, string>) =>
    textOf(pageOf(await browser.submit({ ...page, form: { action: path, fields: { token } } }, fields)).html)
  t.match(textOf(page.html), /it alone says that you have access.*Acme countess@acme\.example/)
  t.notMatch(page.html, /account\/identities|account\/password/)
  const [identity] = await identitiesOf(user!.id)
  t.match(await send('/account/identities/end', { identity: identity!.id }), /Nothing was changed/)
  t.match(await send('/account/identities', { provider: 'acme' }), /Nothing was changed/)
  t.match(await send('/account/password', { password: 'three mice behind the sofa' }), /there is no password here/)
  t.equal((await storage.users.find(user!.id))?.passwordHash, undefined)
  t.equal((await identitiesOf(user!.id)).length, 1)
})

t.test('the last way in can not be removed', async (t) => {
  const { ada, enter, connect, comeBy, person, identitiesOf, issuer, storage, clock } = await scene(t)
  await connect(await enter())
  await storage.users.changePassword(ada, { passwordHash: '', endGrants: false, keptSession: undefined }, clock.now)
  const browser = person()
  const page = await comeBy(browser, THERE, `${issuer}/account/factors`)
  t.match(textOf(page.html), /You have no password\. Set a password/)
  const [identity] = await identitiesOf(ada)
  const remove = () => post(browser, page, '/account/identities/end', { identity: identity!.id })
  t.match(textOf(pageOf(await remove()).html), /your only way to sign in/)
  t.equal((await identitiesOf(ada)).length, 1)
  const other = { ...identity!, id: 'another', subject: 'another' }
  await storage.identities.link(other, makeEvent())
  t.equal(whereabouts(await remove()), 'login', 'there is another one; the session that came of this one has ended')
  t.match(await identitiesOf(ada), [{ id: 'another' }])
})
