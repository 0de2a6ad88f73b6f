// Somebody who was invited makes the account by logging in at a provider, instead of choosing a name and a password.
import t from 'tap'
import type { Test } from 'tap'
import { newSecret } from '#src/crypto/random.ts'
import { makeLink } from '#src/domain/link/link-address.ts'
import { textOf } from '#test/support/authorization.ts'
import type { Person } from '#test/support/people/person.ts'
import { startProviderFlow } from '#test/support/providers/provider-flow.ts'

const HOUR = 3_600_000
const HELEN = { sub: 'helen', email: 'helen@acme.example', email_verified: true, name: 'Helen K' }

async function start(t: Test, env: Record<string, string> = {}) {
  const flow = await startProviderFlow(t, env)
  const { issuer, storage, clock, provider, app } = flow
  const invite = async (about: { address?: string; group?: string } = {}) => {
    const { group, address } = about
    const { link, url } = makeLink(issuer, { kind: 'invitation', address, data: { group } }, newSecret(), clock.now)
    await storage.links.insert(link)
    return { link, url }
  }
  const press = async (browser: Person, url: string) => {
    const { page } = await browser.open(url)
    const action = /formaction="([^"]*\/invitation\/acme[^"]*)"/.exec(page!.html)![1]!.replaceAll('&#x3D;', '=')
    const fields = page!.form!.fields
    return browser.submit({ ...page!, form: { action, fields } }, { username: '', password: '' })
  }
  /** Presses the button, logs in as somebody, and is back. */
  const comeBy = async (browser: Person, url: string, claims = HELEN) => {
    const { away } = await press(browser, url)
    return (await browser.open(provider.visit(away!, claims))).page!
  }
  const events = async () => (await storage.auditEvents.list({ since: 0, limit: 50 })).map(({ name, details }) => ({ name, details }))
  const identitiesOf = async (username: string) => storage.identities.listOf((await storage.users.findByUsername(username))!.id)
  return { ...flow, app, invite, press, comeInvited: comeBy, events, identitiesOf }
}

t.test('somebody who was invited continues with a provider, and needs no rule', async (t) => {
  const scene = await start(t)
  const { invite, comeInvited, comeBy, person, storage, events, clock, provider, press, identitiesOf } = scene
  await storage.groups.insert({ name: 'guests', description: '', createdAt: clock.now })
  const browser = person()

  t.test('the account is made with the group of the invitation, and the browser is not logged in', async (t) => {
    const { url, link } = await invite({ group: 'guests' })
    const done = await comeInvited(browser, url)
    t.match([done.status, textOf(done.html)], [200, /Your account is ready.*helen@acme\.example.*Sign in the same way/])
    const user = (await storage.users.findByUsername(HELEN.email))!
    t.match(user, { origin: 'operator', email: HELEN.email, emailVerified: true, profile: { name: 'Helen K' }, passwordHash: undefined })
    t.match(await storage.links.find(link.tokenHash), { usedAt: clock.now, userId: user.id })
    t.match(await storage.groups.listOf(user.id), [{ group: 'guests', source: 'manual' }])
    t.match(await identitiesOf(user.username), [{ subject: 'helen', managed: true }])
    const of = async (name: string) => (await events()).find((event) => event.name === name)?.details
    t.match(await of('user.added'), { user: user.username, provider: 'acme', invited: true })
    t.match(await of('identity.linked'), { rule: 'invitation' })
    t.match(await of('group.joined'), { user: user.username, group: 'guests', invited: true })
    t.notOk(browser.cookies.has('solar-session'))
    t.notOk(browser.cookies.has('solar-link-invitation'))
  })

  t.test('and logs in by it from then on, without a rule', async (t) => {
    t.match((await comeBy(person(), HELEN)).html, /page-consent/)
    t.match(await comeBy(person(), { sub: 'stranger' }), { status: 403 })
  })

  t.test('whose account or address is here already is told so, and the invitation still counts', async (t) => {
    const { url, link } = await invite({ address: 'paris@elsewhere.example' })
    for (const claims of [HELEN, { ...HELEN, sub: 'other' }]) {
      const page = await comeInvited(browser, url, claims)
      t.match([page.status, textOf(page.html)], [403, /Somebody here already has the email address of your Acme account/])
      t.match(page.html, /<title>Error: Create your account/)
      t.match(page.html, /formaction="\/invitation\/acme"/, 'and may try another account')
    }
    t.equal((await storage.links.find(link.tokenHash))?.usedAt, undefined)
    t.match((await events()).find(({ name }) => name === 'login.refused')?.details, { problem: 'taken' })
    const done = await comeInvited(browser, url, { ...HELEN, sub: 'paris', email: 'paris@acme.example', email_verified: false })
    t.equal(done.status, 200)
    t.match(
      (await storage.users.list()).find(({ email }) => email === 'paris@elsewhere.example'),
      { emailVerified: true },
      'the address that the invitation went to, because the provider vouches for no other',
    )
  })

  t.test('who changes their mind there is back on the page of the invitation', async (t) => {
    const { url } = await invite()
    const away = (await press(browser, `${url}&ui_locales=ko`)).away!
    provider.switches.callback = { code: undefined, error: 'access_denied' }
    const { page } = await browser.open(provider.visit(away))
    provider.switches = {}
    t.match([page!.status, page!.html], [403, /lang="ko"/])
    t.match(page!.html, /formaction="\/invitation\/acme\?ui_locales&#x3D;ko"/)
    provider.switches.callback = { code: undefined, error: 'access_denied' }
    const gone = await press(browser, url)
    browser.cookies.delete('solar-link-invitation')
    t.match((await browser.open(provider.visit(gone.away!))).page, { status: 410 }, 'without the page that it left from')
    provider.switches = {}
  })

  t.test('a link that expired, was used or revoked is refused with words, before and after the provider', async (t) => {
    for (const end of ['used', 'revoked', 'expired'] as const) {
      const { url, link } = await invite()
      const left = await press(browser, url)
      const { page: kept } = await browser.open(url)
      const action = '/invitation/acme'
      if (end === 'used') await comeInvited(person(), url, { ...HELEN, sub: 'faster', email: 'faster@acme.example' })
      if (end === 'revoked') await storage.links.delete(link.tokenHash)
      const before = clock.now
      // An attempt lasts ten minutes: the link has to end within them.
      if (end === 'expired') {
        await storage.links.delete(link.tokenHash)
        await storage.links.insert({ ...link, expiresAt: clock.now })
      }
      const { page } = await browser.open(provider.visit(left.away!, { ...HELEN, sub: `late ${end}`, email: `late@${end}.example` }))
      t.match([page!.status, textOf(page!.html)], [410, /Ask the person who invited you/], end)
      const again = await browser.submit({ ...kept!, form: { action, fields: kept!.form!.fields } }, {})
      t.match([again.page!.status, textOf(again.page!.html)], [410, /Ask the person who invited you/], end)
      t.strictSame(await storage.users.findByEmail(`late@${end}.example`), [])
      clock.now = before
    }
  })
})

