/** Verification survives the issuer's rotations and outages, and nobody can make us fetch its keys at will. */
import t from 'tap'
import type { Test } from 'tap'
import { createVerifier } from '#src/resource-server/index.ts'
import { createIssuer } from '#test/support/providers/issuer.ts'

const MINUTE = 60_000

async function setUp() {
  const issuer = await createIssuer()
  const { verifyAccessToken } = createVerifier(issuer.options())
  /** How often the keys were fetched. */
  const fetches = () => issuer.requests.filter((url) => url.endsWith('/jwks')).length
  const outcome = async (token: string) => {
    const verified = await verifyAccessToken(token)
    return verified.ok ? 'ok' : verified.error.code
  }
  const check = async (t: Test, expected: string, message: string, token?: string) =>
    t.equal(await outcome(token ?? (await issuer.sign({ exp: 1e10 }))), expected, message)
  return { issuer, fetches, outcome, check }
}

t.test('a hundred tokens at once share one fetch, and the next ones need none', async (t) => {
  const { issuer, fetches, outcome } = await setUp()
  const token = await issuer.sign()
  t.strictSame(new Set(await Promise.all(Array.from({ length: 100 }, () => outcome(token)))), new Set(['ok']))
  issuer.clock.now += 9 * MINUTE
  t.equal(await outcome(token), 'ok')
  t.strictSame(issuer.requests, [`${issuer.issuer}/.well-known/oauth-authorization-server`, `${issuer.issuer}/jwks`])
  t.equal(fetches(), 1)
})

t.test('a token of a new key is good at once, however many arrive together', async (t) => {
  const { issuer, fetches, outcome, check } = await setUp()
  await check(t, 'ok', 'the first key')
  await issuer.rotate('two')
  issuer.clock.now += MINUTE
  const token = await issuer.sign()
  t.strictSame(new Set(await Promise.all(Array.from({ length: 100 }, () => outcome(token)))), new Set(['ok']))
  t.equal(fetches(), 2)
})

t.test('a key that the issuer removed is refused ten minutes later', async (t) => {
  const { issuer, check } = await setUp()
  const old = await issuer.sign()
  await check(t, 'ok', 'before', old)
  await issuer.rotate('two')
  issuer.clock.now += 10 * MINUTE
  await check(t, 'invalid_token', 'after', old)
})

t.test("a stranger's random key ids make us ask once in thirty seconds, and forged algorithms never", async (t) => {
  const { issuer, fetches, check } = await setUp()
  await check(t, 'ok', 'the first key')
  const storm = async () => {
    for (let i = 0; i < 20; i++) await check(t, 'invalid_token', 'a key that nobody has', await issuer.sign({}, { kid: `random ${i}` }))
  }
  await storm()
  t.equal(fetches(), 1)
  issuer.clock.now += 30_000
  await storm()
  t.equal(fetches(), 2)
  issuer.clock.now += 30_000
  const [, payload, signature] = (await issuer.sign()).split('.')
  const header = Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'at+jwt', kid: 'random' })).toString('base64url')
  await check(t, 'invalid_token', 'HS256', [header, payload, signature].join('.'))
  t.equal(fetches(), 2)
})

t.test('during an outage known keys stay valid for a day, and we ask once in thirty seconds', async (t) => {
  const { issuer, check } = await setUp()
  await check(t, 'ok', 'the first key')
  issuer.down = true
  issuer.clock.now += 10 * MINUTE
  for (let i = 0; i < 10; i++) await check(t, 'ok', 'the last good copy')
  t.equal(issuer.requests.length, 3)
  await check(
    t,
    'temporarily_unavailable',
    'a key that may be new is no reason to throw tokens away',
    await issuer.sign({}, { kid: 'two' }),
  )
  t.equal(issuer.requests.length, 3)
  issuer.clock.now += 24 * 60 * MINUTE
  await check(t, 'temporarily_unavailable', 'a copy that is too old')
  issuer.down = false
  issuer.clock.now += 30_000
  await check(t, 'ok', 'the issuer is back')
})

t.test('an issuer that starts later than the resource server is asked again after a second', async (t) => {
  const { issuer, check } = await setUp()
  issuer.down = true
  await check(t, 'temporarily_unavailable', 'not there yet')
  issuer.down = false
  await check(t, 'temporarily_unavailable', 'not asked again at once')
  issuer.clock.now += 1000
  await check(t, 'ok', 'there')
})
