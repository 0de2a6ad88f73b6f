/** threat-model.md T15: a stranger who guesses doesn't keep the owner out of a browser in which they have logged in before. */
import t from 'tap'
import { MACHINE_OWNER } from '#src/domain/user/role.ts'
import { KNOWN_FOR_MS, rememberAccount } from '#src/domain/user/known-browser.ts'
import type { MacKeys } from '#src/domain/protocol/mac.ts'
import { unlockUser } from '#src/operations/users/users.ts'
import { hashCheaply } from '#test/support/people/cheap-password.ts'
import { addUser, pageOf, startFlow, textOf, whereabouts } from '#test/support/authorization.ts'
import type { Flow } from '#test/support/authorization.ts'
import { ADMIN, createApp, injectFetch } from '#test/support/app.ts'
import { createPerson } from '#test/support/people/person.ts'
import type { Arrival, Person } from '#test/support/people/person.ts'
import { withPostgres } from '#test/support/processes/postgres.ts'

const WRONG = { username: 'admin', password: 'wrong' }
const MALLORY = { username: 'mallory', password: 'evil' }
const KNOWN = 'solar-known'

const start = (t: Parameters<typeof startFlow>[0], env: Record<string, string> = {}) =>
  startFlow(t, { RATE_LIMIT_LOGIN: '3/15m', TRUST_PROXY: '1', ...env })

/** One attempt in a browser; of a session that it has, nothing is left before. */
async function attempt(flow: Flow, person: Person, login = WRONG, address = '192.0.2.1'): Promise<Arrival> {
  person.cookies.delete('solar-session')
  return person.submit(pageOf(await person.open(flow.url())), login, { origin: flow.issuer, 'x-forwarded-for': address })
}
const statusOf = async (arrival: Promise<Arrival>): Promise<number> => (await arrival).page!.status

/** Somebody who has logged in before. */
async function known(flow: Flow, login = ADMIN): Promise<Person> {
  const person = flow.person()
  if (whereabouts(await attempt(flow, person, login)) !== 'consent') throw new Error('not logged in')
  return person
}

/** Strangers with addresses of their own use up the attempts of an account. */
async function lock(flow: Flow): Promise<void> {
  for (let i = 0; i < 12; i++) await attempt(flow, flow.person(), WRONG, `198.51.100.${i}`)
}

/** A browser with the cookie of another. */
function copyOf(flow: Flow, cookie: string | undefined): Person {
  const person = flow.person()
  person.cookies.set(KNOWN, cookie ?? '')
  return person
}

/** How many wrong passwords for `admin` are looked at before the first is refused. */
async function attemptsOf(flow: Flow, ...people: Person[]): Promise<number> {
  for (let count = 0; ; count++) {
    if ((await statusOf(attempt(flow, people[count % people.length]!, WRONG, `203.0.113.${count}`))) === 429) return count
  }
}

const macKeys = ({ app }: Flow): MacKeys => app.macKeys
const operator = ({ storage, clock, config }: Flow) => ({
  ...{ storage, config, now: () => clock.now, newId: () => `event ${Math.random()}` },
  actor: MACHINE_OWNER,
  ...{ newRecordId: () => '', newSecret: () => '', newPersonalToken: () => '', secret: () => '' },
})

t.test('T15: the owner logs in where they logged in before, however often strangers fail', async (t) => {
  const flow = await start(t)
  const owner = await known(flow)
  await lock(flow)
  t.equal(await statusOf(attempt(flow, flow.person(), ADMIN)), 429, 'not in a browser that nobody knows')
  t.equal(whereabouts(await attempt(flow, owner, ADMIN)), 'consent')

  t.test('and it takes part of the limit of that browser only', async (t) => {
    t.equal(await attemptsOf(flow, owner), 3)
    t.equal(await statusOf(attempt(flow, owner, ADMIN)), 429, 'beyond it, it is a browser like any other')
    flow.clock.now += 15 * 60_000
    t.equal(whereabouts(await attempt(flow, owner, ADMIN)), 'consent')
  })
  t.test('nor does a failure there use up an attempt of the account', async (t) => {
    t.equal(await attemptsOf(flow, owner), 3 + 3, 'those of the browser, then those of all others')
    t.equal(await statusOf(attempt(flow, flow.person(), ADMIN)), 429)
  })
})

