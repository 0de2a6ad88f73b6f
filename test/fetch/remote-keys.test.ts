import t from 'tap'
import { err, ok } from '#src/domain/protocol/result.ts'
import { PATIENCE_MS, createRemoteKeys } from '#src/fetch/remote-keys.ts'
import type { AskForKeys } from '#src/fetch/remote-keys.ts'
import { START, scripted } from '#test/support/network/scripted-fetch.ts'

const URL_ = 'https://client.example/keys'
const MINUTE = 60_000
const HOUR = 60 * MINUTE

const keySet = (kid: string) => JSON.stringify({ keys: [{ kty: 'EC', kid, crv: 'P-256', x: 'AA', y: 'AA' }] })

t.test('keys are kept while they are fresh, then fetched again', async (t) => {
  const { state, fetch, now } = scripted(keySet('one'))
  const keys = createRemoteKeys(fetch, now)
  for (let n = 0; n < 3; n++) t.match(await keys.get(URL_), { ok: true, value: { keys: [{ kid: 'one' }] } })
  t.equal(state.fetches, 1)
  state.now += 10 * MINUTE
  state.next = ok({ body: keySet('two'), headers: {} })
  t.match(await keys.get(URL_), { ok: true, value: { keys: [{ kid: 'two' }] } })
  t.equal(state.fetches, 2)
})

t.test('an unknown key renews the set at once, but not twice within half a minute', async (t) => {
  const { state, fetch, now } = scripted(keySet('one'))
  const keys = createRemoteKeys(fetch, now)
  const first = await keys.get(URL_)
  t.same(await keys.get(URL_, true), first, 'it was fetched just now')
  t.equal(state.fetches, 1)
  state.now += 30_000
  state.next = ok({ body: keySet('two'), headers: {} })
  t.match(await keys.get(URL_, true), { ok: true, value: { keys: [{ kid: 'two' }] } })
  for (let n = 0; n < 5; n++) await keys.get(URL_, true)
  t.equal(state.fetches, 2)
})

t.test('keys stay valid for a day while their address is unreachable, but not once it says that they are gone', async (t) => {
  const { state, fetch, now } = scripted(keySet('one'))
  const keys = createRemoteKeys(fetch, now)
  const first = await keys.get(URL_)
  state.next = err({ reason: 'no answer' })
  state.now = START + 24 * HOUR - 1
  t.same(await keys.get(URL_), first)
  state.now = START + 24 * HOUR + 5000
  t.match(await keys.get(URL_), { ok: false, error: { kind: 'unreachable' } })
  state.now = START + HOUR
  state.next = err({ reason: 'it answered 404', status: 404 })
  t.match(await createRemoteKeys(fetch, now).get(URL_), { ok: false, error: { kind: 'gone' } }, 'and nothing is kept of those never seen')
})

t.test('a key set that is gone, or holds a secret, ends the kept one', async (t) => {
  for (const next of [err({ reason: 'it answered 404', status: 404 }), ok({ body: '{"keys":[{"kty":"oct","k":"AA"}]}', headers: {} })]) {
    const { state, fetch, now } = scripted(keySet('one'))
    const keys = createRemoteKeys(fetch, now)
    await keys.get(URL_)
    state.now += HOUR
    state.next = next
    t.match(await keys.get(URL_), { ok: false })
  }
})

t.test('T18: earlier keys are used at once while their address is away, and new ones as soon as it is back', async (t) => {
  const { state, fetch, now } = scripted(keySet('one'))
  const keys = createRemoteKeys(fetch, now)
  await keys.get(URL_)
  state.now += HOUR
  state.next = err({ reason: 'no complete answer', kind: 'silent' })
  t.match(await keys.get(URL_), { ok: true, value: { keys: [{ kid: 'one' }] } })
  t.equal(state.fetches, 2)
  state.now += MINUTE
  let finish = (): void => undefined
  const slow = new Promise<void>((resolve) => (finish = resolve))
  const { next } = state
  state.wait = slow
  const begun = performance.now()
  t.match(await keys.get(URL_), { ok: true, value: { keys: [{ kid: 'one' }] } }, 'nobody waits for the attempt')
  t.ok(performance.now() - begun < PATIENCE_MS / 2)
  t.equal(state.fetches, 3, 'that is made all the same')
  finish()
  await new Promise(setImmediate)
  await new Promise(setImmediate)
  t.same(state.next, next)

  state.wait = undefined
  state.now += MINUTE
  state.next = ok({ body: keySet('two'), headers: {} })
  await keys.get(URL_)
  await new Promise(setImmediate)
  await new Promise(setImmediate)
  t.match(await keys.get(URL_), { ok: true, value: { keys: [{ kid: 'two' }] } })
})

t.test('T18: nobody waits longer than a moment for new keys while earlier ones count', async (t) => {
  const { state, fetch, now } = scripted(keySet('one'))
  const keys = createRemoteKeys(fetch, now)
  await keys.get(URL_)
  state.now += HOUR
  let finish = (): void => undefined
  state.wait = new Promise<void>((resolve) => (finish = resolve))
  const begun = performance.now()
  t.match(await keys.get(URL_), { ok: true, value: { keys: [{ kid: 'one' }] } })
  t.ok(performance.now() - begun < 3 * PATIENCE_MS)
  finish()
})

t.test('earlier keys are no answer to somebody whose key is missing in them', async (t) => {
  for (const [next, mayPass] of [
    [err({ reason: 'no complete answer', kind: 'silent' as const }), true],
    [err({ reason: 'it answered 503', status: 503 }), true],
    [err({ reason: 'it answered 404', status: 404 }), false],
  ] as const) {
    const { state, fetch, now } = scripted(keySet('one'))
    const keys = createRemoteKeys(fetch, now)
    await keys.get(URL_)
    state.now += 30_000
    state.next = next
    t.match(await keys.get(URL_, true), { ok: false, error: { mayPass } })
  }
})

t.test('T18: a thousand key sets of strangers do not push out that of a client', async (t) => {
  const { state, fetch, now } = scripted(keySet('one'))
  const keys = createRemoteKeys(fetch, now)
  await keys.get(URL_)
  for (let n = 0; n < 1010; n++) await keys.get(`https://k${n}.evil.test/k?${n}`)
  t.equal(state.fetches, 1011)
  await keys.get(URL_)
  t.equal(state.fetches, 1011, 'it is still there')
})

t.test('the caller decides whether a fetch begins, and learns whether there are earlier keys', async (t) => {
  const { state, fetch, now } = scripted(keySet('one'))
  const keys = createRemoteKeys(fetch, now)
  const known: boolean[] = []
  const busy = err({ reason: 'no room', kind: 'busy' as const, mayPass: true })
  const refusing: AskForKeys = async (_fetch, isKnown) => {
    known.push(isKnown)
    return busy
  }
  t.same(await keys.get(URL_, false, refusing), busy)
  await keys.get(URL_)
  t.match(await keys.get(URL_, false, refusing), { ok: true }, 'fresh keys need no fetch')
  state.now += HOUR
  t.match(await keys.get(URL_, false, refusing), { ok: true }, 'earlier ones are enough')
  t.same(await keys.get(URL_, true, refusing), busy)
  t.same(known, [false, true, false])
  t.equal(state.fetches, 1)
})
