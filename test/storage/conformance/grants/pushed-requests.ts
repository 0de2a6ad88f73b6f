/** Pushed authorization requests: found until they expire, and used up by one of the callers who try at once. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { PushedRequest } from '#src/domain/authorization/pushed-request.ts'
import type { Storage } from '#src/storage/storage.ts'
import { check, same, tally, together } from '../check.ts'
import { DAY, MINUTE, NOW, TTL, addClient, addUser, makeCode, makeGrant } from '../records.ts'

async function addRequest(storage: Storage, changes: Partial<PushedRequest> = {}): Promise<PushedRequest> {
  const { id: clientId } = await addClient(storage, { origin: 'operator' })
  const parameters = { scope: 'openid', state: '상태 "\\', resource: ['https://mcp.example.com/', 'https://other.example.com/'] }
  const request = { requestUriHash: `pushed-${randomUUID()}`, clientId, parameters, expiresAt: NOW + MINUTE, ...changes }
  await storage.pushedRequests.insert(request)
  return request
}

/** Somebody who issues a code for a request, another one each time. */
async function userOf(storage: Storage, { requestUriHash, clientId }: PushedRequest) {
  const { id: userId } = await addUser(storage)
  return (rememberedUntil: number) => {
    const grant = makeGrant(userId, clientId)
    return storage.grants.issue(grant, makeCode(grant.id), { requestUriHash, rememberedUntil })
  }
}

export const pushedRequests = [
  check('a pushed request is found unchanged, any number of times, until it expires', async (storage) => {
    const request = await addRequest(storage)
    for (const now of [NOW, NOW + MINUTE - 1])
      same(await storage.pushedRequests.find(request.requestUriHash, now), { ...request, used: false })
    assert.equal(await storage.pushedRequests.find(request.requestUriHash, NOW + MINUTE), undefined)
    assert.equal(await storage.pushedRequests.find('nothing', NOW), undefined)
    await assert.rejects(storage.pushedRequests.insert(request), 'there is one of each')
  }),
  check('of N callers who use up a request together, exactly one succeeds, and then it is used', async (storage) => {
    const request = await addRequest(storage)
    const { requestUriHash } = request
    const use = await userOf(storage, request)
    same(tally(await together(25, () => use(NOW + DAY))), { true: 1, false: 24 })
    assert.equal(await storage.grants.countLive(request.clientId, NOW), 1, 'nobody else has got a code')
    assert.equal((await storage.clients.find(request.clientId))?.authorizedAt, NOW)
    same(await storage.pushedRequests.find(requestUriHash, NOW), { ...request, used: true })
    assert.equal(await storage.pushedRequests.find(requestUriHash, NOW + MINUTE), undefined)
  }),
  check('a request is used up once, even after it has expired', async (storage) => {
    const use = await userOf(storage, await addRequest(storage))
    assert.equal(await storage.sweep(NOW + MINUTE, 10, TTL), 1)
    assert.equal(await use(NOW + DAY), true)
    assert.equal(await storage.sweep(NOW + DAY - 1, 10, TTL), 0)
    assert.equal(await use(NOW + DAY), false)
  }),
  check('a request of which no code could be issued is not used', async (storage) => {
    const request = await addRequest(storage)
    const grant = makeGrant('nobody', request.clientId)
    const use = { requestUriHash: request.requestUriHash, rememberedUntil: NOW + DAY }
    await assert.rejects(storage.grants.issue(grant, makeCode(grant.id), use))
    same(await storage.pushedRequests.find(request.requestUriHash, NOW), { ...request, used: false })
    assert.equal(await (await userOf(storage, request))(NOW + DAY), true)
  }),
  check('a request is deleted with its client, and when it has expired', async (storage) => {
    const [orphan, live] = [await addRequest(storage), await addRequest(storage, { expiresAt: NOW + 1 })]
    await storage.clients.delete(orphan.clientId)
    assert.equal(await storage.pushedRequests.find(orphan.requestUriHash, NOW), undefined)
    await assert.rejects(storage.pushedRequests.insert({ ...orphan, requestUriHash: 'another' }))
    assert.equal(await storage.sweep(NOW, 10, TTL), 0)
    same(await storage.pushedRequests.find(live.requestUriHash, NOW), { ...live, used: false })
    assert.equal(await storage.sweep(NOW + 1, 10, TTL), 1)
  }),
]
