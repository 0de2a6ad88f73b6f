// A one-use link of an operator, for somebody whose first factor alone isn't enough to set up a second one (threat-model.md T23, T26).
import { TOTP, Secret } from 'otpauth'
import t from 'tap'
import type { Test } from 'tap'
import { newSecret } from '#src/crypto/random.ts'
import { makeLink } from '#src/domain/link/link-address.ts'
import { SET_UP_MS } from '#src/domain/user/factors.ts'
import { addUser, pageOf, startFlow, textOf, whereabouts } from '#test/support/authorization.ts'
import { createAuthenticator, passkeyFormOf } from '#test/support/people/authenticator.ts'
import { serveMails } from '#test/support/network/smtp.ts'
import { stub } from '#test/support/stub.ts'
import type { Page, Person } from '#test/support/people/person.ts'
import { addUser as insertUser } from '#test/storage/conformance/records.ts'

const ORIGIN = 'https://auth.example.com'
const ADA = { username: 'ada', password: 'engine' }
const EVE = { username: 'eve', password: 'apple' }
const HOUR = 3_600_000

const codeOf = ({ html }: Page, now: number): string =>
  new TOTP({ secret: Secret.fromBase32(/<code class="secret">([^<]*)</.exec(html)![1]!.replaceAll(' ', '')) }).generate({ timestamp: now })

async function scene(t: Test, env: Record<string, string> = {}) {
  const strict = { ISSUER: ORIGIN, ADMIN_PASSWORD: 'orbit lantern pebble', SECOND_FACTOR: 'everyone', RATE_LIMIT_LOGIN: 'off' }
  const flow = await startFlow(t, { ...strict, ...env })
  const [ada, eve] = [await addUser(flow, ADA.username, ADA.password), await addUser(flow, EVE.username, EVE.password)]
  flow.clock.now += SET_UP_MS
  const addLink = async (userId: string) => {
    const { link, url } = makeLink(ORIGIN, { kind: 'factor', userId }, newSecret(), flow.clock.now)
    await flow.storage.links.insert(link)
    return url
  }
  const logIn = async (person: Person, login = ADA) => pageOf(await person.submit(pageOf(await person.open(flow.url())), login))
  const factorsOf = async (id: string) => flow.storage.factors.listOf(id)
  return { flow, ada, eve, addLink, logIn, factorsOf }
}

/** Answers the passkey form of a page. */
async function makePasskey(person: Person, page: Page, authenticator = createAuthenticator(ORIGIN), challenge?: string) {
  const { action, fields, options } = passkeyFormOf(page.html)
  const credential = authenticator.create(options, challenge === undefined ? {} : { challenge })
  return pageOf(await person.submit({ ...page, form: { action, fields } }, { credential, name: 'Phone' }))
}

t.test('somebody who is locked out sets a factor up with the password and the link, once', async (t) => {
  const { flow, ada, addLink, logIn, factorsOf } = await scene(t)
  const person = flow.person()
  t.equal(whereabouts({ page: await logIn(person) }), 'factor-locked')
  const url = await addLink(ada)
  const entrance = pageOf(await flow.person().open(url))
  t.equal(whereabouts({ page: entrance }), 'login', 'the link alone opens nothing')
  t.match(entrance.html, 'value="ada"')

  const page = pageOf(await person.open(`${url}&ui_locales=ko`))
  t.match([whereabouts({ page }), page.url], ['factor-set-up', `${ORIGIN}/factor-link?ui_locales=ko`])
  const wrong = pageOf(await person.submit(page, { code: '000000' }))
  t.equal(wrong.status, 403)
  const code = codeOf(page, flow.clock.now)
  t.equal(codeOf(wrong, flow.clock.now), code, 'the app has the secret already')
  const codes = pageOf(await person.submit(wrong, { code }))
  t.equal(whereabouts({ page: codes }), 'recovery-codes')
  t.notOk(person.cookies.has('__Host-solar-link-factor'))
  t.equal(whereabouts(await person.open(flow.url())), 'consent', 'logged in by both')
  t.ok((await factorsOf(ada)).codes)
  t.equal(pageOf(await person.open(url)).status, 410, 'used')
  t.equal(whereabouts(await person.open(await addLink(ada))), 'factor-set-up', 'who is logged in is where factors are added')
})

