/** Refresh tokens that stay, because their clients authenticate and prove a key (FAPI 2.0 Security Profile section 5.3.2.1). */
import assert from 'node:assert/strict'
import type { Renewal } from '#src/storage/storage.ts'
import { check, same } from '../check.ts'
import { DAY, MINUTE, NOW, addFamily, makeAccessToken, rotationOf } from '../records.ts'
import type { Family } from '../records.ts'

const renewalOf = ({ token, grant, client }: Family, changes: Partial<Renewal> = {}): Renewal => ({
  tokenHash: token.tokenHash,
  grantId: grant.id,
  clientId: client.id,
  now: NOW + MINUTE,
  expiresAt: NOW + 60 * DAY,
  ...changes,
})

export const renewal = [
  check('an unused token of a live grant is renewed as often as its client comes, and stays the same', async (storage) => {
    const family = await addFamily(storage)
    const { token } = family
    for (const days of [1, 20, 40]) {
      const expiresAt = NOW + (days + 30) * DAY
      assert.equal(await storage.grants.renew(renewalOf(family, { now: NOW + days * DAY, expiresAt })), true)
      same((await storage.grants.findRefreshToken(token.grantId, token.tokenHash))?.token, { ...token, expiresAt })
    }
    assert.equal((await storage.clients.find(family.client.id))?.lastUsedAt, NOW + 40 * DAY)
  }),
  check('the use of a client is noted once a day', async (storage) => {
    const family = await addFamily(storage)
    const before = (await storage.clients.find(family.client.id))?.lastUsedAt
    assert.equal(await storage.grants.renew(renewalOf(family, { now: NOW + MINUTE })), true)
    assert.equal((await storage.clients.find(family.client.id))?.lastUsedAt, before)
  }),
  check('an opaque access token is kept with the renewal, and only with it', async (storage) => {
    const family = await addFamily(storage)
    const accessToken = makeAccessToken(family.grant.id)
    assert.equal(await storage.grants.renew(renewalOf(family, { accessToken })), true)
    same((await storage.grants.findAccessToken(accessToken.tokenHash, NOW + MINUTE))?.token, accessToken)
    const refused = makeAccessToken(family.grant.id)
    assert.equal(await storage.grants.renew(renewalOf(family, { tokenHash: 'unknown', accessToken: refused })), false)
    assert.equal(await storage.grants.findAccessToken(refused.tokenHash, NOW + MINUTE), undefined)
  }),
  check('a token that is used, expired, unknown or of another grant is not renewed', async (storage) => {
    const [family, other] = [await addFamily(storage), await addFamily(storage)]
    for (const changes of [
      { tokenHash: 'unknown' },
      { grantId: other.grant.id },
      { grantId: 'unknown' },
      { now: family.token.expiresAt },
    ] satisfies Partial<Renewal>[])
      assert.equal(await storage.grants.renew(renewalOf(family, changes)), false, JSON.stringify(changes))
    same((await storage.grants.findRefreshToken(family.grant.id, family.token.tokenHash))?.token, family.token)
    assert.equal(await storage.grants.rotate(rotationOf(family.token, family.client.id)), 'rotated')
    assert.equal(await storage.grants.renew(renewalOf(family)), false)
  }),
  check('nothing of a revoked grant, or of a disabled user, is renewed', async (storage) => {
    const [revoked, disabled] = [await addFamily(storage), await addFamily(storage)]
    await storage.grants.revoke(revoked.grant.id, NOW)
    await storage.users.disable(disabled.user.id, NOW)
    for (const family of [revoked, disabled]) assert.equal(await storage.grants.renew(renewalOf(family)), false)
  }),
  check('of a renewal and a revocation at once, the revocation holds', async (storage) => {
    const family = await addFamily(storage)
    await Promise.all([storage.grants.renew(renewalOf(family)), storage.grants.revoke(family.grant.id, NOW + MINUTE)])
    assert.equal(await storage.grants.renew(renewalOf(family)), false)
  }),
]
