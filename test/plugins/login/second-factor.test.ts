import t from 'tap'
import { MULTI_FACTOR, PASSWORD_LOGIN } from '#src/domain/authorization/authentication.ts'
import { SET_UP_MS } from '#src/domain/user/factors.ts'
import { buildApp } from '#src/app.ts'
import { encode } from '#test/support/api.ts'
import { ADMIN, SECRET } from '#test/support/app.ts'
import { addUser, answerOf, grantOf, pageOf, startFlow, textOf, whereabouts } from '#test/support/authorization.ts'
import type { Flow } from '#test/support/authorization.ts'
import { codeOf, secretOn } from '#test/support/people/factors.ts'
import type { Page, Person } from '#test/support/people/person.ts'

const MINUTE = 60_000
const everyone = { SECOND_FACTOR: 'everyone', RATE_LIMIT_LOGIN: 'off' }

const recoveryCodesOn = ({ html }: Page): string[] => [...html.matchAll(/<li><code>([^<]+)</g)].map(([, code]) => code!)

const logIn = async (flow: Flow, person: Person, login = ADMIN, url = flow.url()): Promise<Page> =>
  pageOf(await person.submit(pageOf(await person.open(url)), login))

/** Sets up one-time codes within a login. */
async function setUp(flow: Flow, person = flow.person(), login = ADMIN) {
  const page = await logIn(flow, person, login)
  const secret = secretOn(page)
  const codes = pageOf(await person.submit(page, { code: codeOf(secret, flow.clock.now) }))
  // The code that confirmed it counts no more.
  flow.clock.now += MINUTE
  return { person, secret, codes, recoveryCodes: recoveryCodesOn(codes) }
}

