import { calculateJwkThumbprint } from 'jose'
import t from 'tap'
import { FOLLOW_MS, LEAD_MS, LONGEST_TOKEN_MS, REMEMBERED_MS } from '#src/domain/key/key-schedule.ts'
import { MISSED_PAUSE_MS, loadKeyset } from '#src/crypto/keyset.ts'
import { deriveKey } from '#src/crypto/secret.ts'
import { StorageRefused, StorageUnavailable } from '#src/storage/storage.ts'
import { NOW } from '#test/support/records.ts'
import { openPrepared } from '#test/support/memory-storage.ts'

const SECRET = 'a secret of tests, longer than 32 characters'

const storage = await openPrepared()
t.teardown(() => storage.close())

t.test('the first start makes a key for each algorithm, the next ones find them', async (t) => {
  const first = await loadKeyset(storage.keys, SECRET, NOW)
  t.strictSame(
    first.jwks.keys.map(({ alg, use }) => [alg, use]),
    [
      ['ES256', 'sig'],
      ['RS256', 'sig'],
    ],
  )
  for (const jwk of first.jwks.keys) {
    t.equal(jwk.kid, await calculateJwkThumbprint(jwk))
    t.equal(first.find(jwk.kid!)?.alg, jwk.alg)
  }
  const again = await loadKeyset(storage.keys, SECRET, NOW + 1)
  t.strictSame(again.jwks, first.jwks)
  t.equal((await again.signingKey('ES256')).kid, (await first.signingKey('ES256')).kid)
  t.equal((await storage.keys.list()).length, 2)
})

t.test('the JWKS and the database show nothing private', async (t) => {
  const { jwks } = await loadKeyset(storage.keys, SECRET, NOW)
  for (const jwk of jwks.keys) {
    t.strictSame(
      Object.keys(jwk).sort(),
      jwk.kty === 'EC' ? ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'] : ['alg', 'e', 'kid', 'kty', 'n', 'use'],
    )
    t.ok(jwk.kty === 'EC' || Buffer.from(jwk.n!, 'base64url').length === 256, '2048 bits')
  }
  for (const { publicJwk, encryptedPrivateJwk } of await storage.keys.list()) {
    t.notOk('d' in (JSON.parse(publicJwk) as object))
    t.match(encryptedPrivateJwk, /^[\w-]{16}\.[\w-]{22}\.[\w-]+$/, 'encrypted')
  }
})

t.test('an unknown key is not found', async (t) => {
  const keyset = await loadKeyset(storage.keys, SECRET, NOW)
  for (const kid of ['', 'other', '__proto__', 'constructor', (await keyset.signingKey('ES256')).kid.slice(1)])
    t.equal(keyset.find(kid), undefined, kid)
})

t.test('a start with another SECRET is refused with what to do', async (t) => {
  const refused = await loadKeyset(storage.keys, `${SECRET}!`, NOW).catch((error: unknown) => error)
  t.type(refused, StorageRefused)
  t.match(refused, { message: /^SECRET .*is not the one that encrypted the signing keys.*previous/ })
})

t.test('nodes that start together sign with the same keys', async (t) => {
  const storage = await openPrepared()
  t.teardown(() => storage.close())
  const [one, other] = await Promise.all([loadKeyset(storage.keys, SECRET, NOW), loadKeyset(storage.keys, SECRET, NOW)])
  for (const alg of ['ES256', 'RS256'] as const) t.equal((await one.signingKey(alg)).kid, (await other.signingKey(alg)).kid)
  t.equal((await storage.keys.list()).length, 2)
})

t.test('a database that has one algorithm gets the other', async (t) => {
  const storage = await openPrepared()
  t.teardown(() => storage.close())
  await loadKeyset({ ...storage.keys, insert: async (key) => key.alg === 'ES256' && storage.keys.insert(key) }, SECRET, NOW)
  const before = await storage.keys.list()
  t.strictSame(
    before.map(({ alg }) => alg),
    ['ES256'],
  )
  const { jwks } = await loadKeyset(storage.keys, SECRET, NOW)
  t.strictSame(jwks.keys.map(({ kid }) => kid)[0], before[0]!.kid)
  t.equal(jwks.keys.length, 2)
})

