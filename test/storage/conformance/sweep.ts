/** Sweeping: deletes expired records in bounded steps, and keeps what may still be needed. */
import assert from 'node:assert/strict'
import type { RefreshToken } from '#src/domain/token/grant.ts'
import type { Storage } from '#src/storage/storage.ts'
import { check, together } from './check.ts'
import { DAY, MINUTE, NOW, TTL, addClient, addFamily, addGrant, addSession, addUser, redemptionOf, rotationOf } from './records.ts'

/** When an unused client of `NOW` may be swept, and when an idle one. */
const UNUSED = NOW + 30 * DAY
const IDLE = NOW + 400 * DAY

/** Sweeps until nothing is left to do; returns how many records were deleted. */
async function sweepAll(storage: Storage, now: number): Promise<number> {
  let removed = 0
  for (let step = 0; step < 100; step++) {
    const went = await storage.sweep(now, 100, TTL)
    if (went === 0) return removed
    removed += went
  }
  throw new Error('sweeping never ends')
}

/** Adds so many generations to a family. */
async function rotateOften(storage: Storage, clientId: string, first: RefreshToken, times: number): Promise<void> {
  let token = first
  for (let count = 0; count < times; count++) {
    const rotation = rotationOf(token, clientId)
    await storage.grants.rotate(rotation)
    token = rotation.successor
  }
}

