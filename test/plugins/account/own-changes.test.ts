// What people change of their own account: the profile, the download, the deletion. Each asks for a recent login.
import t from 'tap'
import { openAccount, post } from '#test/support/people/account.ts'
import { addUser, pageOf, startFlow, textOf, whereabouts } from '#test/support/authorization.ts'
import type { Flow } from '#test/support/authorization.ts'
import { ADMIN } from '#test/support/app.ts'

const ADA = { username: 'ada', password: 'engine' }
/** Good enough. */
const NEW = 'a telescope beside the violet kettle'
const LONG_AGO = 11 * 60_000

async function scene(t: Parameters<typeof startFlow>[0], env: Record<string, string> = {}) {
  const flow = await startFlow(t, env)
  const id = await addUser(flow, ADA.username, ADA.password)
  const person = flow.person()
  await openAccount(flow, person, ADA)
  return { flow, id, person }
}
const shown = (flow: Flow, id: string) => flow.storage.users.find(id)

t.test('for what matters a login of more than ten minutes ago is not enough', async (t) => {
  const { flow, id, person } = await scene(t)
  const forms: [string, Record<string, string>][] = [
    ['/account/profile', { name: 'Ada' }],
    ['/account/password', { password: NEW }],
    ['/account/deletion', { username: 'ada' }],
  ]
  for (const [path, fields] of forms) {
    const page = await openAccount(flow, person, ADA, path)
    flow.clock.now += LONG_AGO
    const login = pageOf(await person.open(flow.issuer + path))
    t.match(textOf(login.html), /Please sign in once more/, path)
    t.match(login.html, 'value="ada"', 'the name is filled in')
    t.equal(whereabouts(await post(person, page, path, fields)), 'login', `${path} is posted too late`)
    t.equal(whereabouts({ page: pageOf(await person.submit(login, ADA)) }), path.replace('/account/', 'my-'))
  }
  flow.clock.now += LONG_AGO
  t.equal(whereabouts(await person.open(`${flow.issuer}/account/data`)), 'login')
  t.equal(whereabouts(await person.open(`${flow.issuer}/account`)), 'my-account', 'looking does not matter so much')
  t.match(await shown(flow, id), { profile: {} })
})

t.test('people change what apps learn about them; it does not count as verified', async (t) => {
  const { flow, id, person } = await scene(t)
  const page = await openAccount(flow, person, ADA, '/account/profile')
  const fields = {
    name: 'Ada Lovelace',
    email: 'ada@example.com',
    phone: '+44 20 7946 0000',
    locality: 'London',
    locale: 'en-GB',
    gender: '',
  }
  const done = pageOf(await post(person, page, '/account/profile', fields))
  t.match(textOf(done.html), /Your changes are saved\..*Ada Lovelace ada@example\.com/)
  t.strictSame(
    [(await shown(flow, id))!.profile, (await shown(flow, id))!.email, (await shown(flow, id))!.emailVerified],
    [
      {
        name: 'Ada Lovelace',
        phoneNumber: '+44 20 7946 0000',
        phoneNumberVerified: false,
        locale: 'en-GB',
        address: { locality: 'London' },
      },
      'ada@example.com',
      false,
    ],
  )
  const again = await openAccount(flow, person, ADA, '/account/profile')
  t.match(again.html, 'value="Ada Lovelace"')
  await post(person, again, '/account/profile', { ...fields, name: '', locality: '' })
  t.notMatch((await shown(flow, id))!.profile, { name: /./ })
  t.notMatch((await shown(flow, id))!.profile, { address: /./ })
  const before = await flow.storage.auditEvents.list({ userId: id, since: 0, limit: 100 })
  t.match(
    before.filter(({ name }) => name === 'user.updated').map(({ actor, details }) => [actor, details['changed']]),
    [
      ['user ada', ['name', 'locality']],
      ['user ada', ['email', 'name', 'locale', 'phone', 'locality']],
    ],
  )
  t.equal(
    whereabouts(await post(person, again, '/account/profile', { ...fields, name: '', locality: '' })),
    'my-account',
    'nothing to change',
  )
  t.equal((await flow.storage.auditEvents.list({ userId: id, since: 0, limit: 100 })).length, before.length)
})

