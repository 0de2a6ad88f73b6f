/** Refresh tokens: every case of the rotation rule (RFC 9700 section 4.14.2; threat-model.md T8). */
import assert from 'node:assert/strict'
import type { RefreshToken } from '#src/domain/token/grant.ts'
import type { Storage } from '#src/storage/storage.ts'
import { check, same, tally, together } from '../check.ts'
import { DAY, MINUTE, NOW, addFamily, addGrant, makeToken, redemptionOf, rotationOf } from '../records.ts'
import type { Family } from '../records.ts'

const isLive = async (storage: Storage, { grant }: Family) => (await storage.grants.findLive(grant.id, 'jti', NOW + MINUTE)) !== undefined

/** Rotates, expects `rotated`, and returns the successor. */
async function rotated(storage: Storage, { client }: Family, token: RefreshToken, now = NOW + MINUTE): Promise<RefreshToken> {
  const rotation = rotationOf(token, client.id, { now })
  assert.equal(await storage.grants.rotate(rotation), 'rotated')
  return rotation.successor
}

export const rotation = [
  check('an unused token of a live grant rotates, and the successor knows its parent', async (storage) => {
    const family = await addFamily(storage)
    const successor = await rotated(storage, family, family.token)
    same((await storage.grants.findRefreshToken(successor.grantId, successor.tokenHash))?.token, successor)
    assert.equal((await storage.grants.findRefreshToken(family.token.grantId, family.token.tokenHash))?.token.usedAt, NOW + MINUTE)
    assert.equal(await storage.grants.findRefreshToken(successor.grantId, 'nothing'), undefined)
    assert.equal(await storage.grants.findRefreshToken('another grant', successor.tokenHash), undefined)
  }),
  check('a token is bound to the key that it was issued to, whatever its predecessor was bound to', async (storage) => {
    const family = await addFamily(storage)
    const keyOf = async ({ grantId, tokenHash }: RefreshToken) => (await storage.grants.findRefreshToken(grantId, tokenHash))?.token.dpopJkt
    assert.equal(await keyOf(family.token), 'thumbprint of a key')
    let before = family.token
    for (const dpopJkt of [undefined, 'thumbprint of another key']) {
      const next = { generation: before.generation + 1, parentHash: before.tokenHash, dpopJkt, network: undefined }
      const successor = makeToken(family.grant.id, next)
      assert.equal(await storage.grants.rotate(rotationOf(before, family.client.id, { successor })), 'rotated')
      assert.equal(await keyOf(successor), dpopJkt)
      before = successor
    }
    assert.equal(await keyOf(family.token), 'thumbprint of a key', 'and stays with it')
  }),
  check('an unused token rotates without any grace time, generation after generation', async (storage) => {
    const family = await addFamily(storage)
    let token = family.token
    for (let generation = 2; generation < 6; generation++) {
      const next = rotationOf(token, family.client.id, { graceMs: 0, now: NOW + generation * DAY })
      assert.equal(await storage.grants.rotate(next), 'rotated')
      token = next.successor
    }
  }),
  check('a used token repeats its one successor until the grace time after its first use has passed', async (storage) => {
    const family = await addFamily(storage)
    const successor = await rotated(storage, family, family.token, NOW)
    const again = (now: number) => storage.grants.rotate(rotationOf(family.token, family.client.id, { now }))
    assert.equal(await again(NOW), 'repeated')
    assert.equal(await again(NOW + MINUTE - 1), 'repeated')
    same((await storage.grants.findRefreshToken(successor.grantId, successor.tokenHash))?.token, successor)
    assert.equal(await again(NOW + MINUTE), 'replayed')
    assert.equal(await isLive(storage, family), false)
  }),
  check('a token that was repeated still rotates, once', async (storage) => {
    const family = await addFamily(storage)
    const successor = await rotated(storage, family, family.token)
    assert.equal(await storage.grants.rotate(rotationOf(family.token, family.client.id)), 'repeated')
    await rotated(storage, family, successor)
    assert.equal(await storage.grants.rotate(rotationOf(successor, family.client.id, { now: NOW + DAY })), 'replayed')
  }),
  check(
    'a successor of an earlier secret is repeated; beside one that cannot be derived there is one more, and only one',
    async (storage) => {
      const family = await addFamily(storage)
      const first = await rotated(storage, family, family.token)
      const successor = makeToken(family.grant.id)
      const again = (earlierSuccessors: string[]) =>
        storage.grants.rotate(rotationOf(family.token, family.client.id, { successor, earlierSuccessors }))
      assert.equal(await again(['something else', first.tokenHash]), 'repeated')
      assert.equal(await storage.grants.findRefreshToken(successor.grantId, successor.tokenHash), undefined)
      assert.equal(await again([]), 'rotated')
      assert.equal(await again([]), 'repeated')
      assert.notEqual(await storage.grants.findRefreshToken(successor.grantId, successor.tokenHash), undefined)
      await rotated(storage, family, first)
    },
  ),
  check('a used token is a replay without a grace time', async (storage) => {
    const family = await addFamily(storage)
    await rotated(storage, family, family.token)
    const replay = rotationOf(family.token, family.client.id, { successor: makeToken(family.grant.id), graceMs: 0 })
    assert.equal(await storage.grants.rotate(replay), 'replayed')
    assert.equal(await storage.grants.findRefreshToken(replay.successor.grantId, replay.successor.tokenHash), undefined)
    assert.equal(await isLive(storage, family), false)
  }),
  check('of callers who use one token together, one rotates it and all others get the same successor', async (storage) => {
    const family = await addFamily(storage)
    const rotations = Array.from({ length: 40 }, () => rotationOf(family.token, family.client.id))
    const outcomes = await Promise.all(rotations.map((each) => storage.grants.rotate(each)))
    same(tally(outcomes), { rotated: 1, repeated: 39 })
    await rotated(storage, family, rotations[0]!.successor)
  }),
  check('of callers who use one token together without grace, exactly one gets a successor', async (storage) => {
    for (let round = 0; round < 5; round++) {
      const family = await addFamily(storage)
      const rotations = Array.from({ length: 10 }, () =>
        rotationOf(family.token, family.client.id, { successor: makeToken(family.grant.id), graceMs: 0 }),
      )
      const outcomes = await Promise.all(rotations.map((each) => storage.grants.rotate(each)))
      same(tally(outcomes), { rotated: 1, replayed: 1, expired: 8 })
      const found = await Promise.all(
        rotations.map((each) => storage.grants.findRefreshToken(each.successor.grantId, each.successor.tokenHash)),
      )
      assert.equal(found.filter((each) => each !== undefined).length, 1)
      assert.equal(await isLive(storage, family), false, 'one call replayed it')
    }
  }),
  check('an unused token that is too old or unknown is expired, and does no harm', async (storage) => {
    const issued = await addGrant(storage)
    const token = makeToken(issued.grant.id, { expiresAt: NOW + DAY })
    await storage.grants.redeem(redemptionOf(issued, { refreshToken: token }))
    const family = { ...issued, token }
    assert.equal(await storage.grants.rotate(rotationOf(token, issued.client.id, { now: NOW + DAY })), 'expired')
    assert.equal(await storage.grants.rotate(rotationOf(token, issued.client.id, { tokenHash: 'unknown' })), 'expired')
    assert.equal(await isLive(storage, family), true)
    await rotated(storage, family, token, NOW + DAY - 1)
  }),
  check('a token of an expired grant is expired, used or not', async (storage) => {
    const issued = await addGrant(storage)
    const token = makeToken(issued.grant.id)
    await storage.grants.redeem(redemptionOf(issued, { refreshToken: token, grantExpiresAt: NOW + DAY }))
    assert.equal(await storage.grants.rotate(rotationOf(token, issued.client.id, { now: NOW + DAY })), 'expired')
  }),
  check('a token is never rotated, or replayed, under another grant', async (storage) => {
    const mine = await addFamily(storage)
    const other = await addFamily(storage)
    const confused = () => rotationOf(mine.token, mine.client.id, { successor: makeToken(other.grant.id), graceMs: 0 })
    assert.equal(await storage.grants.rotate(confused()), 'expired')
    await rotated(storage, mine, mine.token)
    assert.equal(await storage.grants.rotate(confused()), 'expired')
    assert.equal(await isLive(storage, other), true)
    assert.equal(await isLive(storage, mine), true)
  }),
  check('rotating records once a day that the client is in use', async (storage) => {
    const family = await addFamily(storage)
    const lastUsedAt = async () => (await storage.clients.find(family.client.id))?.lastUsedAt
    const second = await rotated(storage, family, family.token, NOW + DAY)
    assert.equal(await lastUsedAt(), NOW)
    const third = await rotated(storage, family, second, NOW + DAY + 1)
    assert.equal(await lastUsedAt(), NOW + DAY + 1)
    await rotated(storage, family, third, NOW + DAY + 2)
    assert.equal(await lastUsedAt(), NOW + DAY + 1)
  }),
  check('a successor that can’t be stored leaves the token unused', async (storage) => {
    const family = await addFamily(storage)
    const clash = makeToken(family.grant.id, { tokenHash: family.token.tokenHash })
    await assert.rejects(storage.grants.rotate(rotationOf(family.token, family.client.id, { successor: clash })))
    assert.equal((await storage.grants.findRefreshToken(family.token.grantId, family.token.tokenHash))?.token.usedAt, undefined)
    await rotated(storage, family, family.token)
  }),
  check('families don’t disturb each other, however many rotate together', async (storage) => {
    const families = await together(20, () => addFamily(storage))
    const outcomes = await Promise.all(families.map(({ token, client }) => storage.grants.rotate(rotationOf(token, client.id))))
    same(tally(outcomes), { rotated: 20 })
  }),
]
