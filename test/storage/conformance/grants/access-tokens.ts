/** Opaque access tokens: stored by a redemption or a rotation, they end with what they depend on. */
import assert from 'node:assert/strict'
import type { AccessToken } from '#src/domain/token/grant.ts'
import type { Storage } from '#src/storage/storage.ts'
import { check, same } from '../check.ts'
import { DAY, MINUTE, NOW, TTL, addFamily, addGrant, addResource, makeAccessToken, personOf, redemptionOf, rotationOf } from '../records.ts'
import type { Issued } from '../records.ts'

const LATER = NOW + MINUTE

/** A grant whose redemption stored an access token that expires an hour after `NOW`. */
async function addToken(storage: Storage, changes: Partial<AccessToken> = {}): Promise<Issued & { accessToken: AccessToken }> {
  const issued = await addGrant(storage)
  const accessToken = makeAccessToken(issued.grant.id, changes)
  assert.equal(await storage.grants.redeem(redemptionOf(issued, { accessToken })), 'redeemed')
  return { ...issued, accessToken }
}
const isLive = async (storage: Storage, { tokenHash }: AccessToken, now = LATER) =>
  (await storage.grants.findAccessToken(tokenHash, now)) !== undefined

export const accessTokens = [
  check('an access token is found with its user and the claims of its grant until it expires', async (storage) => {
    const { id: resourceId } = await addResource(storage)
    const { accessToken, user, grant } = await addToken(storage, { resourceId })
    same(await storage.grants.findAccessToken(accessToken.tokenHash, LATER), {
      token: accessToken,
      user: personOf(user),
      groups: [],
      claims: grant.claims,
    })
    assert.equal(await isLive(storage, accessToken, accessToken.expiresAt - 1), true)
    assert.equal(await isLive(storage, accessToken, accessToken.expiresAt), false)
    assert.equal(await storage.grants.findAccessToken('nothing', LATER), undefined)
  }),
  check('a rotation stores one, too, and a refused one stores none', async (storage) => {
    const { token, client, code, grant } = await addFamily(storage)
    const [rotated, refused, replayed] = [makeAccessToken(grant.id), makeAccessToken(grant.id), makeAccessToken(grant.id)]
    assert.equal(await storage.grants.rotate(rotationOf(token, client.id, { accessToken: rotated })), 'rotated')
    assert.equal(await isLive(storage, rotated), true)
    assert.equal(await storage.grants.rotate(rotationOf(token, client.id, { tokenHash: 'unknown', accessToken: refused })), 'expired')
    assert.equal(await isLive(storage, refused), false)
    assert.equal(
      await storage.grants.redeem({
        codeHash: code.codeHash,
        grantId: grant.id,
        now: LATER,
        grantExpiresAt: NOW + DAY,
        accessToken: replayed,
      }),
      'replayed',
    )
    assert.equal(await isLive(storage, replayed), false)
    assert.equal(await isLive(storage, rotated), false, 'and the family is dead')
  }),
  check('an access token ends with its grant, its user and its client', async (storage) => {
    const tokens = [await addToken(storage), await addToken(storage), await addToken(storage), await addToken(storage)] as const
    await storage.grants.revoke(tokens[0].grant.id, LATER)
    await storage.users.disable(tokens[1].user.id, LATER)
    await storage.clients.delete(tokens[2].client.id)
    same(await Promise.all(tokens.map(({ accessToken }) => isLive(storage, accessToken))), [false, false, false, true])
    await storage.users.delete(tokens[3].user.id, LATER)
    assert.equal(await isLive(storage, tokens[3].accessToken), false)
  }),
  check('an access token does not outlive its grant', async (storage) => {
    const issued = await addGrant(storage)
    const accessToken = makeAccessToken(issued.grant.id)
    await storage.grants.redeem(redemptionOf(issued, { accessToken, grantExpiresAt: LATER }))
    assert.equal(await isLive(storage, accessToken, LATER - 1), true)
    assert.equal(await isLive(storage, accessToken, LATER), false)
  }),
  check('an access token ends for good with its resource, and others of the grant stay live', async (storage) => {
    const resource = await addResource(storage)
    const { accessToken, grant } = await addToken(storage, { resourceId: resource.id })
    const second = await addFamily(storage)
    const unregistered = makeAccessToken(second.grant.id)
    await storage.grants.rotate(rotationOf(second.token, second.client.id, { accessToken: unregistered }))
    assert.equal(await storage.resources.delete(resource.id), true)
    assert.equal(await isLive(storage, accessToken), false)
    assert.equal(await isLive(storage, unregistered), true)
    assert.notEqual(await storage.grants.findLive(grant.id, 'jti', LATER), undefined, 'the grant is another matter')
    await addResource(storage, { identifier: resource.identifier })
    assert.equal(await isLive(storage, accessToken), false, 'even if that identifier is registered again')
  }),
  check('a token that is issued while its resource is deleted is dead', async (storage) => {
    const { accessToken } = await addToken(storage, { resourceId: 'resource_that_went' })
    assert.equal(await isLive(storage, accessToken), false)
  }),
  check('a revoked access token ends alone', async (storage) => {
    const { accessToken, grant } = await addToken(storage)
    await storage.grants.revokeAccessToken(accessToken.claims.jti, accessToken.expiresAt)
    assert.equal(await isLive(storage, accessToken), false)
    assert.notEqual(await storage.grants.findLive(grant.id, 'another', LATER), undefined)
  }),
  check('access tokens are swept when they have expired, and before their grant', async (storage) => {
    const { grant, token, client } = await addFamily(storage)
    // The first use, and four within the grace time.
    for (let index = 0; index < 5; index++)
      await storage.grants.rotate(rotationOf(token, client.id, { accessToken: makeAccessToken(grant.id) }))
    assert.equal(await storage.sweep(LATER, 10, TTL), 0)
    assert.equal(await storage.sweep(NOW + 60 * MINUTE, 3, TTL), 3)
    assert.equal(await storage.sweep(NOW + 60 * MINUTE, 3, TTL), 2)
    const late = makeAccessToken(grant.id, { expiresAt: NOW + 3 * DAY })
    await storage.grants.rotate(rotationOf(token, client.id, { accessToken: late }))
    await storage.grants.revoke(grant.id, NOW)
    assert.equal(await storage.sweep(NOW + 2 * DAY, 20, TTL), 2, 'its refresh tokens')
    assert.equal(await storage.sweep(NOW + 2 * DAY, 20, TTL), 0, 'the grant waits')
    assert.equal(await storage.sweep(NOW + 3 * DAY, 20, TTL), 2)
  }),
]
