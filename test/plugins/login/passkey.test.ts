import t from 'tap'
import { MULTI_FACTOR, PHISHING_RESISTANT } from '#src/domain/authorization/authentication.ts'
import { TRANSACTION_LIFETIME_MS } from '#src/domain/authorization/transaction.ts'
import { ADMIN } from '#test/support/app.ts'
import { addUser, answerOf, grantOf, pageOf, startFlow, textOf, whereabouts } from '#test/support/authorization.ts'
import type { Flow } from '#test/support/authorization.ts'
import { createAuthenticator, passkeyFormOf } from '#test/support/people/authenticator.ts'
import type { Lies } from '#test/support/people/authenticator.ts'
import { answerPasskey as answer, usePasskey as use } from '#test/support/people/factors.ts'
import type { Arrival, Page, Person } from '#test/support/people/person.ts'

const ORIGIN = 'http://localhost:8000'
const RESOURCE = 'https://mcp.example/mcp'
const env = { SECOND_FACTOR: 'everyone', RATE_LIMIT_LOGIN: 'off' }

const logIn = async (flow: Flow, person: Person, login = ADMIN, url = flow.url()): Promise<Page> =>
  pageOf(await person.submit(pageOf(await person.open(url)), login))

/** Sets up a passkey within a login, and goes on to the consent. */
async function setUp(flow: Flow, { person = flow.person(), login = ADMIN, authenticator = createAuthenticator(ORIGIN) } = {}) {
  const page = await logIn(flow, person, login)
  const codes = pageOf(await answer(person, page, authenticator.create(passkeyFormOf(page.html).options), { name: 'Phone' }))
  const consent = pageOf(await person.submit(codes, { decision: 'continue' }))
  return { person, authenticator, codes, consent }
}

t.test('a passkey is set up within a login, then logs its owner in without name and password', async (t) => {
  const flow = await startFlow(t, env)
  const { person, authenticator, codes, consent } = await setUp(flow)
  t.equal(whereabouts({ page: codes }), 'recovery-codes')
  const { code } = answerOf(await person.submit(consent, { decision: 'allow' }))
  t.match(await grantOf(flow, code), { amr: ['pwd', 'pop', 'user', 'mfa'], acr: PHISHING_RESISTANT })

  const elsewhere = flow.person()
  const page = pageOf(await elsewhere.open(flow.url()))
  t.equal(page.headers.get('content-security-policy')?.includes("script-src 'self'"), true)
  t.match(page.html, /data-passkey="autofill"/)
  t.match(JSON.parse(passkeyFormOf(page.html).options), { rpId: 'localhost', userVerification: 'required', allowCredentials: [] })
  const inside = pageOf(await use(elsewhere, page, authenticator))
  t.equal(whereabouts({ page: inside }), 'account')
  t.match(textOf(inside.html), /Signed in as admin What you sign in with was changed/, 'of which they hear once')
  const grant = await grantOf(flow, answerOf(await elsewhere.submit(inside, { decision: 'continue' }))['code'])
  t.match(grant, { amr: ['pop', 'user', 'mfa'], acr: PHISHING_RESISTANT })
  t.match(await flow.storage.factors.findPasskey(authenticator.id), {
    name: 'Phone',
    synced: true,
    backedUp: true,
    rpId: 'localhost',
    counter: 1,
  })
})

t.test('after a password, the passkey of this person is asked for, and no other counts', async (t) => {
  const flow = await startFlow(t, env)
  await addUser(flow, 'ada', 'engine')
  const ada = { username: 'ada', password: 'engine' }
  const [own, theirs] = [await setUp(flow), await setUp(flow, { login: ada })]
  const person = flow.person()
  const page = await logIn(flow, person)
  t.equal(whereabouts({ page }), 'second-factor')
  t.match(textOf(page.html), /Use your passkey. If you lost it, enter a recovery code/)
  t.match(JSON.parse(passkeyFormOf(page.html).options), { allowCredentials: [{ id: own.authenticator.id }] })
  const wrong = pageOf(await use(person, page, theirs.authenticator))
  t.match({ status: wrong.status, at: whereabouts({ page: wrong }) }, { status: 403, at: 'second-factor' })
  t.equal(whereabouts(await use(person, wrong, own.authenticator)), 'consent')
  t.equal(whereabouts(await person.open(flow.url())), 'consent', 'and the session has it')
})