t.test('what the operator verified stays verified until it changes', async (t) => {
  const { flow, id, person } = await scene(t)
  const profile = { phoneNumber: '+44 20 7946 0000', phoneNumberVerified: true }
  await flow.storage.users.updateOwn({ id, profile, email: 'ada@example.com', emailVerified: true }, flow.clock.now)
  const page = await openAccount(flow, person, ADA, '/account/profile')
  await post(person, page, '/account/profile', { name: 'Ada', email: 'ada@example.com', phone: '+44 20 7946 0000' })
  t.match(await shown(flow, id), { emailVerified: true, profile: { name: 'Ada', phoneNumberVerified: true } })
})

t.test('a value that can not be is refused beside its field, with all others as typed', async (t) => {
  const { flow, id, person } = await scene(t)
  const page = await openAccount(flow, person, ADA, '/account/profile')
  const wrong: [string, string, RegExp][] = [
    ['email', 'not an address', /Email/],
    ['website', 'javascript:alert(1)', /Your website/],
    ['birthdate', '1984-02-31', /Date of birth/],
    ['zoneinfo', 'Mars/Olympus', /Time zone/],
  ]
  for (const [name, value, label] of wrong) {
    const answer = pageOf(await post(person, page, '/account/profile', { nickname: 'Countess', [name]: value }))
    t.equal(answer.status, 400)
    t.match(textOf(answer.html), label)
    t.match(textOf(answer.html), /This can't be saved/)
    t.match(answer.html, new RegExp(`id="${name}"[^>]*aria-invalid="true"`))
    t.match(answer.html, 'value="Countess"')
  }
  t.match(await shown(flow, id), { profile: {}, email: undefined })
})

t.test('the administrator keeps the address and the password of the configuration, and the account', async (t) => {
  const flow = await startFlow(t, { ADMIN_EMAIL: 'root@example.com' })
  const person = flow.person()
  const page = await openAccount(flow, person, ADMIN, '/account/profile')
  t.match(page.html, /id="email"[^>]* readonly/)
  await post(person, page, '/account/profile', { name: 'Root', email: 'other@example.com' })
  t.match(await flow.storage.users.findAdministrator(), { email: 'root@example.com', profile: { name: 'Root' } })
  const { passwordHash } = (await flow.storage.users.findAdministrator())!
  const password = await openAccount(flow, person, ADMIN, '/account/password')
  t.match(textOf(password.html), /The operator of this server sets your password/)
  await post(person, password, '/account/password', { password: NEW })
  t.equal((await flow.storage.users.findAdministrator())!.passwordHash, passwordHash)
  const deletion = await openAccount(flow, person, ADMIN, '/account/deletion')
  t.match(textOf(deletion.html), /can't be deleted here/)
  t.match(textOf(pageOf(await post(person, deletion, '/account/deletion', { username: 'admin' })).html), /can't be deleted here/)
  t.ok(await flow.storage.users.findAdministrator())
})

t.test('a new password signs out all other browsers, and counts from then on', async (t) => {
  const { flow, id, person } = await scene(t)
  const other = flow.person()
  await other.authorize(flow.url({ scope: 'openid offline_access' }), ADA)
  const page = await openAccount(flow, person, ADA, '/account/password')
  const before = person.cookies.get('solar-known')
  const done = pageOf(await post(person, page, '/account/password', { username: 'ada', password: NEW }))
  t.match(textOf(done.html), /Your password is changed\. All other browsers are signed out\./)
  t.equal(whereabouts(await person.open(`${flow.issuer}/account`)), 'my-account')
  t.not(person.cookies.get('solar-known'), before, 'the browser is known under the new password')
  t.equal((await flow.storage.grants.list({ userId: id, now: flow.clock.now, limit: 9 })).length, 1, 'apps stay connected')
  const login = pageOf(await other.open(`${flow.issuer}/account`))
  t.equal(pageOf(await other.submit(login, ADA)).status, 403)
  t.equal(whereabouts(await other.submit(login, { ...ADA, password: NEW })), 'my-account')
  const [event] = (await flow.storage.auditEvents.list({ userId: id, since: 0, limit: 9 })).filter(
    ({ name }) => name === 'user.password_changed',
  )
  t.match(event, { actor: 'user ada', details: { grants_ended: false } })
  t.notMatch(JSON.stringify(event), NEW)
})

t.test('with a new password all apps may be disconnected', async (t) => {
  const { flow, id, person } = await scene(t)
  await person.authorize(flow.url({ scope: 'openid offline_access' }), ADA)
  const page = await openAccount(flow, person, ADA, '/account/password')
  await post(person, page, '/account/password', { password: NEW, apps: 'end' })
  t.strictSame(await flow.storage.grants.list({ userId: id, now: flow.clock.now, limit: 9 }), [])
})

t.test('a password that is not good enough changes nothing', async (t) => {
  const { flow, id, person } = await scene(t)
  const page = await openAccount(flow, person, ADA, '/account/password')
  const { passwordHash } = (await shown(flow, id))!
  for (const [password, problem] of [
    ['short', /too short/],
    ['password1234', /easy to guess/],
    [`ada localhost ada`, /more than your username/],
    ['x'.repeat(2000), /too long/],
  ] as const) {
    const answer = pageOf(await post(person, page, '/account/password', { password }))
    t.equal(answer.status, 400)
    t.match(textOf(answer.html), problem)
    t.notMatch(answer.html, `="${password}"`)
  }
  t.equal((await shown(flow, id))!.passwordHash, passwordHash)
})

t.test('people download what is kept about them, without any secret', async (t) => {
  const { flow, id, person } = await scene(t)
  await person.authorize(flow.url({ scope: 'openid offline_access' }), ADA)
  await flow.storage.groups.insert({ name: 'staff', description: '', createdAt: flow.clock.now })
  await flow.storage.groups.join({ userId: id, group: 'staff', source: 'manual', since: flow.clock.now })
  const page = pageOf(await person.open(`${flow.issuer}/account/data`))
  t.match(page.headers.get('content-disposition'), 'attachment; filename="account.json"')
  t.equal(page.headers.get('cache-control'), 'no-store')
  const kept = JSON.parse(page.html) as Record<string, unknown[]>
  t.match(kept, {
    server: flow.issuer,
    account: { sub: id, preferred_username: 'ada' },
    groups: [{ group: 'staff' }],
    apps: [{ client_id: flow.clientId, client_name: 'Test Client' }],
    allowed: [{ client_id: flow.clientId, permissions: ['openid', 'offline_access'] }],
    sessions: [{ browser: 'Firefox · Linux', network: '127.0.0.1', amr: ['pwd'] }],
  })
  t.ok(kept['events']!.length > 1)
  t.notMatch(page.html, /argon2|hash/i)
  t.equal(whereabouts(await flow.person().open(`${flow.issuer}/account/data`)), 'login')
})

t.test('people delete their account, once they have typed its name', async (t) => {
  const { flow, id, person } = await scene(t)
  const other = flow.person()
  await openAccount(flow, other, ADA)
  const page = await openAccount(flow, person, ADA, '/account/deletion')
  t.match(
    textOf(pageOf(await post(person, page, '/account/deletion', { username: 'eda' })).html),
    /That is not your username\. Nothing was deleted/,
  )
  t.ok(await shown(flow, id))
  const done = await post(person, page, '/account/deletion', { username: ' ADA ' })
  t.equal(whereabouts(done), 'account-deleted')
  t.equal(await shown(flow, id), undefined)
  t.notOk(person.cookies.has('solar-session'))
  t.equal(whereabouts(await other.open(`${flow.issuer}/account`)), 'login')
  const [event] = await flow.storage.auditEvents.list({ userId: id, since: 0, limit: 1 })
  t.match(event, { name: 'user.deleted', actor: 'user ada', details: { user: 'ada' } })
})

t.test('where the operator does not want it, nobody deletes an account', async (t) => {
  const { flow, person } = await scene(t, { ACCOUNT_DELETION: 'off' })
  t.equal(pageOf(await person.open(`${flow.issuer}/account/deletion`)).status, 404)
  t.notMatch((await openAccount(flow, person, ADA)).html, '/account/deletion')
})

t.test('an account that vanishes meanwhile leads back to the login', async (t) => {
  const { flow, id, person } = await scene(t)
  const page = await openAccount(flow, person, ADA, '/account/profile')
  await flow.storage.users.delete(id, flow.clock.now)
  t.equal(whereabouts(await post(person, page, '/account/profile', { name: 'Ada' })), 'login')
  t.equal(whereabouts(await post(person, page, '/account/password', { password: NEW })), 'login')
})
