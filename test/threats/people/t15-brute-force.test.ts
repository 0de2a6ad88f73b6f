/** threat-model.md T15: attempts are counted by account and by address, before they are checked, at every attempt. */
import t from 'tap'
import { addUser, pageOf, startFlow, textOf, whereabouts } from '#test/support/authorization.ts'
import type { Flow } from '#test/support/authorization.ts'
import type { Arrival } from '#test/support/people/person.ts'
import { ADMIN } from '#test/support/app.ts'

const WRONG = { username: 'admin', password: 'wrong' }

/** One attempt from a fresh browser at an address. */
async function attempt(flow: Flow, login: { username: string; password: string }, address = '192.0.2.1'): Promise<Arrival> {
  const person = flow.person()
  return person.submit(pageOf(await person.open(flow.url())), login, { origin: flow.issuer, 'x-forwarded-for': address })
}

const statusOf = async (arrival: Promise<Arrival>): Promise<number> => (await arrival).page!.status

/** `RATE_LIMIT_LOGIN` of 3 by account, so 15 by address; the address is the proxy's word. */
const start = (t: Parameters<typeof startFlow>[0]) => startFlow(t, { RATE_LIMIT_LOGIN: '3/15m', TRUST_PROXY: '1' })

t.test('T15: an account takes so many failures and no more, with the right password, too', async (t) => {
  const flow = await start(t)
  for (let i = 0; i < 3; i++) t.equal(await statusOf(attempt(flow, WRONG)), 403)
  const refused = pageOf(await attempt(flow, ADMIN))
  t.equal(refused.status, 429)
  t.equal(refused.headers.get('retry-after'), '900')
  t.match(textOf(refused.html), /Too many tries for now\. Wait about 15 min/)
  t.match(refused.headers.getSetCookie(), [])
  t.equal(await statusOf(attempt(flow, ADMIN, '198.51.100.7')), 429, 'from elsewhere, too')

  t.test('the time to wait shrinks, however often somebody tries', async (t) => {
    flow.clock.now += 14 * 60_000
    const later = pageOf(await attempt(flow, ADMIN))
    t.equal(later.headers.get('retry-after'), '60')
    t.match(textOf(later.html), /Wait about 1 min/)
  })
  t.test('when it is over, the password works again', async (t) => {
    flow.clock.now += 60_000 - 1
    t.equal(await statusOf(attempt(flow, ADMIN)), 429)
    flow.clock.now += 1
    t.equal(whereabouts(await attempt(flow, ADMIN)), 'consent')
  })
})

t.test("T15: parallel attempts can't exceed the limit", async (t) => {
  const flow = await start(t)
  const statuses = await Promise.all(Array.from({ length: 12 }, () => statusOf(attempt(flow, WRONG))))
  t.equal(statuses.filter((status) => status === 403).length, 3)
  t.equal(statuses.filter((status) => status === 429).length, 9)
})

t.test('T15: the spellings of a name share one count', async (t) => {
  const flow = await start(t)
  for (const username of ['Admin', 'ADMIN', ' admin ', 'ａｄｍｉｎ', 'ＡＤＭＩＮ']) {
    flow.clock.now += 15 * 60_000
    for (let i = 0; i < 3; i++) t.equal(await statusOf(attempt(flow, { ...WRONG, username })), 403)
    t.equal(await statusOf(attempt(flow, WRONG)), 429, username)
  }
})

t.test('T15: a name that nobody has is limited like one that exists', async (t) => {
  const flow = await start(t)
  for (let i = 0; i < 3; i++) await attempt(flow, { ...WRONG, username: 'nobody' })
  t.equal(await statusOf(attempt(flow, { ...WRONG, username: 'nobody' })), 429)
})

t.test('T15: a login uses up no attempt, and shows nobody that the account exists', async (t) => {
  const flow = await start(t)
  for (let i = 0; i < 6; i++) t.equal(whereabouts(await attempt(flow, ADMIN)), 'consent')
  for (const username of ['admin', 'nobody'])
    for (let i = 0; i < 2; i++) t.equal(await statusOf(attempt(flow, { ...WRONG, username })), 403)
  t.equal(whereabouts(await attempt(flow, ADMIN)), 'consent')
  for (const username of ['admin', 'nobody']) {
    const statuses = [await statusOf(attempt(flow, { ...WRONG, username })), await statusOf(attempt(flow, { ...WRONG, username }))]
    t.strictSame(statuses, [403, 429], username)
  }
})

