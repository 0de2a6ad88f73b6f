// threat-model.md T21: what comes back from a provider belongs to this attempt, of this browser, at this provider.
import t from 'tap'
import { attemptSecrets } from '#src/domain/provider/attempt-cookie.ts'
import { sha256 } from '#src/domain/protocol/sha256.ts'
import { textOf } from '#test/support/authorization.ts'
import { pressProvider, startProviderFlow } from '#test/support/providers/provider-flow.ts'

const ENV = { ADMIT: '@acme.example', RATE_LIMIT_LOGIN: 'off' }
const VICTIM = { sub: 'victim', email: 'victim@acme.example', email_verified: true }
const ATTACKER = { sub: 'attacker', email: 'attacker@acme.example', email_verified: true }

t.test('T21: a callback of the attacker’s own login logs nobody else in (login CSRF)', async (t) => {
  const { person, leave, provider } = await startProviderFlow(t, ENV)
  const [attacker, victim] = [person(), person()]
  const back = provider.visit(await leave(attacker), ATTACKER)
  t.match((await victim.open(back)).page, { status: 400 }, 'to a browser that began nothing')
  await leave(victim)
  t.match((await victim.open(back)).page, { status: 400 }, 'to a browser that is on its way, too')
  const cookies = [...victim.cookies.keys()]
  t.notOk(cookies.some((name) => /session/.test(name)))
})

t.test('T21: a code that was stolen does not fit another attempt (injection)', async (t) => {
  const { person, leave, provider } = await startProviderFlow(t, ENV)
  const attacker = person()
  const stolen = provider.visit(await leave(person()), VICTIM).searchParams.get('code')!
  const back = provider.visit(await leave(attacker), ATTACKER)
  back.searchParams.set('code', stolen)
  t.match((await attacker.open(back)).page, { status: 502 })
  t.notOk([...attacker.cookies.keys()].some((name) => /session/.test(name)))
})

t.test('T21: what belongs to one provider is nothing at another (mix-up)', async (t) => {
  const github = { GITHUB_CLIENT_ID: 'id', GITHUB_CLIENT_SECRET: 'secret' }
  const { person, leave, provider } = await startProviderFlow(t, { ...ENV, ...github })
  const browser = person()
  const back = provider.visit(await leave(browser), VICTIM)
  const elsewhere = new URL(back)
  elsewhere.pathname = '/login/github/callback'
  t.match((await browser.open(elsewhere)).page, { status: 400 })
  t.notOk(provider.requests.includes('POST /login/oauth/access_token'), 'no code goes to the wrong provider')
  t.match((await browser.open(back)).page?.html, /page-consent/, 'and the attempt is not used up')
})

t.test('T21: a state counts once, and as it is', async (t) => {
  const { person, leave, provider } = await startProviderFlow(t, ENV)
  const browser = person()
  const back = provider.visit(await leave(browser), VICTIM)
  for (const change of ['', 'x', back.searchParams.get('state')!.toLowerCase() + 'A']) {
    const other = new URL(back)
    other.searchParams.set('state', change)
    t.match((await browser.open(other)).page, { status: 400 })
  }
  const twice = new URL(back)
  twice.searchParams.append('state', back.searchParams.get('state')!)
  t.match((await browser.open(twice)).page, { status: 400 })
  t.match((await browser.open(back)).page?.html, /page-consent/)
  t.match((await browser.open(back)).page, { status: 400 })
})

t.test('T21: two tabs each come back; of five, the first is given up', async (t) => {
  const { person, leave, provider } = await startProviderFlow(t, ENV)
  const browser = person()
  const backs: URL[] = []
  for (let tab = 0; tab < 5; tab++) backs.push(provider.visit(await leave(browser), VICTIM))
  t.match((await browser.open(backs[0]!)).page, { status: 400 })
  for (const back of backs.slice(1)) t.match((await browser.open(back)).page?.html, /page-consent/)
})

t.test('T21: attempts that nobody finishes are limited, by browser and by network; those that come to their end are not', async (t) => {
  const { person, url, comeBy } = await startProviderFlow(t, { ...ENV, RATE_LIMIT_LOGIN: '2/15m' })
  const browser = person()
  for (let logins = 0; logins < 3; logins++) {
    t.match((await comeBy(browser, VICTIM)).html, /page-consent/)
    browser.cookies.delete('solar-session')
  }
  const { page } = await browser.open(url())
  for (let tries = 0; tries < 2; tries++) t.ok((await pressProvider(browser, page!)).away)
  t.match((await pressProvider(browser, page!)).page, { status: 429, html: /Too many tries/ })
  for (let others = 3; others < 10; others++) {
    const other = person()
    t.ok((await pressProvider(other, (await other.open(url())).page!)).away)
  }
  const last = person()
  t.match((await pressProvider(last, (await last.open(url())).page!)).page, { status: 429 }, 'of the same network')
})