t.test('T15: a known browser is subject to the limit of its address', async (t) => {
  const flow = await start(t)
  const owner = await known(flow)
  for (let i = 0; i < 15; i++) await attempt(flow, flow.person(), { username: `somebody${i}`, password: 'x' }, '192.0.2.1')
  t.equal(await statusOf(attempt(flow, owner, ADMIN, '192.0.2.1')), 429)
  t.equal(whereabouts(await attempt(flow, owner, ADMIN, '192.0.2.2')), 'consent')
})

t.test('T15: a known browser has to have the right password', async (t) => {
  const flow = await start(t)
  const owner = await known(flow)
  t.equal(await statusOf(attempt(flow, owner)), 403)
  owner.cookies.delete('solar-session')
  t.equal(whereabouts(await owner.open(flow.url())), 'login', 'the cookie alone is no login')
})

t.test("T15: the cookie of another account, forged, old or void, gives no attempts at this one's password", async (t) => {
  const flow = await start(t)
  await addUser(flow, MALLORY.username, MALLORY.password)
  const mallory = await known(flow, MALLORY)
  const owner = await known(flow)
  const genuine = owner.cookies.get(KNOWN)!
  const { storage, clock } = flow
  const { id, passwordHash } = (await storage.users.findByUsername('admin'))!

  const cookies: Record<string, () => Promise<string> | string> = {
    'of another account': () => mallory.cookies.get(KNOWN)!,
    'with another id': () => `x${genuine}`,
    'with its signature cut': () => genuine.slice(0, -1),
    'signed by somebody else': () => rememberAccount('', { id, passwordHash }, [Buffer.from('a guess')], clock.now, 'id'),
    'of an earlier password': async () => {
      await storage.users.changePassword(id, { passwordHash: await hashCheaply(ADMIN.password), endGrants: false }, clock.now)
      return genuine
    },
    'from before the account was unlocked': async () => {
      const before = (await known(flow)).cookies.get(KNOWN)!
      t.match(await unlockUser(operator(flow), (await storage.users.find(id))!), { ok: true })
      return before
    },
    'of half a year ago': async () => {
      const before = (await known(flow)).cookies.get(KNOWN)!
      clock.now += KNOWN_FOR_MS
      return before
    },
  }
  for (const [name, make] of Object.entries(cookies)) {
    clock.now += 16 * 60_000
    const cookie = await make()
    t.equal(await attemptsOf(flow, copyOf(flow, cookie)), 3, name)
    t.equal(await statusOf(attempt(flow, copyOf(flow, cookie), ADMIN)), 429, name)
  }
})

t.test('T15: copies of a cookie share one limit, and then the one of the account', async (t) => {
  const flow = await start(t)
  const cookie = (await known(flow)).cookies.get(KNOWN)
  t.equal(await attemptsOf(flow, copyOf(flow, cookie), copyOf(flow, cookie), copyOf(flow, cookie)), 3 + 3)
})

t.test('T15: to log in again gives a browser no further attempts', async (t) => {
  const flow = await start(t)
  const owner = await known(flow)
  for (let i = 0; i < 2; i++) await attempt(flow, owner)
  await attempt(flow, owner, ADMIN)
  t.equal(await attemptsOf(flow, owner), 1 + 3)
})

t.test('T15: a thousand cookies of one account give no attempt at another', async (t) => {
  const flow = await start(t, { RATE_LIMIT_LOGIN: '3/15m' })
  await addUser(flow, MALLORY.username, MALLORY.password)
  const mallory = (await flow.storage.users.findByUsername(MALLORY.username))!
  const person = flow.person()
  const page = pageOf(await person.open(flow.url()))
  let looked = 0
  for (let i = 0; i < 1000; i++) {
    person.cookies.set(KNOWN, rememberAccount('', mallory, macKeys(flow), flow.clock.now, `browser ${i}`))
    const headers = { origin: flow.issuer, 'x-forwarded-for': `10.0.${Math.floor(i / 250)}.${i % 250}` }
    if ((await statusOf(person.submit(page, WRONG, headers))) === 403) looked++
  }
  t.equal(looked, 3)
})

t.test('T15: an operator unlocks an account, for everybody', async (t) => {
  const flow = await start(t)
  await lock(flow)
  t.equal(await statusOf(attempt(flow, flow.person(), ADMIN)), 429)
  await unlockUser(operator(flow), (await flow.storage.users.findByUsername('admin'))!)
  t.equal(whereabouts(await attempt(flow, flow.person(), ADMIN)), 'consent')
})

