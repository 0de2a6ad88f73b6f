import t from 'tap'
import { err, ok } from '#src/domain/protocol/result.ts'
import { createRemoteKeys } from '#src/fetch/remote-keys.ts'
import { START, scripted } from '#test/support/scripted-fetch.ts'

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
