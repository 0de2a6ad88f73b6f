/** Access tokens that clients got for themselves, stored (opaque) or not (JWT): they end with what they depend on. */
import assert from 'node:assert/strict'
import type { Client } from '#src/domain/client/client.ts'
import type { ClientToken } from '#src/domain/token/grant.ts'
import type { Storage } from '#src/storage/storage.ts'
import { check, same } from '../check.ts'
import { DAY, MINUTE, NOW, TTL, addClient, addResource, makeClientToken } from '../records.ts'

const LATER = NOW + MINUTE

async function addToken(storage: Storage, changes: Partial<ClientToken> = {}): Promise<{ client: Client; token: ClientToken }> {
  const client = await addClient(storage)
  const token = makeClientToken(client.id, changes)
  await storage.clientTokens.insert(token)
  return { client, token }
}

/** Whether a token is live, both as an opaque token and as a JWT with the same claims. */
async function isLive({ clientTokens }: Storage, { tokenHash, claims }: ClientToken, now = LATER): Promise<boolean> {
  const kept = (await clientTokens.find(tokenHash, now)) !== undefined
  assert.equal(await clientTokens.isLive(claims), kept, 'a JWT is no other')
  return kept
}

export const clientTokens = [
  check('a token is found until it expires', async (storage) => {
    const { id: resourceId } = await addResource(storage)
    const { token } = await addToken(storage, { resourceId })
    same(await storage.clientTokens.find(token.tokenHash, token.expiresAt - 1), token)
    assert.equal(await storage.clientTokens.find(token.tokenHash, token.expiresAt), undefined)
    assert.equal(await storage.clientTokens.find('nothing', LATER), undefined)
    assert.equal(await storage.clientTokens.isLive(token.claims), true)
  }),
  check('a token ends with its client, when the client is disabled, and when the token is revoked', async (storage) => {
    const [deleted, disabled, revoked, left] = [
      await addToken(storage),
      await addToken(storage),
      await addToken(storage),
      await addToken(storage),
    ]
    await storage.clients.delete(deleted.client.id)
    await storage.clients.disable(disabled.client.id, LATER)
    await storage.grants.revokeAccessToken(revoked.token.claims.jti, revoked.token.expiresAt)
    for (const { token } of [deleted, disabled, revoked]) assert.equal(await isLive(storage, token), false)
    assert.equal(await isLive(storage, left.token), true)
    await assert.rejects(storage.clientTokens.insert(makeClientToken(deleted.client.id)))
  }),
  check('a client that is enabled again has none of its former tokens, and gets new ones', async (storage) => {
    const { client, token } = await addToken(storage)
    await storage.clients.disable(client.id, LATER)
    await storage.clients.enable(client.id, LATER + 1)
    assert.equal(await isLive(storage, token), false)
    const { claims } = token
    const later = makeClientToken(client.id, { claims: { ...claims, jti: 'later', iat: Math.floor((LATER + 1) / 1000) } })
    await storage.clientTokens.insert(later)
    assert.equal(await isLive(storage, later), true)
  }),
  check('an opaque token ends with its resource', async (storage) => {
    const resource = await addResource(storage)
    const { token } = await addToken(storage, { resourceId: resource.id })
    await storage.resources.delete(resource.id)
    assert.equal(await storage.clientTokens.find(token.tokenHash, LATER), undefined)
  }),
  check('tokens are swept when they have expired, and a client that gets tokens is in use', async (storage) => {
    const { client, token } = await addToken(storage)
    const unused = await addClient(storage)
    await storage.clients.touch(client.id, NOW + DAY)
    await storage.clients.touch(client.id, NOW)
    const { authorizedAt, lastUsedAt } = (await storage.clients.find(client.id))!
    assert.deepEqual([authorizedAt, lastUsedAt], [NOW + DAY, NOW + DAY], 'never turned back')
    assert.equal(await storage.sweep(token.expiresAt - 1, 10, TTL), 0)
    assert.equal(await storage.sweep(token.expiresAt, 10, TTL), 1)
    assert.equal(await storage.sweep(NOW + 31 * DAY, 10, TTL), 1)
    assert.deepEqual([(await storage.clients.find(client.id)) !== undefined, await storage.clients.find(unused.id)], [true, undefined])
  }),
]
