// T24: somebody else's account page: seen, or changed, by another person, another site or a stolen form.
import t from 'tap'
import { formTokenOf, openAccount, post } from '#test/support/people/account.ts'
import { addUser, pageOf, startFlow, textOf, whereabouts } from '#test/support/authorization.ts'

const ADA = { username: 'ada', password: 'engine' }
const EVE = { username: 'eve', password: 'apple' }
const FORMS: readonly (readonly [string, Record<string, string>])[] = [
  ['/account/apps', { grant: 'x' }],
  ['/account/sessions', { others: 'all' }],
  ['/account/profile', { name: 'Evil' }],
  ['/account/password', { password: 'a password that Eve knows' }],
  ['/account/tokens', { resource: 'resource_sky', name: 'of Eve', days: '7' }],
  ['/account/tokens/end', { id: 'x' }],
  ['/account/deletion', { username: 'ada' }],
]

async function scene(t: Parameters<typeof startFlow>[0]) {
  const flow = await startFlow(t, { PERSONAL_TOKENS: 'on' })
  const id = await addUser(flow, ADA.username, ADA.password)
  await addUser(flow, EVE.username, EVE.password)
  const [ada, eve] = [flow.person(), flow.person()]
  await ada.authorize(flow.url({ scope: 'openid offline_access' }), ADA)
  const pages = { ada: await openAccount(flow, ada, ADA), eve: await openAccount(flow, eve, EVE) }
  /** What is there of Ada. */
  const state = async () => {
    const at = { userId: id, now: flow.clock.now, limit: 10 }
    const [user, grants, sessions] = await Promise.all([
      flow.storage.users.find(id),
      flow.storage.grants.list(at),
      flow.storage.sessions.list({ ...at, idleSince: 0 }),
    ])
    return { user, grants: grants.map(({ grant }) => grant.id), sessions: sessions.map(({ session }) => session.idHash) }
  }
  return { flow, id, ada, eve, pages, state }
}

t.test('the id of another person’s grant, session or consent is answered as one that nobody has', async (t) => {
  const { flow, eve, pages, state } = await scene(t)
  const before = await state()
  const answers = []
  for (const [path, name, theirs] of [
    ['/account/apps', 'grant', before.grants[0]!],
    ['/account/apps', 'client', flow.clientId],
    ['/account/sessions', 'session', before.sessions[0]!],
  ] as const) {
    for (const value of [theirs, 'nobody-has-this']) {
      const answer = pageOf(await post(eve, pages.eve, path, { [name]: value }))
      answers.push([answer.status, answer.url, textOf(answer.html)])
    }
    t.strictSame(answers.at(-1), answers.at(-2), name)
    t.match(answers.at(-1)![2], /There was nothing to end/)
  }
  t.strictSame(await state(), before)
  const events = await flow.storage.auditEvents.list({ since: 0, limit: 100 })
  t.notOk(events.some(({ name }) => name === 'grant.revoked' || name === 'session.ended'))
})

t.test('a form of one session does nothing in another, of whomever', async (t) => {
  const { flow, ada, eve, pages, state } = await scene(t)
  const before = await state()
  for (const [path, fields] of FORMS) {
    // Eve posts Ada's form, and has Ada post Eve's.
    for (const [person, page] of [
      [eve, pages.ada],
      [ada, pages.eve],
    ] as const)
      t.equal(pageOf(await post(person, page, path, fields)).status, 400, path)
  }
  t.strictSame(await state(), before)
  const again = flow.person()
  await openAccount(flow, again, ADA)
  t.equal(pageOf(await post(again, pages.ada, '/account/sessions', { others: 'all' })).status, 400, 'of the same person')
})

t.test('another site can not post for a person who is logged in here', async (t) => {
  const { ada, pages, state } = await scene(t)
  const before = await state()
  const foreign = [
    { origin: 'https://evil.example' },
    { origin: 'null', 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ]
  for (const [path, fields] of FORMS)
    for (const headers of foreign) t.equal(pageOf(await post(ada, pages.ada, path, fields, headers)).status, 403, path)
  for (const [path, fields] of FORMS) {
    const bare = await ada.submit({ ...pages.ada, form: { action: path, fields: {} } }, fields)
    t.equal(pageOf(bare).status, 400, `${path} without a token`)
  }
  t.strictSame(await state(), before)
})

t.test('nothing of an account is seen or changed without a session', async (t) => {
  const { flow, pages, state } = await scene(t)
  const before = await state()
  const nobody = flow.person()
  for (const path of ['/account', '/account/profile', '/account/password', '/account/tokens', '/account/deletion', '/account/data']) {
    const arrival = await nobody.open(flow.issuer + path)
    t.equal(whereabouts(arrival), 'login')
    t.notMatch(pageOf(arrival).html, 'ada')
  }
  for (const [path, fields] of FORMS) t.equal(whereabouts(await post(nobody, pages.ada, path, fields)), 'login', path)
  t.strictSame(await state(), before)
})

t.test('pages of an account are kept by no cache and shown in no frame', async (t) => {
  const { flow, ada } = await scene(t)
  for (const path of ['/account', '/account/profile', '/account/password', '/account/tokens', '/account/deletion']) {
    const { headers } = await openAccount(flow, ada, ADA, path)
    t.equal(headers.get('cache-control'), 'no-store')
    t.equal(headers.get('x-frame-options'), 'DENY')
    t.match(headers.get('content-security-policy'), "frame-ancestors 'none'")
  }
})

t.test('a login for the account leads to the page that was asked for, whatever a form says', async (t) => {
  const { flow } = await scene(t)
  const person = flow.person()
  const login = pageOf(await person.open(`${flow.issuer}/account/profile?account=//evil.example&path=//evil.example`))
  const arrival = await person.submit(login, { ...ADA, account: '//evil.example', path: '//evil.example' })
  t.equal(whereabouts(arrival), 'my-profile')
  t.ok(formTokenOf(pageOf(arrival)))
})