t.test('T15: an address takes five times as many failures, over all names', async (t) => {
  const flow = await start(t)
  const exhaust = async (addressOf: (i: number) => string) => {
    for (let i = 0; i < 15; i++) t.equal(await statusOf(attempt(flow, { username: `somebody${i}`, password: 'x' }, addressOf(i))), 403)
  }
  await exhaust(() => '192.0.2.1')

  t.test("then it is refused, with the right password, too, and others aren't", async (t) => {
    const refused = pageOf(await attempt(flow, ADMIN))
    t.equal(refused.status, 429)
    t.equal(refused.headers.get('retry-after'), '900')
    t.equal(whereabouts(await attempt(flow, ADMIN, '192.0.2.2')), 'consent')
    t.equal(await statusOf(attempt(flow, ADMIN, '::ffff:192.0.2.1')), 429, 'nor in another spelling')
  })
  t.test("and can't lock any account from then on", async (t) => {
    for (let i = 0; i < 10; i++) await attempt(flow, WRONG)
    t.equal(whereabouts(await attempt(flow, ADMIN, '192.0.2.2')), 'consent')
  })
  t.test('an IPv6 network of 64 bits is one address', async (t) => {
    await exhaust((i) => `2001:db8:0:1::${i.toString(16)}`)
    t.equal(await statusOf(attempt(flow, ADMIN, '2001:db8:0:1:ffff:ffff:ffff:ffff')), 429)
    t.equal(whereabouts(await attempt(flow, ADMIN, '2001:db8:0:2::1')), 'consent')
  })
  t.test('a port, brackets and case make no other address', async (t) => {
    flow.clock.now += 15 * 60_000
    await exhaust((i) => (i % 2 === 0 ? `198.51.100.8:${50_000 + i}` : '198.51.100.8'))
    t.equal(await statusOf(attempt(flow, ADMIN, '198.51.100.8:9')), 429)
    await exhaust((i) => `[2001:db8:0:${i % 2 === 0 ? 'F' : 'f'}::1]:${50_000 + i}`)
    t.equal(await statusOf(attempt(flow, ADMIN, '2001:db8:0:f::2')), 429)
  })
  t.test('what is no address is one address', async (t) => {
    flow.clock.now += 15 * 60_000
    await exhaust((i) => `garbage${i}`)
    t.equal(await statusOf(attempt(flow, ADMIN, '_hidden')), 429)
    t.equal(whereabouts(await attempt(flow, ADMIN, '192.0.2.3')), 'consent')
  })
  t.test('when the time is over, it may try again', async (t) => {
    flow.clock.now += 15 * 60_000
    t.equal(whereabouts(await attempt(flow, ADMIN)), 'consent')
  })
})

t.test('T15: the networks of one IPv6 site may fail sixteen times as often as one of them', async (t) => {
  const flow = await startFlow(t, { RATE_LIMIT_LOGIN: '1/15m', TRUST_PROXY: '1' })
  for (let i = 0; i < 80; i++) {
    const address = `2001:db8:9:${i.toString(16)}::1`
    t.equal(await statusOf(attempt(flow, { username: `somebody${i}`, password: 'x' }, address)), 403)
  }
  t.equal(await statusOf(attempt(flow, ADMIN, '2001:db8:9:ffff::1')), 429)
  t.equal(whereabouts(await attempt(flow, ADMIN, '2001:db8:a::1')), 'consent')
})

t.test("T15: successes don't use up an address that many share", async (t) => {
  const flow = await start(t)
  for (let i = 0; i < 17; i++) t.equal(whereabouts(await attempt(flow, ADMIN)), 'consent')
})

t.test("T15: a login of one's own doesn't clear an address", async (t) => {
  const flow = await start(t)
  await addUser(flow, 'mallory', 'evil')
  let refused = 0
  for (let i = 0; i < 20; i++) {
    if ((await statusOf(attempt(flow, { username: `somebody${i}`, password: 'x' }))) === 429) refused++
    await attempt(flow, { username: 'mallory', password: 'evil' })
  }
  t.equal(refused, 5)
})

t.test("T15: without a proxy, nobody's word about their address counts", async (t) => {
  const flow = await startFlow(t, { RATE_LIMIT_LOGIN: '3/15m' })
  for (let i = 0; i < 15; i++) await attempt(flow, { username: `somebody${i}`, password: 'x' }, `192.0.2.${i}`)
  t.equal(await statusOf(attempt(flow, ADMIN, '192.0.2.99')), 429)
})

t.test('T15: with the limit off, nothing is counted', async (t) => {
  const flow = await startFlow(t, { RATE_LIMIT_LOGIN: 'off' })
  for (let i = 0; i < 12; i++) t.equal(await statusOf(attempt(flow, WRONG)), 403)
  t.equal(whereabouts(await attempt(flow, ADMIN)), 'consent')
})

t.test('T15: a trusted proxy that writes ports behind addresses, its own included, hides nobody and makes nobody another', async (t) => {
  const flow = await startFlow(t, { RATE_LIMIT_LOGIN: '1/15m', TRUST_PROXY: '127.0.0.0/8,10.0.0.0/8' })
  const from = (address: string, i: number) =>
    statusOf(attempt(flow, { username: `somebody${i}`, password: 'x' }, `203.0.113.9, ${address}:${4000 + i}, 10.0.0.5:${5000 + i}`))
  for (let i = 0; i < 5; i++) t.equal(await from('198.51.100.7', i), 403)
  t.equal(await from('198.51.100.7', 5), 429)
  t.equal(await from('198.51.100.8', 6), 403, 'another client behind the same proxies')
})