await withPostgres(t, async (t, server) => {
  const DATABASE_URL = await server.createDatabase()
  const env = { DATABASE_URL, RATE_LIMIT_LOGIN: '3/15m', TRUST_PROXY: '1' }
  const now = Date.now()
  const nodes = [await createApp(t, env, undefined, { now }), await createApp(t, env, undefined, { now })] as const
  const flow = await startFlow(t, env)

  t.test('T15: what a browser may do, and what it did, counts on all nodes', async (t) => {
    let turn = 0
    const person = createPerson(flow.issuer, (input, init) => injectFetch(nodes[turn++ % 2]!.app)(input, init))
    t.equal(whereabouts(await attempt(flow, person, ADMIN)), 'consent')
    await lock(flow)
    t.equal(whereabouts(await attempt(flow, person, ADMIN)), 'consent')
    t.equal(await attemptsOf(flow, person), 3)
  })
})

t.test('a person hears of the failures since their last login, after the next one', async (t) => {
  const flow = await startFlow(t)
  flow.clock.now = Date.UTC(2026, 10, 29, 15, 49)
  const owner = await known(flow)
  flow.clock.now += 60_000
  for (let i = 0; i < 3; i++) await attempt(flow, flow.person())
  flow.clock.now += 3_600_000
  const page = pageOf(await attempt(flow, owner, ADMIN))
  t.match(textOf(page.html), /Failed attempts to sign in as you since Nov 29, 2026, 3:50\sPM UTC: 3\. If they were not yours/)

  t.test('once', async (t) => {
    t.notMatch(textOf(pageOf(await attempt(flow, owner, ADMIN)).html), /Failed attempts/)
  })
  t.test('not of their own, right before it', async (t) => {
    const typo = pageOf(await attempt(flow, owner))
    const arrival = await owner.submit(typo, ADMIN)
    t.equal(whereabouts(arrival), 'consent')
    t.notMatch(textOf(pageOf(arrival).html), /Failed attempts/)
  })
  t.test('in their language', async (t) => {
    await attempt(flow, flow.person())
    owner.cookies.delete('solar-session')
    const login = pageOf(await owner.open(flow.url({ ui_locales: 'ko' })))
    t.match(textOf(pageOf(await owner.submit(login, ADMIN)).html), /2026\. 11\. 29\. .* UTC 이후 이 계정의 로그인 실패 횟수는 1회입니다/)
  })
  t.test('not those of half a year ago', async (t) => {
    await attempt(flow, flow.person())
    flow.clock.now += 91 * 86_400_000
    t.notMatch(textOf(pageOf(await attempt(flow, owner, ADMIN)).html), /Failed attempts/)
  })
})

t.test('where no page would follow, one does, before the client gets anything', async (t) => {
  const flow = await startFlow(t)
  const owner = flow.person()
  await owner.authorize(flow.url())
  owner.cookies.delete('solar-session')
  await attempt(flow, flow.person())
  const told = await attempt(flow, owner, ADMIN)
  t.equal(whereabouts(told), 'account')
  t.match(textOf(pageOf(told).html), /Failed attempts to sign in as you since .*: 1\./)
  t.equal(whereabouts(await owner.submit(pageOf(told), { decision: 'continue' })), 'client')
  t.equal(whereabouts(await owner.open(flow.url())), 'client')
})

t.test('who signs in for a device hears of them, too, and nobody hears of those of another account', async (t) => {
  const flow = await startFlow(t)
  await addUser(flow, MALLORY.username, MALLORY.password)
  await attempt(flow, flow.person())
  const owner = flow.person()
  const form = pageOf(await owner.submit(pageOf(await owner.open(`${flow.issuer}/device`)), ADMIN))
  t.match(textOf(form.html), /Connect a device .*Failed attempts to sign in as you/)
  const other = flow.person()
  await attempt(flow, flow.person())
  await attempt(flow, other, ADMIN)
  const page = pageOf(await attempt(flow, other, MALLORY))
  t.equal(whereabouts({ page }), 'consent')
  t.notMatch(textOf(page.html), /Failed attempts/)

  t.test('also where a login of another account came in between', async (t) => {
    await attempt(flow, flow.person())
    flow.clock.now += 1000
    const login = pageOf(await other.open(flow.url({ prompt: 'login' })))
    const consent = pageOf(await other.submit(login, ADMIN))
    t.match(textOf(consent.html), /Failed attempts/)
    await attempt(flow, other, MALLORY)
    const again = pageOf(await other.submit(consent, { decision: 'allow' }))
    t.equal(whereabouts({ page: again }), 'consent', 'what was shown to another user counts for nothing')
    t.notMatch(textOf(again.html), /Failed attempts/)
  })
})