t.test('the link leads back after the login that it asks for', async (t) => {
  const { flow, ada, addLink } = await scene(t)
  const person = flow.person()
  const url = await addLink(ada)
  const entrance = pageOf(await person.open(`${url}&ui_locales=ko`))
  const page = pageOf(await person.submit(entrance, ADA))
  t.equal(whereabouts({ page }), 'factor-set-up')
  const codes = await makePasskey(person, page)
  t.equal(whereabouts({ page: codes }), 'recovery-codes')
  const other = flow.person()
  t.equal(pageOf(await other.open(url)).status, 410)
})

t.test('the link of somebody else, one that is too old, and one that was used meanwhile, set up nothing', async (t) => {
  const { flow, ada, eve, addLink, logIn, factorsOf } = await scene(t)
  const person = flow.person()
  await logIn(person, EVE)
  const url = await addLink(ada)
  t.equal(whereabouts(await person.open(url)), 'login', 'of another account')
  const mine = await addLink(eve)
  const page = pageOf(await person.open(mine))
  const answerWith = async (link: string) => {
    await person.open(link)
    return person.submit(page, { code: codeOf(page, flow.clock.now) })
  }
  t.equal(pageOf(await answerWith(url)).status, 400, 'with the link of another account')
  flow.clock.now += 24 * HOUR
  t.equal(pageOf(await person.open(mine)).status, 410, 'too old')
  await logIn(person, EVE)
  t.equal(pageOf(await answerWith(await addLink(eve))).status, 400, 'with a form of the session before')
  t.strictSame(await factorsOf(eve), { passkeys: [], codes: undefined, recoveryCodes: 0 })

  const [first, second] = [await addLink(eve), flow.person()]
  const both = [pageOf(await person.open(first)), pageOf(await second.submit(pageOf(await second.open(first)), EVE))] as const
  const done = await Promise.all([makePasskey(person, both[0]), makePasskey(second, both[1])])
  t.strictSame(done.map((each) => whereabouts({ page: each })).filter((where) => where === 'recovery-codes').length, 1)
  t.equal((await factorsOf(eve)).passkeys.length, 1)
})

t.test('who has a second factor shows that one: a link adds none beside it', async (t) => {
  const { flow, ada, addLink, logIn } = await scene(t)
  await flow.storage.factors.saveCodes({ userId: ada, secret: 'sealed', lastStep: 1, createdAt: flow.clock.now })
  const person = flow.person()
  t.equal(whereabouts({ page: await logIn(person) }), 'second-factor')
  t.equal(pageOf(await person.open(await addLink(ada))).status, 410)
})