t.test('somebody who must have a second factor sets one up before a code is issued, and is asked for it from then on', async (t) => {
  const flow = await startFlow(t, everyone)
  const person = flow.person()
  const page = await logIn(flow, person)
  t.equal(whereabouts({ page }), 'factor-set-up')
  t.match(page.html, /<svg [^>]*viewBox/)
  t.equal(whereabouts(await flow.person().open(flow.url())), 'login', 'another browser is not concerned')
  t.equal(answerOf(await person.open(flow.url({ prompt: 'none' })))['error'], 'consent_required')

  const secret = secretOn(page)
  const again = pageOf(await person.submit(page, { code: '000000' }))
  t.equal(again.status, 403)
  t.match(textOf(again.html), /doesn't match/)
  t.equal(secretOn(again), secret, 'the app has it already')
  const codes = pageOf(await person.submit(again, { code: ` ${codeOf(secret, flow.clock.now)} ` }))
  t.equal(whereabouts({ page: codes }), 'recovery-codes')
  t.equal(recoveryCodesOn(codes).length, 10)
  const consent = await person.submit(codes, { decision: 'continue' })
  t.equal(whereabouts(consent), 'consent')
  const { code } = answerOf(await person.submit(pageOf(consent), { decision: 'allow' }))
  t.match(await grantOf(flow, code), { amr: ['pwd', 'otp', 'mfa'], acr: MULTI_FACTOR })

  const elsewhere = flow.person()
  flow.clock.now += MINUTE
  const second = await logIn(flow, elsewhere)
  t.equal(whereabouts({ page: second }), 'second-factor')
  t.match(textOf(second.html), /Enter the code that your authenticator app shows/)
  const done = await elsewhere.submit(second, { code: codeOf(secret, flow.clock.now) })
  t.match(textOf(pageOf(done).html), /What you sign in with was changed at .* UTC/, 'and hears that it was set up')
  t.strictSame(
    (await flow.storage.auditEvents.list({ since: 0, limit: 9 })).map(({ name }) => name).filter((name) => /factor|recovery/.test(name)),
    ['recovery_codes.made', 'factor.added'],
  )
})

t.test('a code counts once, one step early or late, and an older one never', async (t) => {
  const flow = await startFlow(t, everyone)
  const { secret } = await setUp(flow)
  const tryCode = async (at: number, typed = codeOf(secret, at)) => {
    const person = flow.person()
    return whereabouts(await person.submit(await logIn(flow, person), { code: typed }))
  }
  const { now } = flow.clock
  t.equal(await tryCode(now - MINUTE), 'second-factor', 'two steps late')
  t.equal(await tryCode(now + MINUTE), 'second-factor', 'two steps early')
  t.equal(await tryCode(now - MINUTE / 2), 'consent', 'a step late')
  t.equal(await tryCode(now - MINUTE / 2), 'second-factor', 'once')
  t.equal(await tryCode(now + MINUTE / 2), 'consent', 'a step early')
  t.equal(await tryCode(now), 'second-factor', 'none before that')
  for (const typed of ['12345', '1234567', 'abcdef', '', '１２３４５６']) t.equal(await tryCode(now, typed), 'second-factor', typed)
  const [one, other] = [flow.person(), flow.person()]
  const pages = [await logIn(flow, one), await logIn(flow, other)] as const
  flow.clock.now += 5 * MINUTE
  const code = codeOf(secret, flow.clock.now)
  const both = await Promise.all([one.submit(pages[0], { code }), other.submit(pages[1], { code })])
  t.strictSame(both.map(whereabouts).sort(), ['consent', 'second-factor'])
})

t.test('a recovery code lets somebody in once, however it is typed, and reaches no more than a code does', async (t) => {
  const flow = await startFlow(t, everyone)
  const { recoveryCodes } = await setUp(flow)
  const use = async (code: string) => {
    const person = flow.person()
    return person.submit(await logIn(flow, person), { code })
  }
  const [first, second] = recoveryCodes as [string, string]
  t.equal(whereabouts(await use(first)), 'consent')
  t.equal(whereabouts(await use(first)), 'second-factor', 'once')
  t.equal(whereabouts(await use(second.toUpperCase().replaceAll('-', ' '))), 'consent')
  t.equal(whereabouts(await use('bbbb-bbbb-bbbb-bbbb')), 'second-factor')
  const used = (await flow.storage.auditEvents.list({ since: 0, limit: 99 })).filter(({ name }) => name === 'recovery_code.used')
  t.match(used, [{ actor: 'user admin' }, { actor: 'user admin' }])
  const person = flow.person()
  const resource = 'https://mcp.example/mcp'
  const asked = flow.url({ acr_values: 'phr', resource })
  const page = await logIn(flow, person, ADMIN, asked)
  const answer = answerOf(await person.submit(page, { code: recoveryCodes[3]! }))
  t.equal(answer['error'], 'unmet_authentication_requirements', 'it is no passkey')
})

t.test(
  'attempts at codes are limited by the account, and a stranger who knows the password keeps nobody out of a known browser',
  async (t) => {
    const flow = await startFlow(t, { SECOND_FACTOR: 'everyone', RATE_LIMIT_LOGIN: '3/5m' })
    const { secret, person } = await setUp(flow)
    // Known from now on.
    t.equal(whereabouts(await person.open(flow.url())), 'consent')
    const stranger = flow.person()
    let page = await logIn(flow, stranger)
    for (let attempt = 0; attempt < 3; attempt++) page = pageOf(await stranger.submit(page, { code: '000000' }))
    t.equal(page.status, 403)
    page = pageOf(await stranger.submit(page, { code: codeOf(secret, flow.clock.now) }))
    t.equal(page.status, 429)
    t.match(textOf(page.html), /about 5 minutes/)
    const own = await logIn(flow, person, ADMIN, flow.url({ prompt: 'login' }))
    const inside = await person.submit(own, { code: codeOf(secret, flow.clock.now) })
    t.equal(whereabouts(inside), 'consent')
    t.match(textOf(pageOf(inside).html), /Failed attempts to sign in as you since .*: 3/, 'of which its owner hears')
    t.match(
      (await flow.storage.auditEvents.list({ since: 0, limit: 99 })).filter(({ name }) => name === 'login.limited'),
      [{ details: { user: 'admin', method: 'code' } }],
    )
  },
)

t.test('with an old account, a password is not enough to set up what somebody must have', async (t) => {
  const flow = await startFlow(t, { ...everyone, ISSUER: 'https://auth.example.com', ADMIN_PASSWORD: 'orbit lantern pebble' })
  await addUser(flow, 'ada', 'engine')
  const ada = { username: 'ada', password: 'engine' }
  flow.clock.now += SET_UP_MS - MINUTE
  t.equal(whereabouts({ page: await logIn(flow, flow.person(), ada) }), 'factor-set-up')
  flow.clock.now += MINUTE
  const person = flow.person()
  const page = await logIn(flow, person, ada)
  t.equal(whereabouts({ page }), 'factor-locked')
  t.match(textOf(page.html), /you need a link/)
  t.equal(answerOf(await person.open(flow.url({ prompt: 'none' })))['error'], 'consent_required')
  flow.clock.now += 1
  t.equal(whereabouts(await person.submit(page, { decision: 'switch' })), 'login')
  const other = flow.person()
  t.equal(answerOf(await other.submit(await logIn(flow, other, ada), { decision: 'cancel' }))['error'], 'access_denied')
})

t.test('the rule decides who needs a second factor', async (t) => {
  for (const [rule, admin, ada] of [
    ['off', 'consent', 'consent'],
    ['offered', 'consent', 'consent'],
    ['operators', 'factor-set-up', 'consent'],
    ['everyone', 'factor-set-up', 'factor-set-up'],
  ] as const) {
    const flow = await startFlow(t, { SECOND_FACTOR: rule })
    await addUser(flow, 'ada', 'engine')
    t.equal(whereabouts({ page: await logIn(flow, flow.person()) }), admin, rule)
    t.equal(whereabouts({ page: await logIn(flow, flow.person(), { username: 'ada', password: 'engine' }) }), ada, rule)
  }
})

t.test('a request for a higher acr asks for the missing factor, and not for another login', async (t) => {
  const flow = await startFlow(t)
  const resource = 'https://mcp.example/mcp'
  const person = flow.person()
  await person.authorize(flow.url({ resource }))
  await person.authorize(flow.url())
  const stepUp = flow.url({ resource, acr_values: MULTI_FACTOR })
  t.equal(answerOf(await person.open(stepUp))['error'], 'unmet_authentication_requirements', 'of somebody who has none')
  t.equal(answerOf(await person.open(flow.url({ acr_values: MULTI_FACTOR, prompt: 'none' })))['error'], undefined, 'voluntary')
})

t.test('what a form of the second factor carries besides is refused, or leads back to what is next', async (t) => {
  const flow = await startFlow(t, everyone)
  const { secret } = await setUp(flow)
  const person = flow.person()
  const page = await logIn(flow, person)
  t.equal(pageOf(await person.submit(page, { code: '1'.repeat(65) })).status, 400)
  t.equal(pageOf(await person.submit(page, {}, { origin: 'https://attacker.example' })).status, 403)
  t.equal(whereabouts(await person.submit(page, {})), 'second-factor', 'no code')
  flow.clock.now += 1
  t.equal(whereabouts(await person.submit(page, { decision: 'switch' })), 'login')
  const stranger = flow.person()
  await stranger.open(flow.url())
  t.equal(pageOf(await stranger.submit(page, { code: codeOf(secret, flow.clock.now) })).status, 400, 'the page of another browser')
  person.cookies.delete('solar-session')
  t.equal(whereabouts(await person.submit(page, { code: codeOf(secret, flow.clock.now) })), 'login', 'a code alone logs nobody in')
  const cancelling = flow.person()
  t.equal(answerOf(await cancelling.submit(await logIn(flow, cancelling), { decision: 'cancel' }))['error'], 'access_denied')
})

t.test('a set-up belongs to one session, and does not wait for ever', async (t) => {
  const flow = await startFlow(t, everyone)
  const [one, other] = [flow.person(), flow.person()]
  const [page, theirs] = [await logIn(flow, one), await logIn(flow, other)]
  const stolen = { set_up: page.form!.fields['set_up']!, code: codeOf(secretOn(page), flow.clock.now) }
  t.equal(whereabouts(await other.submit(theirs, stolen)), 'factor-set-up', 'of another session')
  t.equal(whereabouts(await one.submit(page, { ...stolen, set_up: `${stolen.set_up}x` })), 'factor-set-up', 'changed')
  flow.clock.now += 31 * MINUTE
  t.equal(whereabouts(await one.submit(page, { code: codeOf(secretOn(page), flow.clock.now) })), 'factor-set-up', 'too late')
  t.equal((await flow.storage.factors.listOf((await flow.storage.users.findAdministrator())!.id)).codes, undefined)
  t.equal(answerOf(await one.submit(page, { decision: 'cancel' }))['error'], 'access_denied')
  t.equal(pageOf(await one.submit(page, { code: '1'.repeat(17) })).status, 400)
})

t.test('where second factors are off, codes that were set up are not asked for, and none can be set up', async (t) => {
  const flow = await startFlow(t)
  const { id } = (await flow.storage.users.findAdministrator())!
  const off = await startFlow(t, { SECOND_FACTOR: 'off' })
  const { id: other } = (await off.storage.users.findAdministrator())!
  for (const [{ storage }, userId] of [
    [flow, id],
    [off, other],
  ] as const)
    await storage.factors.saveCodes({ userId, secret: 'unreadable', lastStep: 1, createdAt: 1 })
  t.equal(whereabouts({ page: await logIn(off, off.person()) }), 'consent')
  const person = flow.person()
  const page = await logIn(flow, person)
  t.equal(whereabouts({ page }), 'second-factor')
  t.equal(whereabouts(await person.submit(page, { code: '123456' })), 'second-factor', 'a secret that nothing opens lets nobody in')
  t.not(PASSWORD_LOGIN.acr, MULTI_FACTOR)
})

t.test('where second factors were turned off, a code counts no more, and a form that is still open sets none up', async (t) => {
  const flow = await startFlow(t, everyone)
  const { recoveryCodes, secret } = await setUp(flow)
  const [person, other] = [flow.person(), flow.person()]
  const page = await logIn(flow, person)
  await addUser(flow, 'ada', 'engine')
  const form = await logIn(flow, other, { username: 'ada', password: 'engine' })
  const restarted = { ...flow.app.settings, secondFactor: 'off' as const }
  const off = await buildApp({
    config: restarted,
    storage: flow.storage,
    keyset: flow.app.keyset,
    secret: SECRET,
    now: () => flow.clock.now,
  })
  t.teardown(() => off.close())
  const send = async (action: string, visitor: Person, fields: Record<string, string>) => {
    const cookie = [...visitor.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: flow.issuer, cookie }
    return off.inject({ method: 'POST', url: action, headers, payload: encode(fields) })
  }
  const { transaction = '' } = page.form!.fields
  t.equal((await send('/login/code', person, { transaction, code: codeOf(secret, flow.clock.now) })).statusCode, 403)
  t.equal((await send('/login/code', person, { transaction, code: recoveryCodes[0]! })).statusCode, 303, 'a recovery code does')
  const codes = { ...form.form!.fields, code: codeOf(secretOn(form), flow.clock.now) }
  t.equal((await send('/account/factors/codes', other, codes)).statusCode, 303, 'back to what is next')
  t.equal((await flow.storage.factors.listOf('id of ada')).codes, undefined)

  // Another request of the session was a moment faster.
  t.intercept(flow.storage.factors, 'saveCodes', { value: async () => false })
  const late = await other.submit({ ...form, form: { action: '/account/factors/codes', fields: form.form!.fields } }, { code: codes.code })
  t.notMatch(late.page?.html ?? '', /page-recovery-codes/)
})