t.test('T21: attempts that begin without a page of ours count as well', async (t) => {
  const { person, url, storage, clock } = await startProviderFlow(t, { ...ENV, RATE_LIMIT_LOGIN: '1/15m', PASSWORD_LOGIN: 'off' })
  const insert = t.capture(storage.providerAttempts, 'insert', storage.providerAttempts.insert)
  for (let others = 0; others < 5; others++) t.ok((await person().open(url())).away)
  t.match((await person().open(url())).page, { status: 200, html: /Continue with/ })
  t.equal(insert().length, 5)
  clock.now += 15 * 60_000
  t.ok((await person().open(url())).away)
})

t.test('T21: a cookie that was made up is none', async (t) => {
  const { person, leave, provider } = await startProviderFlow(t, ENV)
  const browser = person()
  const back = provider.visit(await leave(browser), VICTIM)
  const [name, value] = [...browser.cookies].find(([each]) => /attempts/.test(each))!
  const handle = `.${'A'.repeat(43)}`
  for (const made of ['x', `${value}.x`, `${value}${handle.repeat(4)}`, `${handle.slice(1)}.${value.split('.')[1]}`]) {
    browser.cookies.set(name, made)
    t.match((await browser.open(back)).page, { status: 400 })
  }
})

t.test('T21: a request that is too long to be kept is refused before the browser leaves', async (t) => {
  const { person, url, provider } = await startProviderFlow(t, ENV)
  const browser = person()
  const usual = new URL(url({ state: 's'.repeat(4000), login_hint: '' })).search.length
  const { page } = await browser.open(url({ state: 's'.repeat(4000), login_hint: 'l'.repeat(8000 - usual) }))
  t.equal(page!.status, 200, textOf(page!.html))
  t.match((await pressProvider(browser, page!)).page, { status: 413, html: /too long to log in by a provider/ })
  t.strictSame(provider.requests, [])
})

t.test('T21: the cookie of the attempt is not enough: the request has to have begun in this browser, too', async (t) => {
  const { person, leave, provider } = await startProviderFlow(t, ENV)
  const browser = person()
  const back = provider.visit(await leave(browser), VICTIM)
  browser.cookies.delete('solar-browser')
  t.match((await browser.open(back)).page, { status: 400, html: /began in another browser/ })
  t.notOk(browser.cookies.has('solar-session'), 'nobody is logged in')
})

t.test(
  'T21: what completes a login follows from the cookie’s secret and this attempt, so neither state nor database is enough',
  async (t) => {
    const [secret, other] = ['a secret of the browser', 'another one']
    const mine = attemptSecrets({ secret }, 'handle')
    t.equal(mine.state, 'handle')
    t.strictSame(attemptSecrets({ secret }, 'handle'), mine)
    for (const theirs of [attemptSecrets({ secret: other }, 'handle'), attemptSecrets({ secret }, 'another handle')]) {
      t.not(theirs.nonce, mine.nonce)
      t.not(theirs.codeVerifier, mine.codeVerifier)
    }
    t.not(mine.nonce, mine.codeVerifier)

    const { person, leave, provider, storage } = await startProviderFlow(t, ENV)
    const browser = person()
    const left = await leave(browser)
    const [, value] = [...browser.cookies].find(([each]) => /attempts/.test(each))!
    const [kept = '', handle = ''] = value.split('.')
    const { nonce, codeVerifier } = attemptSecrets({ secret: kept }, handle)
    t.equal(left.searchParams.get('nonce'), nonce)
    const { id: providerId } = (await storage.providers.list())[0]!
    const attempt = await storage.providerAttempts.take({ handleHash: sha256(handle), browserHash: sha256(kept), providerId }, Date.now())
    t.ok(attempt)
    for (const part of [kept, handle, nonce, codeVerifier]) t.notMatch(JSON.stringify(attempt), part)
    t.match((await browser.open(provider.visit(left, VICTIM))).page, { status: 400 }, 'and the attempt is used up')
  },
)
