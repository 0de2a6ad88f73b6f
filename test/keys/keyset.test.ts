import { calculateJwkThumbprint } from 'jose'
import t from 'tap'
import { FOLLOW_MS, MISSED_PAUSE_MS, loadKeyset } from '../../src/keys/keyset.ts'
import { openStorage } from '../../src/storage/open.ts'
import { StorageRefused } from '../../src/storage/storage.ts'
import { NOW } from '../support/records.ts'

const SECRET = 'a secret of tests, longer than 32 characters'

const storage = await openStorage('sqlite::memory:')
t.teardown(() => storage.close())

t.test('the first start makes a key for each algorithm, the next ones find them', async (t) => {
  const first = await loadKeyset(storage.keys, SECRET, NOW)
  t.strictSame(first.jwks.keys.map(({ alg, use }) => [alg, use]), [['ES256', 'sig'], ['RS256', 'sig']])
  for (const jwk of first.jwks.keys) {
    t.equal(jwk.kid, await calculateJwkThumbprint(jwk))
    t.equal(first.find(jwk.kid!)?.alg, jwk.alg)
  }
  const again = await loadKeyset(storage.keys, SECRET, NOW + 1)
  t.strictSame(again.jwks, first.jwks)
  t.equal(again.signingKey('ES256').kid, first.signingKey('ES256').kid)
  t.equal((await storage.keys.list()).length, 2)
})

t.test('the JWKS and the database show nothing private', async (t) => {
  const { jwks } = await loadKeyset(storage.keys, SECRET, NOW)
  for (const jwk of jwks.keys) {
    t.strictSame(Object.keys(jwk).sort(), jwk.kty === 'EC' ? ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'] : ['alg', 'e', 'kid', 'kty', 'n', 'use'])
    t.ok(jwk.kty === 'EC' || Buffer.from(jwk.n!, 'base64url').length === 256, '2048 bits')
  }
  for (const { publicJwk, encryptedPrivateJwk } of await storage.keys.list()) {
    t.notOk('d' in (JSON.parse(publicJwk) as object))
    t.match(encryptedPrivateJwk, /^[\w-]{16}\.[\w-]{22}\.[\w-]+$/, 'encrypted')
  }
})

t.test('a stranger key is not found', async (t) => {
  const keyset = await loadKeyset(storage.keys, SECRET, NOW)
  for (const kid of ['', 'other', '__proto__', 'constructor', keyset.signingKey('ES256').kid.slice(1)]) t.equal(keyset.find(kid), undefined, kid)
})

t.test('a start with another SECRET is refused with what to do', async (t) => {
  const refused = await loadKeyset(storage.keys, `${SECRET}!`, NOW).catch((error: unknown) => error)
  t.type(refused, StorageRefused)
  t.match(refused, { message: /^SECRET .*is not the one that encrypted the signing keys.*earlier/ })
})

t.test('nodes that start together sign with the same keys', async (t) => {
  const storage = await openStorage('sqlite::memory:')
  t.teardown(() => storage.close())
  const [one, other] = await Promise.all([loadKeyset(storage.keys, SECRET, NOW), loadKeyset(storage.keys, SECRET, NOW)])
  for (const alg of ['ES256', 'RS256'] as const) t.equal(one!.signingKey(alg).kid, other!.signingKey(alg).kid)
  t.equal((await storage.keys.list()).length, 2)
})

t.test('a database that has one algorithm gets the other', async (t) => {
  const storage = await openStorage('sqlite::memory:')
  t.teardown(() => storage.close())
  await loadKeyset({ list: () => storage.keys.list(), insert: async (key) => key.alg === 'ES256' && storage.keys.insert(key) }, SECRET, NOW)
  const before = await storage.keys.list()
  t.strictSame(before.map(({ alg }) => alg), ['ES256'])
  const { jwks } = await loadKeyset(storage.keys, SECRET, NOW)
  t.strictSame(jwks.keys.map(({ kid }) => kid)[0], before[0]!.kid)
  t.equal(jwks.keys.length, 2)
})

t.test('the newest key of an algorithm signs, older ones are still known', async (t) => {
  const storage = await openStorage('sqlite::memory:')
  const second = await openStorage('sqlite::memory:')
  t.teardown(() => Promise.all([storage.close(), second.close()]))
  const old = await loadKeyset(storage.keys, SECRET, NOW)
  await loadKeyset(second.keys, SECRET, NOW)
  for (const key of await second.keys.list()) await storage.keys.insert({ ...key, generation: 2 })
  const keyset = await loadKeyset(storage.keys, SECRET, NOW)
  t.equal(keyset.jwks.keys.length, 4)
  t.not(keyset.signingKey('ES256').kid, old.signingKey('ES256').kid)
  t.ok(keyset.find(old.signingKey('ES256').kid))
})

t.test('a key that another node made is found when the keys are looked up again: after a while, or sooner if a token names it', async (t) => {
  const [storage, other] = await Promise.all([openStorage('sqlite::memory:'), openStorage('sqlite::memory:')])
  t.teardown(() => Promise.all([storage.close(), other.close()]))
  let looks = 0
  const list = () => {
    looks++
    return storage.keys.list()
  }
  const keyset = await loadKeyset({ ...storage.keys, list }, SECRET, NOW)
  const made = await loadKeyset(other.keys, SECRET, NOW)
  const before = keyset.jwks
  looks = 0
  await keyset.follow(NOW + FOLLOW_MS - 1)
  await keyset.follow(NOW + MISSED_PAUSE_MS - 1, 'unknown')
  t.equal(looks, 0, 'nobody can have us look without a pause')
  await keyset.follow(NOW + FOLLOW_MS)
  t.equal(looks, 1)
  t.equal(keyset.jwks, before, 'nothing changed')

  for (const key of await other.keys.list()) await storage.keys.insert({ ...key, generation: 2 })
  await Promise.all(Array.from({ length: 10 }, () => keyset.follow(NOW + FOLLOW_MS + MISSED_PAUSE_MS, made.signingKey('ES256').kid)))
  t.equal(looks, 2, 'who asks together looks once')
  t.equal(keyset.signingKey('ES256').kid, made.signingKey('ES256').kid)
  t.equal(keyset.jwks.keys.length, 4)
})

t.test('while the database is away the keys are those of before', async (t) => {
  const storage = await openStorage('sqlite::memory:')
  const keyset = await loadKeyset(storage.keys, SECRET, NOW)
  const { kid } = keyset.signingKey('ES256')
  await storage.close()
  await keyset.follow(NOW + FOLLOW_MS)
  t.equal(keyset.signingKey('ES256').kid, kid)
})

t.test('a key of another SECRET that turns up later is refused, and the others go on', async (t) => {
  const [storage, other] = await Promise.all([openStorage('sqlite::memory:'), openStorage('sqlite::memory:')])
  t.teardown(() => Promise.all([storage.close(), other.close()]))
  const keyset = await loadKeyset(storage.keys, SECRET, NOW)
  await loadKeyset(other.keys, `${SECRET}!`, NOW)
  for (const key of await other.keys.list()) await storage.keys.insert({ ...key, generation: 2 })
  await t.rejects(keyset.follow(NOW + FOLLOW_MS), StorageRefused)
  t.equal(keyset.jwks.keys.length, 2)
})
