// How an app, or a person, wants the login to be: the provider hears of it, and what comes back is held against it.
import t from 'tap'
import { startFlow } from '#test/support/authorization.ts'
import { CLIENT, PROVIDER, createProvider } from '#test/support/providers/provider.ts'
import { pressProvider, startProviderFlow } from '#test/support/providers/provider-flow.ts'

const HELEN = { sub: 'helen', email: 'helen@acme.example', email_verified: true }
const ALONE = { ADMIT: '@acme.example', PASSWORD_LOGIN: 'off' }

t.test(
  'with one provider and no passwords, a browser goes straight on; never where somebody wants to log in again or to choose',
  async (t) => {
    const { person, url, provider, clock } = await startProviderFlow(t, ALONE)
    t.equal((await person().open(url())).away?.origin, PROVIDER)
    for (const prompt of ['login', 'select_account', 'login consent']) {
      const { page } = await person().open(url({ prompt }))
      t.match(page?.html, /Continue with <bdi class="value">Acme/, prompt)
      t.notMatch(page?.html, 'type="password"')
    }
    t.match((await person().open(url({ prompt: 'none' }))).away?.search, /error=login_required/, 'no page is asked for, so none is shown')
    const browser = person()
    const { away } = await browser.open(url())
    t.match((await browser.open(provider.visit(away!, HELEN))).page?.html, /page-consent/)
    const { page: consent } = await browser.open(url())
    clock.now += 1000
    const { page: switched } = await browser.submit(consent!, { decision: 'switch' })
    t.match(switched?.html, /Continue with/, 'who wants to be somebody else sees first where that leads')
    t.equal((await pressProvider(browser, switched!)).away?.searchParams.get('prompt'), 'select_account')
  },
)

t.test('who was turned away, or whose provider is down, sees the page instead of going in circles', async (t) => {
  const { person, url, provider, clock } = await startProviderFlow(t, ALONE)
  const browser = person()
  provider.switches = { callback: { code: undefined, error: 'access_denied' } }
  const { away } = await browser.open(url())
  t.match((await browser.open(provider.visit(away!, HELEN))).page, { status: 403, html: /Continue with/ })
  provider.switches = { answer: () => new Response('', { status: 503 }) }
  clock.now += 2 * 60 * 60_000
  t.match((await person().open(url())).page, { status: 200, html: /Continue with/ })
})

t.test('with two providers, or with passwords, there is something to choose', async (t) => {
  const two = await startProviderFlow(t, { ...ALONE, GITHUB_CLIENT_ID: 'id', GITHUB_CLIENT_SECRET: 'x' })
  t.match((await two.person().open(two.url())).page?.html, /GitHub/)
  const admin = await startProviderFlow(t, { ...ALONE, PASSWORD_LOGIN: 'admin' })
  t.match((await admin.person().open(admin.url())).page?.html, /Continue with/)
})

t.test('login_hint, max_age, acr_values, ui_locales and prompt travel to a provider of the kind oidc', async (t) => {
  const { person, url, leave } = await startProviderFlow(t, { ADMIT: '@acme.example' })
  const asked = (changes: Record<string, string>) => leave(person(), url(changes)).then(({ searchParams }) => searchParams)
  const wishes = { login_hint: 'helen', max_age: '60', acr_values: 'urn:acme:strong', ui_locales: 'ko' }
  const query = await asked(wishes)
  for (const [name, value] of Object.entries(wishes)) t.equal(query.get(name), value, name)
  t.notOk(query.has('prompt'))
  t.equal((await asked({ prompt: 'login' })).get('prompt'), 'login')
  t.equal((await asked({ prompt: 'select_account' })).get('prompt'), 'select_account')
  t.equal((await asked({ prompt: 'consent' })).get('prompt'), null, 'the consent is ours')
})

t.test('a login that is older than it may be is refused, and one whose age is not said', async (t) => {
  const { person, url, comeBy, clock, storage } = await startProviderFlow(t, { ADMIT: '@acme.example', RATE_LIMIT_LOGIN: 'off' })
  const seconds = () => Math.floor(clock.now / 1000)
  const come = async (ask: Record<string, string>, authTime?: number) =>
    (await comeBy(person(), { ...HELEN, auth_time: authTime }, url(ask))).html
  t.match(await come({ prompt: 'login' }, seconds()), /page-consent/)
  t.match(await come({ prompt: 'login' }, seconds() - 30), /page-consent/, 'a clock that goes a little slow makes no login old')
  t.match(await come({ prompt: 'login' }, seconds() - 120), /page-login/)
  t.match(await come({ prompt: 'login' }), /page-login/, 'nothing is said')
  t.match(await come({ max_age: '600' }, seconds() - 300), /page-consent/)
  t.match(await come({}, seconds() - 86_400), /page-consent/, 'nobody asked')
  const refused = (await storage.auditEvents.list({ since: 0, limit: 50 })).filter(({ name }) => name === 'login.refused')
  t.match(refused[0], { details: { problem: 'stale' } })
})

