import t from 'tap'
import { err, ok } from '#src/domain/protocol/result.ts'
import type { Result } from '#src/domain/protocol/result.ts'
import { createDocumentSource } from '#src/fetch/document-source.ts'
import type { Fetched, FetchFailure } from '#src/fetch/safe-fetch.ts'
import { START, scripted } from '#test/support/network/scripted-fetch.ts'

const URL_ = 'https://client.example/document'
const MINUTE = 60_000
const HOUR = 60 * MINUTE

const parse = (_url: string, body: string): Result<string, string> => (body === 'bad' ? err('it is bad') : ok(body.toUpperCase()))

t.test('a document is fresh as its headers say, from a minute to an hour, and ten minutes if they do not say', async (t) => {
  const cases: readonly [cacheControl: string | undefined, ms: number][] = [
    [undefined, 10 * MINUTE],
    ['no-store', MINUTE],
    ['max-age=0', MINUTE],
    ['max-age=300', 5 * MINUTE],
    ['max-age=3600', HOUR],
    ['max-age=31536000', HOUR],
  ]
  for (const [cacheControl, ms] of cases) {
    const { state, fetch, now } = scripted('hello')
    state.next = ok({ body: 'hello', headers: cacheControl === undefined ? {} : { 'cache-control': cacheControl } })
    t.same(
      await createDocumentSource(fetch, parse, now)(URL_),
      ok({ value: 'HELLO', fetchedAt: START, freshUntil: START + ms }),
      String(cacheControl),
    )
  }
})

t.test('callers at the same moment share one fetch; later ones fetch again', async (t) => {
  const { state, fetch, now } = scripted('hello')
  const source = createDocumentSource(fetch, parse, now)
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => source(URL_)))
  t.equal(state.fetches, 1)
  t.ok(outcomes.every((outcome) => outcome.ok))
  await Promise.all([source(URL_), source(`${URL_}/other`)])
  t.equal(state.fetches, 3, 'another address is another fetch')
})

t.test('a failure says whether the document is unreachable, gone or refused', async (t) => {
  const cases: readonly [next: Result<Fetched, FetchFailure>, failure: object][] = [
    [err({ reason: 'no answer' }), { kind: 'unreachable', reason: 'no answer' }],
    [err({ reason: 'it answered 503', status: 503 }), { kind: 'unreachable' }],
    [err({ reason: 'it answered 403', status: 403 }), { kind: 'unreachable' }],
    [err({ reason: 'it answered 404', status: 404 }), { kind: 'gone' }],
    [err({ reason: 'it answered 410', status: 410 }), { kind: 'gone' }],
    [ok({ body: 'bad', headers: {} }), { kind: 'refused', reason: 'it is bad' }],
  ]
  for (const [next, failure] of cases) {
    const { state, fetch, now } = scripted('hello')
    state.next = next
    t.match(await createDocumentSource(fetch, parse, now)(URL_), { ok: false, error: failure })
  }
})

t.test('an address that failed is not asked again for five seconds, and no longer', async (t) => {
  const { state, fetch, now } = scripted('hello')
  const source = createDocumentSource(fetch, parse, now)
  state.next = err({ reason: 'no answer' })
  const failed = await source(URL_)
  state.next = ok({ body: 'hello', headers: {} })
  state.now += 4999
  t.same(await source(URL_), failed)
  t.equal(state.fetches, 1)
  state.now += 1
  t.match(await source(URL_), { ok: true })
  t.match(await source(URL_), { ok: true }, 'a success ends the pause')
  t.equal(state.fetches, 3)
})

t.test('T18: a host that uses up the time is asked ever less often, up to once a minute, until it answers', async (t) => {
  const { state, fetch, now } = scripted('hello')
  const source = createDocumentSource(fetch, parse, now)
  state.next = err({ reason: 'no complete answer', kind: 'silent' })
  for (const seconds of [5, 10, 20, 40, 60, 60]) {
    const before = state.fetches
    t.match(await source(URL_), { ok: false, error: { kind: 'unreachable', mayPass: true } })
    t.equal(state.fetches, before + 1)
    state.now += seconds * 1000 - 1
    await source(URL_)
    t.equal(state.fetches, before + 1, `paused for ${seconds} s`)
    state.now += 1
  }
  state.next = err({ reason: 'it answered 503', status: 503 })
  await source(URL_)
  state.now += 5000
  state.next = err({ reason: 'no complete answer', kind: 'silent' })
  const before = state.fetches
  await source(URL_)
  state.now += 5000
  await source(URL_)
  t.equal(state.fetches, before + 2, 'an answer ends the long pauses')
})

t.test('T18: our own lack of room says nothing about an address: it is asked again at once', async (t) => {
  const { state, fetch, now } = scripted('hello')
  const source = createDocumentSource(fetch, parse, now)
  state.next = err({ reason: 'too many requests are under way', kind: 'busy' })
  t.match(await source(URL_), { ok: false, error: { kind: 'busy', mayPass: true } })
  t.notOk(source.isUnreachable(URL_))
  state.next = ok({ body: 'hello', headers: {} })
  t.match(await source(URL_), { ok: true })
})

t.test('an address is unreachable from a failure to the next answer, whatever that says', async (t) => {
  const { state, fetch, now } = scripted('hello')
  const source = createDocumentSource(fetch, parse, now)
  t.notOk(source.isUnreachable(URL_))
  for (const [next, unreachable] of [
    [err({ reason: 'no answer' }), true],
    [ok({ body: 'hello', headers: {} }), false],
    [err({ reason: 'it answered 503', status: 503 }), true],
    [err({ reason: 'it answered 404', status: 404 }), false],
    [err({ reason: 'no complete answer', kind: 'silent' as const }), true],
    [ok({ body: 'bad', headers: {} }), false],
  ] as const) {
    state.next = next
    await source(URL_)
    t.equal(source.isUnreachable(URL_), unreachable)
    state.now += HOUR
    t.equal(source.isUnreachable(URL_), unreachable)
  }
})

t.test('the fetcher learns who makes us fetch', async (t) => {
  const senders: (string | undefined)[] = []
  const source = createDocumentSource(
    async (_url, options) => {
      senders.push(options?.sender)
      return ok({ body: 'hello', headers: {} })
    },
    parse,
    () => START,
  )
  await source(URL_, 'somebody')
  await source(URL_)
  t.same(senders, ['somebody', undefined])
})
