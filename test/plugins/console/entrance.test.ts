// Who gets into the console, and for how long.
import t from 'tap'
import { openAccount } from '#test/support/people/account.ts'
import { ADMIN } from '#test/support/app.ts'
import { pageOf, textOf, whereabouts } from '#test/support/authorization.ts'
import { startConsole } from '#test/support/people/console.ts'
import { createAuthenticator, passkeyFormOf } from '#test/support/people/authenticator.ts'
import { answerPasskey, codeOf, secretOn, usePasskey } from '#test/support/people/factors.ts'

const MINUTE = 60_000

t.test('people with a role get in after a login, others learn that they need one', async (t) => {
  const flow = await startConsole(t)
  for (const role of ['viewer', 'operator', 'owner'] as const) {
    const { open } = await flow.enter(await flow.add(role, role))
    t.match(textOf((await open('/admin')).html), new RegExp(`${role} · ${role}`, 'i'))
  }
  const ada = await flow.add('ada')
  const person = flow.person()
  const refused = pageOf(await person.submit(pageOf(await person.open(`${flow.issuer}/admin`)), ada))
  t.equal(refused.status, 403)
  t.match(textOf(refused.html), /has no role/)
  t.equal(whereabouts(await person.open(`${flow.issuer}/account`)), 'my-account', 'who is logged in all the same')
  for (let times = 2; times <= 30; times++) await person.open(`${flow.issuer}/admin`)
  const events = (await flow.storage.auditEvents.list({ since: 0, limit: 100 })).filter(({ name }) => name.startsWith('console.'))
  const about = (name: string, user: string, details: object) => ({ name, actor: `user ${user}`, details: { user, ...details } })
  t.match(
    events.map(({ name, actor, details, times }) => ({ name, actor, details, times })),
    [
      { ...about('console.refused', 'ada', { denial: 'no role' }), times: 30 },
      ...['owner', 'operator', 'viewer'].map((role) => about('console.opened', role, { role })),
    ],
    'what somebody repeats is one event',
  )
  t.ok(events.every(({ userId, address }) => userId !== undefined && address !== undefined))
})

t.test('a login leads to the page that was asked for, in the language of the person', async (t) => {
  const flow = await startConsole(t)
  const person = flow.person()
  const login = pageOf(await person.open(`${flow.issuer}/admin/people?ui_locales=ko`))
  t.match(login.html, '<html lang="ko">')
  const page = pageOf(await person.submit(login, ADMIN))
  t.match(page.url, '/admin/people')
  t.match(pageOf(await person.open(`${flow.issuer}/admin/people?ui_locales=ko`)).html, '<html lang="ko">')
})

t.test('a login that is not recent has to be made again; the console stays open for two hours after its last use', async (t) => {
  const flow = await startConsole(t)
  const person = flow.person()
  await openAccount(flow, person, ADMIN)
  flow.clock.now += 11 * MINUTE
  const login = pageOf(await person.open(`${flow.issuer}/admin`))
  t.match(textOf(login.html), /sign in once more/)
  const again = pageOf(await person.submit(login, ADMIN))
  t.equal(whereabouts({ page: again }), 'console')
  for (let hours = 0; hours < 3; hours++) {
    flow.clock.now += 119 * MINUTE
    t.equal(whereabouts(await person.open(`${flow.issuer}/admin/people`)), 'console', 'in use')
  }
  flow.clock.now += 121 * MINUTE
  t.equal(whereabouts(await person.open(`${flow.issuer}/admin`)), 'login', 'idle')
  t.equal(whereabouts(await person.open(`${flow.issuer}/account`)), 'my-account', 'the session goes on')
})

t.test('an operator who closes the console is out of it at once, and still logged in', async (t) => {
  const flow = await startConsole(t)
  const visitor = await flow.enter()
  const cookie = visitor.person.cookies.get('solar-console')!
  const away = pageOf(await visitor.post('/admin/leave'))
  t.equal(whereabouts({ page: away }), 'my-account')
  t.notOk(visitor.person.cookies.has('solar-console'))
  flow.clock.now += 11 * MINUTE
  visitor.person.cookies.set('solar-console', cookie)
  t.equal(whereabouts(await visitor.person.open(`${flow.issuer}/admin`)), 'login', 'the cookie opens nothing any more')
  t.equal(whereabouts(await visitor.post('/admin/leave')), 'my-account', 'once more')
})