t.test('a login that is older than max_age is said to be too old, and no fault of how the provider is set up', async (t) => {
  const { person, url, leave, provider, clock, storage } = await startProviderFlow(t, { ADMIT: '@acme.example', RATE_LIMIT_LOGIN: 'off' })
  const come = async (authTime?: number) => {
    const browser = person()
    const left = await leave(browser, url({ max_age: '600' }))
    return (await browser.open(provider.visit(left, { ...HELEN, auth_time: authTime }))).page
  }
  const seconds = () => Math.floor(clock.now / 1000)
  t.match(await come(seconds() - 590), { status: 200, html: /page-consent/ })
  for (const authTime of [seconds() - 620, seconds() - 86_400, undefined])
    t.match(await come(authTime), { status: 403, html: /wants you to sign in again/ }, String(authTime))
  const refused = (await storage.auditEvents.list({ since: 0, limit: 50 })).filter(({ name }) => name === 'login.refused')
  t.strictSame([...new Set(refused.map(({ details }) => details['problem']))], ['stale'])
})

t.test('what a client registered as its default_max_age travels and counts as well, unless the request says otherwise', async (t) => {
  const env = { ADMIT: '@acme.example', RATE_LIMIT_LOGIN: 'off' }
  const { person, url, leave, comeBy, clock } = await startProviderFlow(t, env, { default_max_age: 300 })
  t.equal((await leave(person())).searchParams.get('max_age'), '300')
  t.equal((await leave(person(), url({ max_age: '60' }))).searchParams.get('max_age'), '60')
  const yesterday = { ...HELEN, auth_time: Math.floor(clock.now / 1000) - 86_400 }
  t.match(await comeBy(person(), yesterday), { status: 403, html: /wants you to sign in again/ })
  const alone = await startProviderFlow(t, ALONE, { default_max_age: 300 })
  t.equal((await alone.person().open(alone.url())).away?.searchParams.get('max_age'), '300', 'also where nobody presses a button')
})

t.test('Google, GitHub and Microsoft hear it in their own words', async (t) => {
  const provider = await createProvider(Date.now, 'https://accounts.google.com')
  const env = { GOOGLE_CLIENT_ID: CLIENT.id, GOOGLE_CLIENT_SECRET: CLIENT.secret, GITHUB_CLIENT_ID: 'id', GITHUB_CLIENT_SECRET: 'x' }
  const flow = await startFlow(t, env, {}, undefined, { providerFetch: { fetch: provider.fetch } })
  const leave = async (name: string, changes: Record<string, string>) => {
    const browser = flow.person()
    const { page } = await browser.open(flow.url(changes))
    return (await pressProvider(browser, page!, name)).away!.searchParams
  }
  const google = await leave('google', { prompt: 'login', max_age: '60', login_hint: 'helen', ui_locales: 'ko' })
  t.match(Object.fromEntries(google), { prompt: 'select_account', login_hint: 'helen', hl: 'ko', access_type: 'offline' })
  t.notOk(google.has('max_age'))
  const github = await leave('github', { prompt: 'login', login_hint: 'helen' })
  t.match(Object.fromEntries(github), {
    prompt: 'select_account',
    login: 'helen',
    scope: 'read:user user:email read:org',
    code_challenge_method: 'S256',
  })
  for (const name of ['google', 'github']) {
    t.equal((await leave(name, {})).get('prompt'), null, name)
    t.equal((await leave(name, { max_age: '60' })).get('prompt'), 'select_account', `${name} doesn't say when somebody logged in`)
  }

  const tenant = '11111111-1111-4111-8111-111111111111'
  const entra = await createProvider(Date.now, `https://login.microsoftonline.com/${tenant}/v2.0`)
  const microsoft = { MICROSOFT_CLIENT_ID: CLIENT.id, MICROSOFT_CLIENT_SECRET: CLIENT.secret, MICROSOFT_TENANT: tenant }
  const there = await startFlow(t, microsoft, {}, undefined, { providerFetch: { fetch: entra.fetch } })
  const changes: Record<string, string>[] = [{ prompt: 'login', max_age: '60' }, { max_age: '60' }]
  for (const asked of changes) {
    const browser = there.person()
    const { page } = await browser.open(there.url(asked))
    const { searchParams } = (await pressProvider(browser, page!, 'microsoft')).away!
    t.match(Object.fromEntries(searchParams), { prompt: 'login', scope: 'openid profile email offline_access' })
    t.notOk(searchParams.has('max_age'))
  }
})