export const sweeping = [
  check('an empty database has nothing to sweep', async (storage) => {
    assert.equal(await storage.sweep(NOW, 100, TTL), 0)
  }),
  check('sessions are deleted when they have expired', async (storage) => {
    const user = await addUser(storage)
    const over = await addSession(storage, user.id, { expiresAt: NOW })
    const live = await addSession(storage, user.id, { expiresAt: NOW + 1 })
    assert.equal(await sweepAll(storage, NOW), 1)
    assert.equal(await storage.sessions.findLive(over.idHash, 0, 0), undefined)
    assert.notEqual(await storage.sessions.findLive(live.idHash, NOW, 0), undefined)
  }),
  check('revoked access tokens are remembered until they would have ended', async (storage) => {
    const { grant } = await addGrant(storage)
    await storage.grants.revokeAccessToken('over', NOW)
    await storage.grants.revokeAccessToken('live', NOW + 1)
    assert.equal(await sweepAll(storage, NOW), 1)
    assert.notEqual(await storage.grants.findLive(grant.id, 'over', NOW), undefined)
    assert.equal(await storage.grants.findLive(grant.id, 'live', NOW), undefined)
  }),
  check('login attempts are deleted when their window has ended', async (storage) => {
    await storage.loginAttempts.count('over', NOW - MINUTE, NOW)
    await storage.loginAttempts.count('live', NOW - MINUTE, NOW + 1)
    assert.equal(await sweepAll(storage, NOW), 1)
    assert.equal((await storage.loginAttempts.count('live', NOW, NOW + MINUTE)).attempts, 2)
  }),
  check('an expired grant is deleted a day later with its code and tokens, and a replay is recognized until then', async (storage) => {
    const issued = await addGrant(storage, { client: await addClient(storage, { origin: 'operator' }) })
    const redemption = redemptionOf(issued, { grantExpiresAt: NOW + DAY })
    await storage.grants.redeem(redemption)
    assert.equal(await sweepAll(storage, NOW + 2 * DAY), 0)
    assert.equal(await storage.grants.redeem({ ...redemption, now: NOW + 2 * DAY }), 'replayed')
    assert.equal(await sweepAll(storage, NOW + 2 * DAY + 1), 2)
    assert.equal(await storage.grants.findCode(issued.grant.id, issued.code.codeHash), undefined)
    assert.equal(await storage.grants.findRefreshToken(redemption.refreshToken!.grantId, redemption.refreshToken!.tokenHash), undefined)
  }),
  check('a revoked grant is deleted a day later with its code and tokens', async (storage) => {
    const { grant, token, code } = await addFamily(storage)
    const live = await addFamily(storage)
    await storage.grants.revoke(grant.id, NOW + MINUTE)
    assert.equal(await sweepAll(storage, NOW + MINUTE + DAY), 0)
    assert.equal(await sweepAll(storage, NOW + MINUTE + DAY + 1), 2)
    assert.equal(await storage.grants.findRefreshToken(token.grantId, token.tokenHash), undefined)
    assert.equal(await storage.grants.findCode(code.grantId, code.codeHash), undefined)
    assert.notEqual(await storage.grants.findRefreshToken(live.token.grantId, live.token.tokenHash), undefined)
  }),
  check('refresh tokens of a live grant are deleted a day after they expired, not before', async (storage) => {
    const { token, client } = await addFamily(storage)
    const rotation = rotationOf(token, client.id, { now: NOW + 20 * DAY })
    await storage.grants.rotate({ ...rotation, successor: { ...rotation.successor, expiresAt: NOW + 50 * DAY } })
    assert.equal(await sweepAll(storage, token.expiresAt + DAY), 0)
    assert.equal(await sweepAll(storage, token.expiresAt + DAY + 1), 1)
    assert.equal(await storage.grants.findRefreshToken(token.grantId, token.tokenHash), undefined)
    assert.notEqual(await storage.grants.findRefreshToken(rotation.successor.grantId, rotation.successor.tokenHash), undefined)
  }),
  check('a client that nobody ever allowed is deleted after its time, unless an operator added it', async (storage) => {
    const unused = await addClient(storage)
    const younger = await addClient(storage, { createdAt: NOW + 1 })
    const made = await addClient(storage, { origin: 'operator' })
    assert.equal(await sweepAll(storage, UNUSED), 0)
    assert.equal(await sweepAll(storage, UNUSED + 1), 1)
    assert.equal(await storage.clients.find(unused.id), undefined)
    assert.notEqual(await storage.clients.find(younger.id), undefined)
    assert.notEqual(await storage.clients.find(made.id), undefined)
  }),
  check('a client that was allowed is deleted after a long idle time, unless an operator added it', async (storage) => {
    const idle = await addGrant(storage)
    const made = await addGrant(storage, { client: await addClient(storage, { origin: 'operator' }) })
    await sweepAll(storage, IDLE)
    assert.notEqual(await storage.clients.find(idle.client.id), undefined)
    await sweepAll(storage, IDLE + 1)
    assert.equal(await storage.clients.find(idle.client.id), undefined)
    assert.notEqual(await storage.clients.find(made.client.id), undefined)
  }),
  check('a client with a live grant is never deleted', async (storage) => {
    const issued = await addGrant(storage)
    await storage.grants.redeem(redemptionOf(issued, { grantExpiresAt: IDLE + 100 * DAY, refreshToken: undefined }))
    await sweepAll(storage, IDLE + DAY)
    assert.notEqual(await storage.clients.find(issued.client.id), undefined)
    assert.notEqual(await storage.grants.findLive(issued.grant.id, 'jti', IDLE + DAY), undefined)
  }),
  check('a step deletes no more than its limit for each reason, and several steps finish', async (storage) => {
    const user = await addUser(storage)
    await together(7, () => addSession(storage, user.id, { expiresAt: NOW }))
    await together(7, (index) => storage.grants.revokeAccessToken(`jti-${index}`, NOW))
    const went: number[] = []
    for (let step = 0; step < 4; step++) went.push(await storage.sweep(NOW, 3, TTL))
    assert.deepEqual(went, [6, 6, 2, 0])
  }),
  check('a family with many tokens is deleted token by token, and its grant last', async (storage) => {
    const { grant, token, client } = await addFamily(storage)
    await rotateOften(storage, client.id, token, 9)
    await storage.grants.revoke(grant.id, NOW)
    const over = NOW + 2 * DAY
    assert.equal(await storage.sweep(over, 4, TTL), 4)
    assert.equal(await storage.sweep(over, 4, TTL), 4)
    assert.equal(await storage.sweep(over, 4, TTL), 3, 'two tokens and the grant')
    assert.equal(await storage.sweep(over, 4, TTL), 0)
  }),
  check('a step reads no more dead grants than its limit, however many still have tokens', async (storage) => {
    const client = await addClient(storage, { origin: 'operator' })
    for (let index = 0; index < 3; index++) {
      const { grant, token } = await addFamily(storage, { client })
      await rotateOften(storage, client.id, token, 2)
      await storage.grants.revoke(grant.id, NOW + index)
    }
    const bare = await addGrant(storage, { client, grant: { expiresAt: NOW + 30 * DAY } })
    await storage.grants.revoke(bare.grant.id, NOW + MINUTE)
    const over = NOW + 2 * DAY
    assert.equal(await storage.sweep(over, 2, TTL), 2, 'two tokens of the first, and not yet the last, which has none')
    assert.equal(await sweepAll(storage, over), 11, 'the other tokens and the grants')
  }),
  check('a client that is allowed during a sweep stays with its grant, or was gone before', async (storage) => {
    for (let round = 0; round < 10; round++) {
      const client = await addClient(storage)
      const user = await addUser(storage)
      const issuing = addGrant(storage, { user, client, grant: { createdAt: UNUSED + 1, expiresAt: UNUSED + DAY } }).catch(() => undefined)
      const [issued] = await Promise.all([issuing, storage.sweep(UNUSED + 1, 100, TTL)])
      const live = issued && (await storage.grants.findLive(issued.grant.id, 'jti', UNUSED + 1))
      assert.equal(live !== undefined, issued !== undefined)
      assert.equal((await storage.clients.find(client.id)) !== undefined, issued !== undefined)
    }
  }),
]