t.test('an answer that is not right in every point logs nobody in', async (t) => {
  const flow = await startFlow(t, env)
  const { authenticator, person: owner } = await setUp(flow)
  const entrance = async () => {
    const person = flow.person()
    return { person, page: pageOf(await person.open(flow.url())) }
  }
  const refused = async (arrival: Arrival, why: string) => {
    const page = pageOf(arrival)
    t.match({ status: page.status, at: whereabouts(arrival) }, { status: 403, at: 'login' }, why)
    t.match(textOf(page.html), /That passkey didn't work here/)
  }
  const cases: [string, Lies][] = [
    ['another origin', { origin: 'http://localhost:8001' }],
    ['a false page', { origin: 'https://attacker.example' }],
    ['another host', { rpId: 'attacker.example' }],
    ['another challenge', { challenge: Buffer.from('a challenge of somebody else').toString('base64url') }],
    ['another user handle', { userHandle: Buffer.from('id of ada').toString('base64url') }],
    ['a person who was not verified', { isUserVerified: false }],
  ]
  for (const [why, lies] of cases) {
    const { person, page } = await entrance()
    await refused(await use(person, page, authenticator, lies), why)
  }
  const { person, page } = await entrance()
  for (const credential of [
    '',
    '{}',
    '[]',
    'x',
    '{"id":1}',
    '{"id":"unknown"}',
    `{"id":"${authenticator.id}"}`,
    `{"id":"${authenticator.id}","response":{}}`,
  ])
    await refused(await answer(person, page, credential), credential)
  await refused(await use(person, page, createAuthenticator(ORIGIN)), 'an unknown key')

  const credential = authenticator.get(passkeyFormOf(page.html).options)
  t.equal(whereabouts(await answer(person, page, credential)), 'consent')
  await refused(await answer(person, page, credential), 'the same answer again')
  const other = await entrance()
  await refused(await answer(other.person, other.page, credential), 'the answer to another page')
  const { transaction } = pageOf(await person.open(flow.url())).form!.fields as { transaction: string }
  await refused(await answer(person, page, authenticator.get(passkeyFormOf(page.html).options), { transaction }), 'no challenge')
  t.equal(
    whereabouts(await answer(owner, other.page, authenticator.get(passkeyFormOf(other.page.html).options))),
    'error',
    'the page of another browser',
  )
  t.equal(pageOf(await answer(other.person, other.page, 'x'.repeat(16_385))).status, 400)

  flow.clock.now += TRANSACTION_LIFETIME_MS
  t.equal(pageOf(await use(other.person, other.page, authenticator)).status, 400, 'too late')
})

t.test('a copy of a key is noticed by its counter, and refused', async (t) => {
  const flow = await startFlow(t, env)
  const { authenticator } = await setUp(flow)
  const counted = async (counter: number) => {
    const person = flow.person()
    return whereabouts(await use(person, pageOf(await person.open(flow.url())), authenticator, { counter }))
  }
  t.equal(await counted(7), 'consent')
  t.equal(await counted(7), 'login')
  t.equal(await counted(6), 'login')
  t.equal(await counted(0), 'login')
  const copied = (await flow.storage.auditEvents.list({ since: 0, limit: 99 })).filter(({ name }) => name === 'passkey.copied')
  t.equal(copied.length, 3)
  t.match(copied[0], { details: { user: 'admin', passkey: 'Phone' } })
  t.equal(await counted(8), 'consent')

  const uncounting = await setUp(flow, {
    login: await newcomer(flow),
    authenticator: createAuthenticator(ORIGIN, { counts: false, backedUp: false, transports: null }),
  })
  for (let times = 0; times < 2; times++) {
    const person = flow.person()
    t.equal(whereabouts(await use(person, pageOf(await person.open(flow.url())), uncounting.authenticator)), 'consent', '0 on both sides')
  }
  const person = flow.person()
  const page = pageOf(await person.open(flow.url()))
  const credential = uncounting.authenticator.get(passkeyFormOf(page.html).options)
  t.equal(whereabouts(await answer(person, page, credential)), 'consent')
  t.equal(whereabouts(await answer(person, page, credential)), 'login', 'the same answer again, which no counter tells')
  const kept = await flow.storage.factors.findPasskey(uncounting.authenticator.id)
  t.strictSame([kept?.synced, kept?.backedUp, kept?.transports], [false, false, []])
})

async function newcomer(flow: Flow) {
  await addUser(flow, 'ada', 'engine')
  return { username: 'ada', password: 'engine' }
}

t.test('a disabled person has no use for a passkey', async (t) => {
  const flow = await startFlow(t, env)
  const login = await newcomer(flow)
  const { authenticator } = await setUp(flow, { login })
  await flow.storage.users.disable('id of ada', flow.clock.now)
  const person = flow.person()
  t.equal(whereabouts(await use(person, pageOf(await person.open(flow.url())), authenticator)), 'login')
})

t.test('a session that began with a password and a recovery code steps up to a passkey, and its login stays as old', async (t) => {
  const flow = await startFlow(t, env)
  const { authenticator, codes } = await setUp(flow)
  const person = flow.person()
  const recovery = /<li><code>([^<]+)</.exec(codes.html)![1]!
  const began = Math.floor(flow.clock.now / 1000)
  const consent = pageOf(await person.submit(await logIn(flow, person, ADMIN, flow.url({ resource: RESOURCE })), { code: recovery }))
  const first = await grantOf(flow, answerOf(await person.submit(consent, { decision: 'allow' }))['code'])
  t.match(first, { amr: ['pwd', 'otp', 'mfa'], acr: MULTI_FACTOR })
  flow.clock.now += 300_000
  const asked = flow.url({ resource: RESOURCE, acr_values: 'phr' })
  t.equal(answerOf(await person.open(flow.url({ resource: RESOURCE, acr_values: 'phr', prompt: 'none' })))['error'], 'login_required')
  const page = pageOf(await person.open(asked))
  t.equal(whereabouts({ page }), 'second-factor')
  t.match(textOf(page.html), /The app asks for a passkey/)
  t.notMatch(page.html, /name="code"/, 'a code would not do')
  const refused = pageOf(await use(person, page, createAuthenticator(ORIGIN)))
  t.equal(whereabouts({ page: refused }), 'second-factor')
  const arrival = await use(person, refused, authenticator)
  const grant = await grantOf(flow, answerOf(arrival)['code'])
  t.match(grant, { acr: PHISHING_RESISTANT, amr: ['pwd', 'otp', 'mfa', 'pop', 'user'] })
  t.equal(Math.floor(grant.authTime / 1000), began)
  const lower = await grantOf(flow, answerOf(await person.open(flow.url({ resource: RESOURCE, acr_values: MULTI_FACTOR })))['code'])
  t.equal(lower.acr, MULTI_FACTOR, 'a token states what was asked for')
})

t.test('a passkey is not set up by a wrong answer, twice, or for another page', async (t) => {
  const flow = await startFlow(t, env)
  const person = flow.person()
  let page = await logIn(flow, person)
  for (const [why, credential] of [
    ['nothing', undefined],
    ['no JSON', 'x'],
    ['no answer', '{}'],
    ['another origin', createAuthenticator('https://attacker.example').create(passkeyFormOf(page.html).options)],
    ['another host', createAuthenticator(ORIGIN).create(passkeyFormOf(page.html).options, { rpId: 'attacker.example' })],
    ['nobody verified', createAuthenticator(ORIGIN).create(passkeyFormOf(page.html).options, { isUserVerified: false })],
    ['another challenge', createAuthenticator(ORIGIN).create(passkeyFormOf(page.html).options, { challenge: 'AAAA' })],
  ] as const) {
    const { action, fields } = passkeyFormOf(page.html)
    const arrival = await person.submit({ ...page, form: { action, fields } }, credential === undefined ? {} : { credential })
    t.match({ status: pageOf(arrival).status, at: whereabouts(arrival) }, { status: 403, at: 'factor-set-up' }, why)
  }
  const credential = createAuthenticator(ORIGIN).create(passkeyFormOf(page.html).options)
  page = pageOf(await answer(person, page, credential))
  t.equal(whereabouts({ page }), 'recovery-codes')
  const { passkeys } = await flow.storage.factors.listOf((await flow.storage.users.findAdministrator())!.id)
  t.equal(passkeys.length, 1)
  t.match(passkeys[0]!.name, /^Passkey \d{4}-\d\d-\d\d$/)
})

t.test('where the issuer is an address, no passkey is asked for or set up', async (t) => {
  const flow = await startFlow(t, { ...env, ISSUER: 'http://127.0.0.1:8000' })
  const person = flow.person()
  const login = pageOf(await person.open(flow.url()))
  t.notMatch(login.html, /passkey|webauthn|<script/)
  const page = await logIn(flow, person)
  t.notMatch(page.html, /data-passkey/)
  const fields = { ...page.form!.fields, credential: '{}' }
  t.equal(whereabouts(await person.submit({ ...page, form: { action: '/account/factors/passkey', fields } }, {})), 'factor-set-up')
  const transaction = login.form!.fields['transaction']!
  t.equal(
    pageOf(await person.submit({ ...login, form: { action: '/login/passkey', fields: { transaction, credential: '{"id":"x"}' } } }, {}))
      .status,
    403,
  )
})

t.test('a sender who makes the server check passkeys without end is turned away', async (t) => {
  const flow = await startFlow(t, { SECOND_FACTOR: 'offered', RATE_LIMIT_LOGIN: '2/5m' })
  const person = flow.person()
  let page = pageOf(await person.open(flow.url()))
  for (let attempt = 0; attempt < 2; attempt++) page = pageOf(await use(person, page, createAuthenticator(ORIGIN)))
  t.equal(page.status, 403)
  t.equal(pageOf(await use(person, page, createAuthenticator(ORIGIN))).status, 429)
})

t.test('a wrong passkey leads back to the page that takes a code, too, where there is an app', async (t) => {
  const flow = await startFlow(t, env)
  const { id } = (await flow.storage.users.findAdministrator())!
  const { authenticator } = await setUp(flow)
  await flow.storage.factors.saveCodes({ userId: id, secret: 'unreadable', lastStep: 1, createdAt: 1 })
  const person = flow.person()
  const page = await logIn(flow, person)
  const refused = pageOf(await use(person, page, createAuthenticator(ORIGIN)))
  t.match([refused.status, textOf(refused.html)], [403, /Enter the code that your authenticator app shows/])
  t.equal(whereabouts(await use(person, refused, authenticator)), 'consent')
})