t.test('the newest key of an algorithm signs, older ones are still known', async (t) => {
  const storage = await openPrepared()
  const second = await openPrepared()
  t.teardown(() => Promise.all([storage.close(), second.close()]))
  const old = await loadKeyset(storage.keys, SECRET, NOW)
  await loadKeyset(second.keys, SECRET, NOW)
  for (const key of await second.keys.list()) await storage.keys.insert({ ...key, generation: 2 })
  const keyset = await loadKeyset(storage.keys, SECRET, NOW)
  t.equal(keyset.jwks.keys.length, 4)
  t.not((await keyset.signingKey('ES256')).kid, (await old.signingKey('ES256')).kid)
  t.ok(keyset.find((await old.signingKey('ES256')).kid))
})

t.test('a key that another node made is found when the keys are reloaded: after a while, or sooner if a token names it', async (t) => {
  const [storage, other] = await Promise.all([openPrepared(), openPrepared()])
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
  await keyset.refresh(NOW + FOLLOW_MS - 1)
  await keyset.refresh(NOW + MISSED_PAUSE_MS - 1, 'unknown')
  t.equal(looks, 0, 'nobody can have us look without a pause')
  await keyset.refresh(NOW + FOLLOW_MS)
  t.equal(looks, 1)
  t.equal(keyset.jwks, before, 'nothing changed')

  for (const key of await other.keys.list()) await storage.keys.insert({ ...key, generation: 2 })
  const { kid } = await made.signingKey('ES256')
  await Promise.all(Array.from({ length: 10 }, () => keyset.refresh(NOW + FOLLOW_MS + MISSED_PAUSE_MS, kid)))
  t.equal(looks, 2, 'who asks together looks once')
  t.equal((await keyset.signingKey('ES256')).kid, (await made.signingKey('ES256')).kid)
  t.equal(keyset.jwks.keys.length, 4)
})

t.test('while the database is unreachable, the cached keys stay in use', async (t) => {
  const storage = await openPrepared()
  const keyset = await loadKeyset(storage.keys, SECRET, NOW)
  const { kid } = await keyset.signingKey('ES256')
  await storage.close()
  await keyset.refresh(NOW + FOLLOW_MS)
  t.equal((await keyset.signingKey('ES256')).kid, kid)
})

t.test('a key of another SECRET that turns up later is refused, and the others stay in use', async (t) => {
  const [storage, other] = await Promise.all([openPrepared(), openPrepared()])
  t.teardown(() => Promise.all([storage.close(), other.close()]))
  const keyset = await loadKeyset(storage.keys, SECRET, NOW)
  await loadKeyset(other.keys, `${SECRET}!`, NOW)
  for (const key of await other.keys.list()) await storage.keys.insert({ ...key, generation: 2 })
  await t.rejects(keyset.refresh(NOW + FOLLOW_MS), StorageRefused)
  t.equal(keyset.jwks.keys.length, 2)
})

t.test('a key of an algorithm that clients may ask for is made once, when it is needed', async (t) => {
  const storage = await openPrepared()
  t.teardown(() => storage.close())
  const nodes = await Promise.all([loadKeyset(storage.keys, SECRET, NOW), loadKeyset(storage.keys, SECRET, NOW)])
  for (const alg of ['EdDSA', 'PS256'] as const) {
    const [one, other] = await Promise.all(nodes.map((node) => node.signingKey(alg)))
    t.equal(one!.kid, other!.kid)
    t.match(
      nodes[0].jwks.keys.find(({ kid }) => kid === one!.kid),
      { alg, use: 'sig', d: undefined },
    )
  }
  t.equal((await storage.keys.list()).length, 4)
})

