/** Pushed authorization requests: found until they expire, and used up by one of the callers who try at once. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { PushedRequest } from '#src/domain/authorization/pushed-request.ts'
import type { Storage } from '#src/storage/storage.ts'
import { check, same, tally, together } from '../check.ts'
import { DAY, MINUTE, NOW, TTL, addClient } from '../records.ts'

async function addRequest(storage: Storage, changes: Partial<PushedRequest> = {}): Promise<PushedRequest> {
  const { id: clientId } = await addClient(storage, { origin: 'operator' })
  const parameters = { scope: 'openid', state: '상태 "\\', resource: ['https://mcp.example.com/', 'https://other.example.com/'] }
  const request = { requestUriHash: `pushed-${randomUUID()}`, clientId, parameters, expiresAt: NOW + MINUTE, ...changes }
  await storage.pushedRequests.insert(request)
  return request
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
    same(tally(await together(25, () => storage.pushedRequests.redeem(requestUriHash, NOW + DAY))), { true: 1, false: 24 })
    same(await storage.pushedRequests.find(requestUriHash, NOW), { ...request, used: true })
    assert.equal(await storage.pushedRequests.find(requestUriHash, NOW + MINUTE), undefined)
  }),
  check('a request is used up once, even after it has expired', async (storage) => {
    const { requestUriHash } = await addRequest(storage)
    assert.equal(await storage.sweep(NOW + MINUTE, 10, TTL), 1)
    assert.equal(await storage.pushedRequests.redeem(requestUriHash, NOW + DAY), true)
    assert.equal(await storage.sweep(NOW + DAY - 1, 10, TTL), 0)
    assert.equal(await storage.pushedRequests.redeem(requestUriHash, NOW + DAY), false)
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
