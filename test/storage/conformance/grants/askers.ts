/** Who asks about an access token is found beside what is behind it: both are what the single reads find. */
import assert from 'node:assert/strict'
import { single, statement } from '#src/storage/driver.ts'
import type { AccessTokenKey, Storage } from '#src/storage/storage.ts'
import { check, same } from '../check.ts'
import { MINUTE, NOW, addClient, addGrant, addResource, makeAccessToken, personOf, redemptionOf } from '../records.ts'
import type { Issued } from '../records.ts'

const LATER = NOW + MINUTE
/** After the opaque token, which lives for an hour. */
const GRANT_ENDS = NOW + 120 * MINUTE

interface Scene extends Issued {
  /** The keys of a JWT and of an opaque token of the grant. */
  readonly keys: readonly [jwt: AccessTokenKey & { readonly grantId: string; readonly jti: string }, opaque: { readonly tokenHash: string }]
  /** The resource that the opaque token is for. */
  readonly resourceId: string
}

async function addScene(storage: Storage): Promise<Scene> {
  const issued = await addGrant(storage)
  const { id: resourceId } = await addResource(storage)
  const accessToken = makeAccessToken(issued.grant.id, { resourceId })
  assert.equal(await storage.grants.redeem(redemptionOf(issued, { accessToken, grantExpiresAt: GRANT_ENDS })), 'redeemed')
  const jwt = { grantId: issued.grant.id, jti: accessToken.claims.jti }
  return { ...issued, resourceId, keys: [jwt, { tokenHash: accessToken.tokenHash }] }
}

/** Whether the JWT and the opaque token are live; each caller learns what the single reads say. */
async function areLive(storage: Storage, { keys: [jwt, opaque] }: Scene, now = LATER): Promise<readonly [boolean, boolean]> {
  const { grants } = storage
  const [client, resource] = [await addClient(storage), await addResource(storage)]
  const alone = [await grants.findLive(jwt.grantId, jwt.jti, now), await grants.findAccessToken(opaque.tokenHash, now)]
  for (const [index, key] of [jwt, opaque].entries()) {
    same(await grants.findForClient(client.id, key, now), { asker: await storage.clients.find(client.id), live: alone[index] })
    same(await grants.findForResource(resource.id, key, now), { asker: await storage.resources.find(resource.id), live: alone[index] })
  }
  return [alone[0] !== undefined, alone[1] !== undefined]
}

const BOTH = [true, true]
const NONE = [false, false]

export const askers = [
  check('who asks is found with the user, the groups and the claims behind the token', async (storage) => {
    const scene = await addScene(storage)
    const { user, client, grant, keys } = scene
    await storage.groups.insert({ name: 'moons', description: '', createdAt: NOW })
    await storage.groups.join({ userId: user.id, group: 'moons', source: 'manual', since: NOW })
    const live = { user: personOf(user), groups: ['moons'], claims: grant.claims }
    const { asker, live: ofJwt } = await storage.grants.findForClient(client.id, keys[0], LATER)
    same(asker, await storage.clients.find(client.id))
    same(ofJwt, live)
    const { asker: resource, live: ofOpaque } = await storage.grants.findForResource(scene.resourceId, keys[1], LATER)
    same(resource, await storage.resources.find(scene.resourceId))
    const { token, ...rest } = ofOpaque!
    same(rest, live)
    assert.equal(token?.tokenHash, keys[1].tokenHash)
    same(await areLive(storage, scene), BOTH)
  }),
  check('an unknown caller learns nothing, and of an unknown token nobody does', async (storage) => {
    const scene = await addScene(storage)
    for (const key of scene.keys) {
      same(await storage.grants.findForClient('nobody', key, LATER), {})
      same(await storage.grants.findForClient(scene.resourceId, key, LATER), {})
      same(await storage.grants.findForResource(scene.client.id, key, LATER), {})
    }
    same(await areLive(storage, { ...scene, keys: [{ grantId: 'nothing', jti: 'jti' }, { tokenHash: 'nothing' }] }), NONE)
    // The hash of a token is no other key, and neither is the id of its grant.
    same(
      await areLive(storage, { ...scene, keys: [{ grantId: scene.keys[1].tokenHash, jti: 'jti' }, { tokenHash: scene.grant.id }] }),
      NONE,
    )
  }),
  check('a client that was disabled is found as it is', async (storage) => {
    const { client, keys } = await addScene(storage)
    const other = await addClient(storage)
    await storage.clients.disable(other.id, LATER)
    for (const key of keys) {
      const { asker, live } = await storage.grants.findForClient(other.id, key, LATER)
      assert.equal(asker?.disabledAt, LATER)
      assert.notEqual(live, undefined)
    }
    await storage.clients.disable(client.id, LATER)
    for (const key of keys) assert.equal((await storage.grants.findForClient(other.id, key, LATER)).live, undefined, 'its own tokens')
  }),
  check('a token ends for callers of introspection as it ends for the others', async (storage) => {
    const revoked = await addScene(storage)
    await storage.grants.revoke(revoked.grant.id, NOW)
    same(await areLive(storage, revoked), NONE, 'its grant was revoked')

    const alone = await addScene(storage)
    await storage.grants.revokeAccessToken(alone.keys[0].jti, LATER)
    same(await areLive(storage, alone), NONE, 'it was revoked')
    same(await areLive(storage, { ...alone, keys: [{ ...alone.keys[0], jti: 'another' }, alone.keys[1]] }), [true, false])

    const disabled = await addScene(storage)
    await storage.users.disable(disabled.user.id, LATER)
    await storage.users.enable(disabled.user.id, LATER)
    same(await areLive(storage, disabled), NONE, 'its user was disabled, which ended its grants')

    const deleted = await addScene(storage)
    await storage.users.delete(deleted.user.id, LATER)
    same(await areLive(storage, deleted), NONE, 'its user is gone')

    const ofResource = await addScene(storage)
    await storage.resources.delete(ofResource.resourceId)
    same(await areLive(storage, ofResource), [true, false], 'the resource of the opaque token is gone')

    const late = await addScene(storage)
    same(await areLive(storage, late, GRANT_ENDS - 1), [true, false], 'the opaque token is over')
    same(await areLive(storage, late, GRANT_ENDS), NONE, 'the grant is over')
  }),
  check('of a disabled user no token is live, even if a grant is', async (storage, driver) => {
    const scene = await addScene(storage)
    await driver.write(single(statement('update users set disabled_at = $1 where id = $2'), NOW, scene.user.id))
    same(await areLive(storage, scene), NONE)
  }),
]
