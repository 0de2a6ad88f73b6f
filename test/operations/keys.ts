import { LEAD_MS } from '#src/domain/key/key-schedule.ts'
import { loadKeyset } from '#src/crypto/keyset.ts'
import { findRevocableKey, keyJson, listKeys, revokeKey, rotateKeys } from '#src/operations/keys.ts'
import { StorageRefused } from '#src/storage/storage.ts'
import { NOW } from '#test/storage/conformance/records.ts'
import { SECRET, checkRefused, valueOf } from './scene.ts'
import type { Scene, Suite } from './scene.ts'

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
}