t.test('the cookie is for this host alone, goes along from its own pages only, and no script reads it', async (t) => {
  const flow = await startConsole(t)
  const { person } = await flow.enter()
  const cookie = [...person.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  person.cookies.delete('solar-console')
  const fresh = cookie.replace(/; solar-console=[^;]*/, '')
  const response = await flow.app.inject({ url: '/admin', headers: { cookie: fresh } })
  const [line] = [response.headers['set-cookie']!].flat().filter((each) => each.startsWith('solar-console='))
  t.match(line, /; Path=\/; HttpOnly; SameSite=Strict$/)
  t.equal(response.headers['cache-control'], 'no-store')
})

t.test('what ends the sessions of a person ends the console: another role, a new password, the end of the account', async (t) => {
  const flow = await startConsole(t)
  const { users } = flow.storage
  const ends: ((id: string) => Promise<unknown>)[] = [
    (id) => users.changeRole(id, { before: 'operator', after: 'viewer' }, flow.clock.now),
    (id) => users.changeRole(id, { before: 'operator', after: undefined }, flow.clock.now),
    (id) => users.disable(id, flow.clock.now),
    (id) => users.delete(id, flow.clock.now),
    (id) => flow.storage.sessions.endOf(id, flow.clock.now),
  ]
  for (const [index, end] of ends.entries()) {
    const login = await flow.add(`operator${index}`, 'operator')
    const { person, post } = await flow.enter(login)
    await end(login.id)
    t.equal(whereabouts(await person.open(`${flow.issuer}/admin`)), 'login')
    t.equal(whereabouts(await post('/admin/groups/add', { group: 'g', description: '' })), 'login')
  }
  t.strictSame(await flow.storage.groups.list(), [])
})

const HTTPS = { ISSUER: 'https://auth.example.com', ADMIN: 'on', ADMIN_PASSWORD: 'a telescope beside the violet kettle' }
const OWNER = { username: 'admin', password: HTTPS.ADMIN_PASSWORD }

t.test('on the network a second factor is set up on the way in, and asked for from then on', async (t) => {
  const flow = await startConsole(t, HTTPS)
  const person = flow.person()
  const setUp = pageOf(await person.submit(pageOf(await person.open(`${flow.issuer}/admin`)), OWNER))
  t.equal(whereabouts({ page: setUp }), 'factor-set-up')
  t.equal(whereabouts(await flow.person().open(`${flow.issuer}/admin`)), 'login')
  const secret = secretOn(setUp)
  const codes = pageOf(await person.submit(setUp, { code: codeOf(secret, flow.clock.now) }))
  t.equal(whereabouts(await person.submit(codes, { decision: 'continue' })), 'console')
  t.ok(person.cookies.has('__Host-solar-console'))
  flow.clock.now += MINUTE
  const other = flow.person()
  const asked = pageOf(await other.submit(pageOf(await other.open(`${flow.issuer}/admin/people`)), OWNER))
  t.equal(whereabouts({ page: asked }), 'second-factor')
  t.equal(whereabouts(await other.open(`${flow.issuer}/admin`)), 'second-factor', 'a password is not enough')
  const inside = pageOf(await other.submit(asked, { code: codeOf(secret, flow.clock.now) }))
  t.match(inside.url, '/admin/people')
})

t.test(
  'where a password is enough to log in, the console still asks for the passkey that somebody has, and sets up no other',
  async (t) => {
    const flow = await startConsole(t, { ...HTTPS, SECOND_FACTOR: 'off' })
    const person = flow.person()
    const setUp = pageOf(await person.submit(pageOf(await person.open(`${flow.issuer}/admin`)), OWNER))
    t.equal(whereabouts({ page: setUp }), 'factor-set-up')
    const authenticator = createAuthenticator(flow.issuer)
    const codes = pageOf(await answerPasskey(person, setUp, authenticator.create(passkeyFormOf(setUp.html).options), { name: 'Phone' }))
    t.equal(whereabouts(await person.submit(codes, { decision: 'continue' })), 'console')
    const other = flow.person()
    const asked = pageOf(await other.submit(pageOf(await other.open(`${flow.issuer}/admin`)), OWNER))
    t.equal(whereabouts({ page: asked }), 'second-factor')
    t.equal(whereabouts(await other.open(`${flow.issuer}/account`)), 'my-account', 'the password is enough there')
    t.equal(whereabouts(await usePasskey(other, asked, authenticator)), 'console')
  },
)

t.test('the console is off unless the issuer is a loopback address, and found from where ADMIN_ADDRESSES says only', async (t) => {
  const off = await startConsole(t, { ...HTTPS, ADMIN: '' })
  t.equal((await off.app.inject({ url: '/admin' })).statusCode, 404)
  t.equal((await (await startConsole(t, { ADMIN: 'off' })).app.inject({ url: '/admin' })).statusCode, 404)
  const { app } = await startConsole(t, { ADMIN_ADDRESSES: '192.0.2.0/24' })
  t.equal((await app.inject({ url: '/admin' })).statusCode, 404)
  t.equal((await app.inject({ url: '/admin/keys/rotate', method: 'POST', payload: '', remoteAddress: '198.51.100.1' })).statusCode, 404)
  t.equal((await app.inject({ url: '/admin', remoteAddress: '192.0.2.7' })).statusCode, 200)
})