t.test('of two callbacks with one invitation at once, exactly one makes an account', async (t) => {
  const { invite, press, person, provider, storage } = await start(t)
  const { url } = await invite()
  const browsers = [person(), person()]
  const aways = [await press(browsers[0]!, url), await press(browsers[1]!, url)]
  const pages = await Promise.all(
    browsers.map((browser, index) =>
      browser.open(provider.visit(aways[index]!.away!, { sub: `person ${index}`, email: `p${index}@acme.example`, email_verified: true })),
    ),
  )
  t.strictSame(pages.map(({ page }) => page!.status).sort(), [200, 410])
  t.equal((await storage.users.list()).length, 2, 'the administrator, and one more')
})

t.test('the callback belongs to the browser that left, and counts for ten minutes', async (t) => {
  const { invite, press, person, provider, clock, storage } = await start(t)
  const { url } = await invite()
  const browser = person()
  const stranger = person()
  await press(stranger, url)
  const back = provider.visit((await press(browser, url)).away!, HELEN)
  t.match((await stranger.open(back)).page, { status: 400, html: /began in another browser/ })
  clock.now += 10 * 60_000
  t.match((await browser.open(back)).page, { status: 400 })
  t.equal((await storage.users.list()).length, 1)
})

t.test('a form of another site, of nobody and too many of them lead nowhere', async (t) => {
  const { invite, person, issuer, press, app, clock } = await start(t, { RATE_LIMIT_LOGIN: '2/15m', PASSWORD_LOGIN: 'off' })
  const { url } = await invite()
  const browser = person()
  const page = (await browser.open(url)).page!
  t.notMatch(page.html, /name="password"/, 'where no password lets anybody in, none is asked for')
  const form = { action: '/invitation/acme', fields: page.form!.fields }
  t.equal((await browser.submit({ ...page, form }, {}, { origin: 'https://evil.example' })).page!.status, 403)
  t.equal((await browser.submit({ ...page, form: { ...form, action: '/invitation/nobody' } }, {})).page!.status, 404)
  const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: new URL(issuer).origin }
  t.equal((await app.inject({ method: 'POST', url: '/invitation/acme', payload: 'token=a&token=b', headers })).statusCode, 400)
  for (let tries = 0; tries < 2; tries++) t.ok((await press(browser, url)).away)
  const limited = (await press(browser, url)).page!
  t.match([limited.status, limited.headers.get('retry-after'), textOf(limited.html)], [429, '900', /about 15 minutes/])
  clock.now += HOUR
  t.ok((await press(browser, url)).away)
})

t.test('while the provider is silent nobody leaves; and for a name that nobody may have, the next one is taken', async (t) => {
  const { invite, comeInvited, person, storage, provider, press } = await start(t)
  const { url } = await invite()
  provider.switches.answer = () => new Response('', { status: 503 })
  const { page } = await press(person(), url)
  t.match([page!.status, textOf(page!.html)], [502, /Acme doesn't answer/])
  provider.switches = {}
  const claims = { sub: 'x1', preferred_username: 'admin', email: 'a@b.example', email_verified: false, name: 'A' }
  t.equal((await comeInvited(person(), url, claims)).status, 200)
  t.ok(await storage.users.findByUsername('admin-acme'))
})

t.test('what another node was faster with is said as it is', async (t) => {
  const { invite, comeInvited, person, storage } = await start(t)
  for (const [outcome, status] of [
    ['gone', 410],
    ['known', 403],
    ['name taken', 403],
  ] as const) {
    t.intercept(storage.identities, 'admit', { value: async () => outcome })
    t.equal((await comeInvited(person(), (await invite()).url)).status, status)
  }
})