t.test('an account that has nothing gets its first passkey by the link alone, which logs nobody in', async (t) => {
  const { flow, addLink, factorsOf } = await scene(t)
  const { id, username } = await insertUser(flow.storage, { username: 'bare', passwordHash: undefined })
  const person = flow.person()
  const url = await addLink(id)
  const page = pageOf(await person.open(url))
  t.equal(whereabouts({ page }), 'link-passkey')
  t.match(textOf(page.html), /Set up your passkey.*bare/)
  t.match(JSON.parse(passkeyFormOf(page.html).options), { user: { name: username }, rp: { id: 'auth.example.com' } })
  const again = await makePasskey(person, page, undefined, 'bm90IHRoaXMgb25l')
  t.match([again.status, textOf(again.html)], [403, /couldn't be saved/])
  const authenticator = createAuthenticator(ORIGIN)
  const done = await makePasskey(person, again, authenticator)
  t.match([done.status, textOf(done.html)], [200, /Your passkey is ready/])
  t.notOk(person.cookies.has('__Host-solar-session'))
  t.match((await factorsOf(id)).passkeys, [{ id: authenticator.id, name: 'Phone' }])
  t.equal((await makePasskey(person, again, authenticator)).status, 200, 'clicked twice')
  t.equal((await makePasskey(person, again)).status, 410, 'another one')
  const event = (await flow.storage.auditEvents.list({ since: 0, userId: id, limit: 9 })).find(({ name }) => name === 'factor.added')
  t.match(event, { actor: 'user bare', details: { passkey: 'Phone' } })

  const inside = flow.person()
  const login = pageOf(await inside.open(flow.url()))
  const { action, fields, options } = passkeyFormOf(login.html)
  const arrival = await inside.submit({ ...login, form: { action, fields } }, { credential: authenticator.get(options) })
  t.equal(whereabouts(arrival), 'consent', 'the passkey does')
  t.equal(pageOf(await flow.person().open(await addLink(id))).status, 200, 'another link asks for a login')
  t.equal(whereabouts(await flow.person().open(await addLink(id))), 'login')
  const late = await addLink(id)
  const stranger = flow.person()
  await stranger.open(late)
  t.equal(
    (
      await makePasskey(stranger, {
        ...again,
        html: again.html.replace(/name="token" value="[^"]*"/, `name="token" value="${late.split('=')[1]}"`),
      })
    ).status,
    410,
  )
})

t.test('too many tries with a link are refused', async (t) => {
  const { flow, addLink } = await scene(t, { RATE_LIMIT_LOGIN: '2/5m' })
  const { id } = await insertUser(flow.storage, { username: 'bare', passwordHash: undefined })
  const person = flow.person()
  let page = pageOf(await person.open(await addLink(id)))
  for (let attempt = 0; attempt < 2; attempt++) page = await makePasskey(person, page, undefined, 'd3Jvbmc')
  t.equal(page.status, 403)
  t.equal((await makePasskey(person, page)).status, 410)
})

t.test('of two browsers with one link to a first passkey, at once, one makes it', async (t) => {
  const { flow, addLink, factorsOf } = await scene(t)
  const { id } = await insertUser(flow.storage, { username: 'bare', passwordHash: undefined })
  const url = await addLink(id)
  const [one, other] = [flow.person(), flow.person()]
  const pages = [pageOf(await one.open(url)), pageOf(await other.open(url))] as const
  const done = await Promise.all([makePasskey(one, pages[0]), makePasskey(other, pages[1])])
  t.strictSame(done.map(({ status }) => status).sort(), [200, 410])
  t.equal((await factorsOf(id)).passkeys.length, 1)
})

t.test('a link whose account goes while its page is opened, or its form sent, does nothing', async (t) => {
  const { flow, addLink } = await scene(t)
  const { id } = await insertUser(flow.storage, { username: 'bare', passwordHash: undefined })
  const person = flow.person()
  const url = await addLink(id)
  const page = pageOf(await person.open(url))
  t.teardown(stub(flow.storage.users, { find: async () => undefined }))
  t.equal(pageOf(await person.open(url)).status, 410)
  t.equal((await makePasskey(person, page)).status, 410)
})

t.test('who is locked out has the link mailed, which works in that browser alone, and three times an hour at most', async (t) => {
  const server = await serveMails(t)
  const mail = { SMTP_URL: `smtp://127.0.0.1:${server.port}`, MAIL_FROM: 'login@example.com' }
  const { flow, ada, logIn, factorsOf } = await scene(t, mail)
  const person = flow.person()
  const without = await logIn(person)
  t.notMatch(without.html, 'value="mail"', 'to no address that is not known to be theirs')
  t.equal(whereabouts(await person.submit(without, { decision: 'mail' })), 'factor-locked')
  const user = (await flow.storage.users.find(ada))!
  await flow.storage.users.update({ ...user, email: 'ada@example.com', emailVerified: true }, flow.clock.now)

  const page = await logIn(person)
  t.match(textOf(page.html), /have it sent to the email address of your account/)
  const sent = pageOf(await person.submit(page, { decision: 'mail' }))
  t.match([whereabouts({ page: sent }), textOf(sent.html)], ['factor-locked', /one with the link is on its way/])
  const first = await server.next()
  t.match(first, { to: ['ada@example.com'], text: /ada/ })
  const url = /^http\S+$/m.exec(first.text)![0]
  t.equal(whereabouts(await flow.person().open(url)), 'login', 'the mail alone opens nothing')
  for (let count = 0; count < 4; count++) await person.submit(sent, { decision: 'mail' })
  await server.next()
  await server.next()
  const setUp = pageOf(await person.open(url))
  t.equal(whereabouts({ page: setUp }), 'factor-set-up')
  t.equal(whereabouts({ page: await makePasskey(person, setUp) }), 'recovery-codes')
  t.equal((await factorsOf(ada)).passkeys.length, 1)
  t.equal(whereabouts(await person.submit(sent, { decision: 'mail' })), 'consent', 'nothing is missing any more')
  await flow.app.close()
  t.equal(server.mails.length, 3)
})
