import { LEAD_MS } from '#src/domain/key/key-schedule.ts'
import { loadKeyset } from '#src/crypto/keyset.ts'
import { checkKeysLost, findRevocableKey, keyJson, listKeys, resetKeys, revokeKey, rotateKeys } from '#src/operations/keys.ts'
import { StorageRefused } from '#src/storage/storage.ts'
import { NOW } from '#test/storage/conformance/records.ts'
import { SECRET, checkRefused, problemOf, valueOf } from './scene.ts'
import type { Scene, Suite } from './scene.ts'

const LOST = 'the secret that was lost, longer than 32 characters'

const loaded = ({ storage }: Scene) => loadKeyset(storage.keys, SECRET, NOW - 1)

export const keys: Suite = async (t, open) => {
  await t.test('each algorithm gets a next key, once, and the log says which', async (t) => {
    const scene = await open()
    t.strictSame(valueOf(await listKeys(scene.context)), [])
    await loaded(scene)
    const { keys, signFrom } = valueOf(await rotateKeys(scene.context))
    t.strictSame(keys.map(({ alg }) => alg).sort(), ['ES256', 'RS256'])
    t.equal(signFrom, NOW + LEAD_MS)
    const listed = valueOf(await listKeys(scene.context)).map(keyJson)
    t.strictSame(
      listed.map(({ alg, state }) => `${alg} ${state}`),
      ['ES256 current', 'ES256 next', 'RS256 current', 'RS256 next'],
    )
    t.equal(listed[1]!.signs_from, new Date(signFrom).toISOString())
    t.match(
      (await scene.events()).map(({ name, actor, details }) => [name, actor, details['kid']]).sort(),
      keys.map(({ kid }) => ['key.made', 'operator', kid]).sort(),
    )
    await checkRefused(t, scene, [[rotateKeys(scene.context), { kind: 'conflict', message: 'Each key already has a successor.' }]])
  })

  await t.test('a revoked key has no private part, a successor that signs, and an event', async (t) => {
    const scene = await open()
    const { kid } = (await loaded(scene)).jwks.keys[0]!
    t.equal(valueOf(await findRevocableKey(scene.context, kid!)), kid)
    await t.rejects(revokeKey(await scene.withRefusedEvents(), kid!))
    t.match(
      (await scene.storage.keys.list()).find((key) => key.kid === kid),
      { revokedAt: undefined },
      'no change without the event',
    )
    valueOf(await revokeKey(scene.context, kid!))
    const listed = valueOf(await listKeys(scene.context))
    t.match(
      listed.find(({ key }) => key.kid === kid),
      { state: 'revoked', key: { encryptedPrivateJwk: undefined, revokedAt: NOW } },
    )
    t.strictSame(
      listed.filter(({ state }) => state === 'current').map(({ key }) => key.alg),
      ['ES256', 'RS256'],
    )
    t.match(
      (await scene.events()).find(({ name }) => name === 'key.revoked'),
      { actor: 'operator', at: NOW, details: { kid } },
    )
    await checkRefused(t, scene, [
      [revokeKey(scene.context, kid!), { kind: 'not-found', message: `There is no key ${kid} to revoke.` }],
      [findRevocableKey(scene.context, 'nobody'), { kind: 'not-found' }],
    ])
  })

  await t.test('an operator with another secret changes no key; one with the previous secret does', async (t) => {
    const scene = await open()
    await loaded(scene)
    const before = await scene.storage.keys.list()
    const other = { ...scene.context, secret: () => `${SECRET}!` }
    await t.rejects(rotateKeys(other), StorageRefused)
    await t.rejects(revokeKey(other, before[0]!.kid), StorageRefused)
    t.strictSame(await scene.storage.keys.list(), before)
    t.strictSame(await scene.events(), [])
    valueOf(await rotateKeys({ ...other, config: { ...other.config, secretPrevious: SECRET } }))
  })

  await t.test(
    'keys that a lost secret encrypted go together with what else it encrypted, and the next start makes new ones',
    async (t) => {
      const scene = await open()
      const { context, storage } = scene
      const lost = await loadKeyset(storage.keys, LOST, NOW - 1)
      await t.rejects(loadKeyset(storage.keys, SECRET, NOW), StorageRefused)
      await t.rejects(resetKeys(await scene.withRefusedEvents()))
      t.equal((await storage.keys.list()).length, 2, 'no change without the event')
      t.equal(valueOf(await checkKeysLost(context)), 2)
      t.equal(valueOf(await resetKeys(context)), 2)
      t.match(
        (await scene.events()).find(({ name }) => name === 'keys.reset'),
        { actor: 'operator', at: NOW, details: { keys: 2 } },
      )
      const made = await loadKeyset(storage.keys, SECRET, NOW)
      t.equal(made.jwks.keys.length, 2)
      t.notSame(made.subjectKey, lost.subjectKey)
    },
  )

  await t.test('a revoked key, in which nothing is sealed, goes with the others', async (t) => {
    const { context, storage } = await open()
    const { kid } = (await loadKeyset(storage.keys, LOST, NOW - 1)).jwks.keys[0]!
    valueOf(await revokeKey({ ...context, secret: () => LOST }, kid!))
    t.equal(valueOf(await checkKeysLost(context)), (await storage.keys.list()).length)
  })

  await t.test('keys that can be opened, or that a server has, are not reset', async (t) => {
    const scene = await open()
    const { context, storage } = scene
    await checkRefused(t, scene, [[resetKeys(context), { kind: 'conflict', message: /^There are no keys/ }]])
    await loadKeyset(storage.keys, LOST, NOW - 1)
    const found = { ...context, config: { ...context.config, secretPrevious: LOST } }
    await checkRefused(t, scene, [
      [resetKeys(found), { kind: 'conflict', message: /^SECRET opens the keys/ }],
      [resetKeys({ ...context, secret: () => LOST }), { kind: 'conflict', message: /^SECRET opens the keys/ }],
    ])
    await storage.leases.take('sweep', 'a node', NOW, NOW + 1)
    await checkRefused(t, scene, [[resetKeys(context), { kind: 'conflict', message: /^A server runs on this database/ }]])
    await storage.leases.delete('sweep', 'a node')
    const outcomes = await Promise.all([resetKeys(context), resetKeys(context)])
    t.ok(outcomes.some(({ ok }) => ok))
    t.equal((await storage.keys.list()).length, 0)
    t.equal(await storage.leases.take('sweep', 'another node', NOW, NOW + 1), true, 'a server that starts now sweeps')
  })

  await t.test('of two operators who reset the keys, one does', async (t) => {
    const { context, storage } = await open()
    await loadKeyset(storage.keys, LOST, NOW - 1)
    const late = { ...context, storage: { ...storage, keys: { ...storage.keys, clear: async () => false } } }
    t.match(problemOf(await resetKeys(late)), { kind: 'conflict', message: /^Someone else/ })
  })
}
