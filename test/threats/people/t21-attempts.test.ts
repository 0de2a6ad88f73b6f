// threat-model.md T21: an attempt is of one browser, whose cookie nobody else can set or read, and of a provider that is still there.
import t from 'tap'
import { createPerson } from '#test/support/people/person.ts'
import { GITHUB_ENV, createGithub } from '#test/support/providers/github.ts'
import { startFlow } from '#test/support/authorization.ts'
import { pressProvider, startProviderFlow } from '#test/support/providers/provider-flow.ts'

const ENV = { ADMIT: '@acme.example', RATE_LIMIT_LOGIN: 'off' }
const HELEN = { sub: 'helen', email: 'helen@acme.example', email_verified: true }
const NAME = 'solar-attempts'

t.test('T21: neither a script, nor another site, nor a neighbouring host gets at the cookie of the attempt', async (t) => {
  const env = { ...ENV, ISSUER: 'https://auth.example.com', ADMIN_PASSWORD: 'not the one that everybody knows' }
  const { issuer, send, url, provider, leave } = await startProviderFlow(t, env)
  const set: string[] = []
  const browser = createPerson(issuer, async (input, init) => {
    const response = await send(input, init)
    set.push(...response.headers.getSetCookie().filter((line) => line.includes(NAME)))
    return response
  })
  const back = provider.visit(await leave(browser, url()), HELEN)
  const kept = browser.cookies.get(`__Host-${NAME}`)!
  browser.cookies.delete(`__Host-${NAME}`)
  browser.cookies.set(NAME, kept)
  t.match((await browser.open(back)).page, { status: 400 }, 'any host of the domain could have set one of that name')
  browser.cookies.delete(NAME)
  browser.cookies.set(`__Host-${NAME}`, kept)
  t.match((await browser.open(back)).page?.html, /page-consent/)
  t.equal(set.length, 2, 'when the browser leaves, and when it is back')
  for (const line of set) {
    const [pair = '', ...attributes] = line.split('; ')
    t.match(pair, /^__Host-solar-attempts=[\w.-]+$/)
    t.strictSame(attributes.sort(), ['HttpOnly', 'Max-Age=600', 'Path=/', 'SameSite=Lax', 'Secure'])
  }
})

t.test('T21: an attempt that was given up, or that the cookie does not name, stays so whatever cookie comes', async (t) => {
  const { person, leave, provider } = await startProviderFlow(t, ENV)
  const browser = person()
  const first = provider.visit(await leave(browser), HELEN)
  const before = browser.cookies.get(NAME)!
  for (let tabs = 1; tabs < 5; tabs++) await leave(browser)
  browser.cookies.set(NAME, before)
  t.match((await browser.open(first)).page, { status: 400 }, 'an earlier cookie names it')
  const second = provider.visit(await leave(browser), HELEN)
  const named = browser.cookies.get(NAME)!
  browser.cookies.set(NAME, named.split('.')[0]!)
  t.match((await browser.open(second)).page, { status: 400 }, 'the secret alone')
  browser.cookies.set(NAME, named)
  t.match((await browser.open(second)).page?.html, /page-consent/)
})

t.test('T21: what came to its end makes room, so that it gives up no tab that is still open', async (t) => {
  const { person, leave, provider } = await startProviderFlow(t, ENV)
  const browser = person()
  const open = provider.visit(await leave(browser), HELEN)
  for (let logins = 0; logins < 4; logins++) {
    browser.cookies.delete('solar-session')
    await browser.open(provider.visit(await leave(browser), HELEN))
  }
  t.match((await browser.open(open)).page?.html, /page-consent/)
})

t.test('T21: a provider that was disabled while somebody was there lets nobody in, and gets no code', async (t) => {
  const { person, leave, provider, storage, clock } = await startProviderFlow(t, ENV)
  const browser = person()
  const back = provider.visit(await leave(browser), HELEN)
  const before = (await storage.providers.findByName('acme'))!
  const after = { ...before, disabledAt: clock.now, updatedAt: clock.now + 1 }
  await storage.providers.update({ before, after })
  t.match((await browser.open(back)).page, { status: 404, html: /nobody can log in by this provider/ })
  t.notOk(provider.requests.includes('POST /token'))
  t.notOk(browser.cookies.has('solar-session'))
  t.same(await storage.users.findByEmail(HELEN.email), [])
})

t.test('T21: who is back without becoming logged in sees the page, and is not sent away once more', async (t) => {
  const { issuer, send, url, provider } = await startProviderFlow(t, { ...ENV, PASSWORD_LOGIN: 'off' })
  const forgetful = createPerson(issuer, async (input, init) => {
    const response = await send(input, init)
    const headers = new Headers(response.headers)
    headers.delete('set-cookie')
    for (const line of response.headers.getSetCookie()) if (!line.startsWith('solar-session=')) headers.append('set-cookie', line)
    return new Response(await response.arrayBuffer(), { status: response.status, headers })
  })
  const { away } = await forgetful.open(url())
  t.match((await forgetful.open(provider.visit(away!, HELEN))).page, { status: 200, html: /Continue with/ })
})

t.test('T21: GitHub’s answer counts with one code alone, and not beside an error', async (t) => {
  const github = createGithub()
  const env = { ...GITHUB_ENV, ...ENV, ADMIT: 'github:org=acme' }
  const { person, url } = await startFlow(t, env, {}, undefined, { providerFetch: { fetch: github.fetch } })
  const browser = person()
  const come = async (change: (back: URL) => void) => {
    const { page } = await browser.open(url())
    const back = github.visit((await pressProvider(browser, page!, 'github')).away!)
    change(back)
    return (await browser.open(back)).page
  }
  t.match(await come(({ searchParams }) => searchParams.append('code', 'of somebody else')), { status: 502 })
  t.match(await come(({ searchParams }) => searchParams.set('error', 'access_denied')), { status: 403 })
  t.strictSame(github.requests, [], 'no code goes to GitHub')
  t.match((await come(() => undefined))?.html, /page-consent/)
})
