/** Grants and their codes: a code is redeemed once, on any node (RFC 6749 section 4.1.2; threat-model.md T7). */
import assert from 'node:assert/strict'
import { check, same, tally } from '../check.ts'
import {
  DAY,
  MINUTE,
  NOW,
  addClient,
  addFamily,
  addGrant,
  addSession,
  addUser,
  makeCode,
  makeEvent,
  makeGrant,
  makeToken,
  redemptionOf,
} from '../records.ts'

export const codes = [
  check('an issued grant comes back with its code, member by member', async (storage) => {
    const issued = await addGrant(storage)
    const bare = await addGrant(storage, {
      ...issued,
      grant: { nonce: undefined, claims: undefined, scopes: [], resources: [] },
      code: { codeChallenge: undefined, dpopJkt: undefined, redirectUriGiven: false },
    })
    const { username } = issued.user
    for (const { code, grant } of [issued, bare])
      same(await storage.grants.findCode(grant.id, code.codeHash), { code, grant, username, groups: [] })
    for (const [grantId, codeHash] of [
      [issued.grant.id, 'nothing'],
      ['nothing', issued.code.codeHash],
      [issued.grant.id, bare.code.codeHash],
    ] as const) {
      assert.equal(await storage.grants.findCode(grantId, codeHash), undefined)
    }
  }),
  check('issuing records when a user first and last allowed the client, the latter once a day', async (storage) => {
    const DAY = 86_400_000
    const { user, client } = await addGrant(storage, { grant: { createdAt: NOW + 1 } })
    await addGrant(storage, { user, client, grant: { createdAt: NOW + 1 + DAY } })
    same(await storage.clients.find(client.id), { ...client, authorizedAt: NOW + 1, lastUsedAt: NOW + 1 })
    await addGrant(storage, { user, client, grant: { createdAt: NOW + 2 + DAY } })
    same(await storage.clients.find(client.id), { ...client, authorizedAt: NOW + 1, lastUsedAt: NOW + 2 + DAY })
  }),
  check('a grant whose id is taken is refused, and nothing of it is stored', async (storage) => {
    const { user, client, grant, code } = await addGrant(storage)
    const other = await addClient(storage)
    const second = makeCode(grant.id)
    await assert.rejects(storage.grants.issue(makeGrant(user.id, other.id, { id: grant.id }), second))
    assert.equal(await storage.grants.findCode(grant.id, second.codeHash), undefined)
    same(await storage.grants.findCode(grant.id, code.codeHash), { code, grant, username: user.username, groups: [] })
    same(await storage.clients.find(other.id), other)
    assert.notEqual((await storage.clients.find(client.id))?.authorizedAt, undefined)
  }),
  check('a grant of an unknown user or client is refused', async (storage) => {
    const { user, client } = await addGrant(storage)
    for (const grant of [makeGrant('nobody', client.id), makeGrant(user.id, 'nobody')]) {
      await assert.rejects(storage.grants.issue(grant, makeCode(grant.id)))
    }
  }),
  check('a code is redeemed once, which sets the grant’s end and stores the refresh token', async (storage) => {
    const issued = await addGrant(storage)
    const redemption = redemptionOf(issued)
    assert.equal(await storage.grants.redeem(redemption), 'redeemed')
    same(await storage.grants.findRefreshToken(redemption.refreshToken!.grantId, redemption.refreshToken!.tokenHash), {
      token: redemption.refreshToken,
      grant: { ...issued.grant, expiresAt: NOW + 365 * DAY },
      groups: [],
      redirectUri: issued.code.redirectUri,
    })
  }),
  check('a code may be redeemed without a refresh token', async (storage) => {
    const issued = await addGrant(storage)
    assert.equal(
      await storage.grants.redeem(redemptionOf(issued, { refreshToken: undefined, grantExpiresAt: NOW + MINUTE * 60 })),
      'redeemed',
    )
    assert.notEqual(await storage.grants.findLive(issued.grant.id, 'jti', NOW + MINUTE * 59), undefined)
    assert.equal(await storage.grants.findLive(issued.grant.id, 'jti', NOW + MINUTE * 60), undefined)
  }),
  check('of N callers who redeem one code together, exactly one gets it and the grant dies', async (storage) => {
    for (let round = 0; round < 5; round++) {
      const issued = await addGrant(storage)
      const redemptions = Array.from({ length: 20 }, () => redemptionOf(issued))
      const outcomes = await Promise.all(redemptions.map((each) => storage.grants.redeem(each)))
      same(tally(outcomes), { redeemed: 1, replayed: 19 })
      assert.equal(await storage.grants.findLive(issued.grant.id, 'jti', NOW + 1000), undefined)
      const found = await Promise.all(
        redemptions.map((each) => storage.grants.findRefreshToken(each.refreshToken!.grantId, each.refreshToken!.tokenHash)),
      )
      assert.equal(found.filter((each) => each !== undefined).length, 1, 'one refresh token')
    }
  }),
  check('a replayed code ends everything that belongs to its grant, even long after', async (storage) => {
    const { code, grant, client, token } = await addFamily(storage)
    const replay = {
      codeHash: code.codeHash,
      grantId: grant.id,
      now: NOW + DAY,
      grantExpiresAt: NOW + 2 * DAY,
      refreshToken: makeToken(grant.id),
    }
    assert.equal(await storage.grants.redeem(replay), 'replayed')
    assert.equal(await storage.grants.redeem(replay), 'replayed')
    assert.equal(await storage.grants.findRefreshToken(replay.refreshToken.grantId, replay.refreshToken.tokenHash), undefined)
    const rotation = {
      tokenHash: token.tokenHash,
      clientId: client.id,
      now: NOW + DAY,
      successor: makeToken(grant.id),
      earlierSuccessors: [],
      graceMs: 0,
    }
    assert.equal(await storage.grants.rotate(rotation), 'expired')
  }),
  check('a code that is too old, unknown or of a revoked grant is expired, and stores nothing', async (storage) => {
    const late = await addGrant(storage, { grant: { expiresAt: NOW + DAY } })
    const revoked = await addGrant(storage)
    await storage.grants.revoke(revoked.grant.id, NOW)
    const tries = [
      redemptionOf(late, { now: NOW + MINUTE }),
      redemptionOf(revoked),
      redemptionOf(late, { codeHash: 'unknown' }),
      redemptionOf(late, { grantId: 'unknown' }),
    ]
    for (const each of tries) {
      assert.equal(await storage.grants.redeem(each), 'expired')
      assert.equal(await storage.grants.findRefreshToken(each.refreshToken!.grantId, each.refreshToken!.tokenHash), undefined)
    }
    assert.equal(await storage.grants.redeem(redemptionOf(late, { now: NOW + MINUTE - 1 })), 'redeemed', 'the last moment is in time')
  }),
  check('a code is never redeemed, or replayed, under another grant', async (storage) => {
    const mine = await addGrant(storage)
    const other = await addGrant(storage)
    assert.equal(await storage.grants.redeem(redemptionOf(mine, { grantId: other.grant.id })), 'expired')
    assert.equal(await storage.grants.redeem(redemptionOf(mine)), 'redeemed')
    assert.equal(await storage.grants.redeem(redemptionOf(mine, { grantId: other.grant.id })), 'expired')
    assert.notEqual(await storage.grants.findLive(other.grant.id, 'jti', NOW), undefined)
  }),
  check('a disabled user’s code is expired, even of a grant that was issued meanwhile', async (storage) => {
    const { user, client } = await addGrant(storage)
    await storage.users.disable(user.id, NOW)
    const slippedIn = await addGrant(storage, { user, client })
    assert.equal(await storage.grants.redeem(redemptionOf(slippedIn)), 'expired')
  }),
  check('what the audit keeps of a redemption is stored with it, once', async (storage) => {
    for (const refreshToken of [undefined, 'one'] as const) {
      const issued = await addGrant(storage)
      const event = makeEvent({ name: 'grant.issued', clientId: issued.client.id, userId: issued.user.id })
      const redemption = redemptionOf(issued, { event, ...(refreshToken === undefined && { refreshToken }) })
      assert.equal(await storage.grants.redeem(redemption), 'redeemed')
      assert.equal(await storage.grants.redeem({ ...redemption, event: makeEvent() }), 'replayed')
      same(await storage.auditEvents.list({ clientId: issued.client.id, since: 0, limit: 9 }), [event])
    }
  }),
  check('a code that was issued while its session was ended is expired, unless the grant outlives the session', async (storage) => {
    const user = await addUser(storage)
    const client = await addClient(storage)
    const [ended, kept] = [await addSession(storage, user.id), await addSession(storage, user.id)]
    await storage.sessions.end(ended.idHash, NOW)
    const outcome = async (sid: string, scopes: string[]) =>
      storage.grants.redeem(redemptionOf(await addGrant(storage, { user, client, grant: { sid, scopes } })))
    assert.equal(await outcome(ended.sid, ['openid']), 'expired')
    assert.equal(await outcome((await addSession(storage, (await addUser(storage)).id)).sid, ['openid']), 'expired', 'of somebody else')
    assert.equal(await outcome(ended.sid, ['openid', 'offline_access']), 'redeemed')
    assert.equal(await outcome(ended.sid, ['tools']), 'redeemed')
    assert.equal(await outcome(kept.sid, ['openid']), 'redeemed')
  }),
]
