import t from 'tap'
import { sha256 } from '#src/domain/protocol/sha256.ts'
import { hashCheaply } from '#test/support/people/cheap-password.ts'
import { addUser, pageOf, startFlow, whereabouts } from '#test/support/authorization.ts'
import type { Flow } from '#test/support/authorization.ts'
import { ADMIN } from '#test/support/app.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

async function loggedIn(flow: Flow, login = ADMIN) {
  const person = flow.person()
  await person.authorize(flow.url(), login)
  flow.clock.now += 1
  return person
}

/** The cookies that a request and a login set, each with its attributes in order. */
async function cookiesSet(flow: Flow, login = ADMIN): Promise<string[]> {
  const first = await flow.send(flow.url())
  const person = flow.person()
  const { form } = pageOf(await person.open(flow.url()))
  const response = await flow.send(new URL(form!.action, flow.issuer), {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/x-www-form-urlencoded', cookie: [...person.cookies].map((pair) => pair.join('=')).join() },
    body: new URLSearchParams({ ...form!.fields, ...login }).toString(),
  })
  return [...first.headers.getSetCookie(), ...response.headers.getSetCookie()].map((cookie) =>
    cookie
      .replace(/=[\w.-]{43,};/, ';')
      .split('; ')
      .sort()
      .join('; '),
  )
}

t.test('a browser of a http issuer gets cookies that no script and no foreign post can use', async (t) => {
  const flow = await startFlow(t)
  t.strictSame(await cookiesSet(flow), [
    'HttpOnly; Path=/; SameSite=Lax; solar-browser',
    `HttpOnly; Max-Age=${14 * 24 * 3600}; Path=/; SameSite=Lax; solar-session`,
    `HttpOnly; Max-Age=${180 * 24 * 3600}; Path=/; SameSite=Lax; solar-known`,
  ])
})

t.test('a browser of a https issuer gets __Host- cookies, over TLS only', async (t) => {
  const password = 'not the default one'
  const flow = await startFlow(t, { ISSUER: 'https://auth.example.com', ADMIN_PASSWORD: password })
  t.strictSame(await cookiesSet(flow, { ...ADMIN, password }), [
    'HttpOnly; Path=/; SameSite=Lax; Secure; __Host-solar-browser',
    `HttpOnly; Max-Age=${14 * 24 * 3600}; Path=/; SameSite=Lax; Secure; __Host-solar-session`,
    `HttpOnly; Max-Age=${180 * 24 * 3600}; Path=/; SameSite=Lax; Secure; __Host-solar-known`,
  ])
})

t.test('a browser that is known already keeps its cookie', async (t) => {
  const flow = await startFlow(t)
  const person = flow.person()
  await person.open(flow.url())
  const cookie = person.cookies.get('solar-browser')
  await person.open(flow.url())
  t.equal(person.cookies.get('solar-browser'), cookie)
})