t.test('a rotation: the next key is published, then signs when it is due, and at last its predecessor is deleted', async (t) => {
  const storage = await openPrepared()
  t.teardown(() => storage.close())
  const keyset = await loadKeyset(storage.keys, SECRET, NOW, { rotationInterval: 86_400 })
  const first = await keyset.signingKey('ES256')
  const due = NOW + 86_400_000 - LEAD_MS
  t.strictSame(await keyset.rotateDue(due - 1), [])
  const made = await keyset.rotateDue(due)
  t.strictSame(
    made.map(({ alg, generation }) => [alg, generation]),
    [
      ['ES256', 2],
      ['RS256', 2],
    ],
  )
  t.strictSame(await keyset.rotateDue(due + 1), [], 'once')
  t.match(await storage.auditEvents.list({ since: 0, limit: 5 }), [
    { name: 'key.made', actor: 'server' },
    { name: 'key.made', actor: 'server' },
  ])
  const { kid } = made[0]!
  t.ok(keyset.jwks.keys.some((jwk) => jwk.kid === kid))
  await keyset.refresh(due + LEAD_MS - 1)
  t.equal((await keyset.signingKey('ES256')).kid, first.kid)
  await keyset.refresh(due + LEAD_MS)
  t.equal((await keyset.signingKey('ES256')).kid, kid, 'at its hour, however lately the node looked')

  const over = due + LEAD_MS + LONGEST_TOKEN_MS
  const { jwks } = keyset
  await keyset.refresh(over - 1)
  t.equal(keyset.jwks, jwks)
  await loadKeyset(storage.keys, SECRET, over, { rotationInterval: 'off' }).then((node) => node.rotateDue(over))
  t.equal((await storage.keys.list()).find((key) => key.kid === first.kid)?.encryptedPrivateJwk, undefined)
  const later = await loadKeyset(storage.keys, SECRET, over)
  t.notOk(later.jwks.keys.some((jwk) => jwk.kid === first.kid))
  t.ok(later.find(first.kid), 'what it signed is still recognised')
  await later.rotateDue(over + REMEMBERED_MS)
  await later.refresh(over + REMEMBERED_MS)
  t.equal(later.find(first.kid), undefined)
  t.equal((await storage.keys.list()).length, 2)
})

t.test('nodes that rotate together make one key of each algorithm', async (t) => {
  const storage = await openPrepared()
  t.teardown(() => storage.close())
  const load = () => loadKeyset(storage.keys, SECRET, NOW, { rotationInterval: 0 })
  const nodes = await Promise.all([load(), load(), load()])
  const made = (await Promise.all(nodes.map((node) => node.rotateDue(NOW + 1)))).flat()
  t.strictSame(made.map(({ alg }) => alg).sort(), ['ES256', 'RS256'])
  t.equal((await storage.keys.list()).length, 4)
})

t.test('another node completes the rotation of a node that died', async (t) => {
  const storage = await openPrepared()
  t.teardown(() => storage.close())
  await loadKeyset(storage.keys, SECRET, NOW)
  let inserts = 0
  const dying = await loadKeyset(
    {
      ...storage.keys,
      insert: async (key, event) => (inserts++ === 0 ? storage.keys.insert(key, event) : Promise.reject(new StorageUnavailable('gone'))),
    },
    SECRET,
    NOW,
    { rotationInterval: 0 },
  )
  await t.rejects(dying.rotateDue(NOW + 1), StorageUnavailable)
  const next = await loadKeyset(storage.keys, SECRET, NOW + 2, { rotationInterval: 0 })
  t.strictSame(
    (await next.rotateDue(NOW + 2)).map(({ alg }) => alg),
    ['RS256'],
  )
})

t.test('SECRET is replaced: what the previous one encrypted is re-encrypted, and nothing else changes', async (t) => {
  const storage = await openPrepared()
  t.teardown(() => storage.close())
  const before = await loadKeyset(storage.keys, SECRET, NOW)
  const NEW = 'another secret of tests, as long as that'
  await t.rejects(loadKeyset(storage.keys, NEW, NOW), { name: 'StorageRefused', message: /set SECRET_PREVIOUS to it\.$/ })
  const both = await loadKeyset(storage.keys, NEW, NOW, { previousSecret: SECRET })
  const after = await loadKeyset(storage.keys, NEW, NOW)
  for (const keyset of [both, after]) {
    t.strictSame(keyset.jwks, before.jwks)
    t.strictSame(keyset.subjectKey, before.subjectKey, 'the subjects of pairwise clients are the same as before')
    t.equal((await keyset.signingKey('ES256')).kid, (await before.signingKey('ES256')).kid)
  }
  await t.rejects(loadKeyset(storage.keys, SECRET, NOW), StorageRefused, 'the one before opens nothing any more')
})

t.test('SECRET is replaced together with an upgrade: pairwise subjects stay those of the previous secret', async (t) => {
  const storage = await openPrepared()
  t.teardown(() => storage.close())
  // The previous version stored no key of subjects.
  await loadKeyset({ ...storage.keys, getOrInsertSecret: async (_name, sealed) => sealed }, SECRET, NOW)
  const NEW = 'another secret of tests, as long as that'
  const upgraded = await loadKeyset(storage.keys, NEW, NOW, { previousSecret: SECRET })
  t.strictSame(upgraded.subjectKey, deriveKey(SECRET, 'pairwise subjects'))
})
