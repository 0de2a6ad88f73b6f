/** Revocation: what was revoked stays dead, whatever calls are in progress (RFC 7009; threat-model.md T8). */
import assert from 'node:assert/strict'
import { check, same, tally, together } from '../check.ts'
import { DAY, MINUTE, NOW, addFamily, addGrant, personOf, rotationOf } from '../records.ts'

export const revocation = [
  check('a grant is revoked once, and everything that belongs to it is dead', async (storage) => {
    const { grant, client, token, code } = await addFamily(storage)
    same(tally(await together(10, () => storage.grants.revoke(grant.id, NOW + 1))), { true: 1, false: 9 })
    assert.equal(await storage.grants.revoke('nothing', NOW), false)
    assert.equal((await storage.grants.findRefreshToken(token.grantId, token.tokenHash))?.grant.revokedAt, NOW + 1)
    assert.equal((await storage.grants.findCode(code.grantId, code.codeHash))?.grant.revokedAt, NOW + 1)
    assert.equal(await storage.grants.findLive(grant.id, 'jti', NOW + 2), undefined)
    assert.equal(await storage.grants.rotate(rotationOf(token, client.id)), 'expired')
  }),
  check('nothing rotates once a revocation has resolved, and calls in progress store nothing live', async (storage) => {
    for (let round = 0; round < 20; round++) {
      const { grant, client, token } = await addFamily(storage)
      const rotations = Array.from({ length: 6 }, () => rotationOf(token, client.id))
      const before = rotations.slice(0, 3).map((each) => storage.grants.rotate(each))
      const revoking = storage.grants.revoke(grant.id, NOW + MINUTE)
      const beside = rotations.slice(3).map((each) => storage.grants.rotate(each))
      assert.equal(await revoking, true)
      assert.equal(await storage.grants.rotate(rotationOf(token, client.id)), 'expired')
      await Promise.all([...before, ...beside])
      for (const { successor } of rotations) {
        assert.equal(await storage.grants.rotate(rotationOf(successor, client.id)), 'expired')
      }
      assert.equal(await storage.grants.findLive(grant.id, 'jti', NOW + MINUTE), undefined)
    }
  }),
  check('nothing rotates once a user is disabled, and calls in progress store nothing live', async (storage) => {
    const { user, client, token } = await addFamily(storage)
    const rotations = Array.from({ length: 6 }, () => rotationOf(token, client.id))
    const before = rotations.slice(0, 3).map((each) => storage.grants.rotate(each))
    const disabling = storage.users.disable(user.id, NOW + MINUTE)
    const beside = rotations.slice(3).map((each) => storage.grants.rotate(each))
    assert.equal(await disabling, true)
    await Promise.all([...before, ...beside])
    for (const { successor } of rotations) assert.equal(await storage.grants.rotate(rotationOf(successor, client.id)), 'expired')
  }),
  check('the grant of an access token is found with its user until it expires', async (storage) => {
    const { grant, user } = await addGrant(storage)
    same(await storage.grants.findLive(grant.id, 'jti', NOW), { user: personOf(user), groups: [], claims: grant.claims })
    assert.notEqual(await storage.grants.findLive(grant.id, 'jti', grant.expiresAt - 1), undefined)
    assert.equal(await storage.grants.findLive(grant.id, 'jti', grant.expiresAt), undefined)
    assert.equal(await storage.grants.findLive('nothing', 'jti', NOW), undefined)
  }),
  check('a revoked access token ends alone, and may be revoked twice', async (storage) => {
    const { grant } = await addGrant(storage)
    await together(3, () => storage.grants.revokeAccessToken('one', NOW + DAY))
    assert.equal(await storage.grants.findLive(grant.id, 'one', NOW), undefined)
    assert.notEqual(await storage.grants.findLive(grant.id, 'two', NOW), undefined)
  }),
]