t.test('a session', async (t) => {
  const flow = await startFlow(t)

  t.test('is kept by its hash only', async (t) => {
    const person = await loggedIn(flow)
    const id = person.cookies.get('solar-session')!
    t.match(id, /^[\w-]{43}$/)
    t.notOk(await flow.storage.sessions.findLive(id, flow.clock.now, 0))
    t.ok(await flow.storage.sessions.findLive(sha256(id), flow.clock.now, 0))
  })
  t.test('ends when nobody used it for 12 hours', async (t) => {
    const person = await loggedIn(flow)
    flow.clock.now += 12 * HOUR - 2
    t.equal(whereabouts(await person.open(flow.url())), 'client')
    flow.clock.now += 12 * HOUR
    t.equal(whereabouts(await person.open(flow.url())), 'login')
  })
  t.test('ends after 14 days, however much it is used', async (t) => {
    const person = await loggedIn(flow)
    const end = flow.clock.now - 1 + 14 * 24 * HOUR
    while (flow.clock.now + 11 * HOUR < end) {
      flow.clock.now += 11 * HOUR
      t.equal(whereabouts(await person.open(flow.url())), 'client')
    }
    flow.clock.now = end
    t.equal(whereabouts(await person.open(flow.url())), 'login')
  })
  t.test('notes its use at most once a minute', async (t) => {
    const person = await loggedIn(flow)
    const seen = async () =>
      (await flow.storage.sessions.findLive(sha256(person.cookies.get('solar-session')!), flow.clock.now, 0))!.session.lastSeenAt
    const start = flow.clock.now - 1
    flow.clock.now = start + MINUTE
    await person.open(flow.url())
    t.equal(await seen(), start)
    flow.clock.now += 1
    await person.open(flow.url())
    t.equal(await seen(), start + MINUTE + 1)
  })
  t.test("that doesn't exist, or has no id, is no login", async (t) => {
    const person = flow.person()
    for (const id of ['', 'A'.repeat(43)]) {
      person.cookies.set('solar-session', id)
      t.equal(whereabouts(await person.open(flow.url())), 'login')
    }
  })
  t.test("ends when its user is disabled, who can't log in any more", async (t) => {
    const id = await addUser(flow, 'ada', 'engine')
    const person = await loggedIn(flow, { username: 'ada', password: 'engine' })
    await flow.storage.users.disable(id, flow.clock.now)
    const login = await person.open(flow.url())
    t.equal(whereabouts(login), 'login')
    t.match(pageOf(await person.submit(pageOf(login), { username: 'ada', password: 'engine' })), { status: 403, html: /don&#x27;t match/ })
  })
  t.test('ends when its user is deleted', async (t) => {
    const id = await addUser(flow, 'mary', 'engine')
    const person = await loggedIn(flow, { username: 'mary', password: 'engine' })
    await flow.storage.users.delete(id, flow.clock.now)
    t.equal(whereabouts(await person.open(flow.url())), 'login')
  })
  t.test("ends when its user's password changes, wherever it is", async (t) => {
    const id = await addUser(flow, 'grace', 'engine')
    const people = [
      await loggedIn(flow, { username: 'grace', password: 'engine' }),
      await loggedIn(flow, { username: 'grace', password: 'engine' }),
    ]
    await flow.storage.users.changePassword(id, { passwordHash: await hashCheaply('compiler'), endGrants: false }, flow.clock.now)
    for (const person of people) t.equal(whereabouts(await person.open(flow.url())), 'login')
    const login = pageOf(await people[0]!.open(flow.url()))
    const again = pageOf(await people[0]!.submit(login, { username: 'grace', password: 'engine' }))
    t.equal(again.status, 403)
    t.equal(whereabouts(await people[0]!.submit(again, { username: 'grace', password: 'compiler' })), 'client')
  })
})

t.test('a session with a short idle time stays while it is used', async (t) => {
  const flow = await startFlow(t, { SESSION_IDLE_TTL: '1m' })
  const person = await loggedIn(flow)
  for (let i = 0; i < 8; i++) {
    flow.clock.now += 20_000
    t.equal(whereabouts(await person.open(flow.url())), 'client')
  }
  flow.clock.now += MINUTE
  t.equal(whereabouts(await person.open(flow.url())), 'login')
})

t.test('a login gives the browser a new session, never one that somebody planted', async (t) => {
  const flow = await startFlow(t)

  t.test('an id that an attacker chose is not taken over', async (t) => {
    const person = flow.person()
    const planted = 'planted-by-an-attacker-0000000000000000000000'
    person.cookies.set('solar-session', planted)
    await person.authorize(flow.url())
    t.not(person.cookies.get('solar-session'), planted)
    t.notOk(await flow.storage.sessions.findLive(sha256(planted), flow.clock.now, 0))
  })
  t.test("the session that an attacker logged in with ends, and never becomes the person's", async (t) => {
    await addUser(flow, 'mallory', 'evil')
    const attacker = await loggedIn(flow, { username: 'mallory', password: 'evil' })
    const person = flow.person()
    person.cookies.set('solar-session', attacker.cookies.get('solar-session')!)
    await person.submit(pageOf(await person.open(flow.url({ prompt: 'login' }))), ADMIN)
    t.not(person.cookies.get('solar-session'), attacker.cookies.get('solar-session'))
    t.equal(whereabouts(await attacker.open(flow.url())), 'login')
  })
})
