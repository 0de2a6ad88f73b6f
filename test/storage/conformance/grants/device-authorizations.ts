/** Devices that wait for a user: one decision and one redemption, even if several calls race. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { DeviceAuthorization } from '#src/domain/device/device-authorization.ts'
import type { Storage } from '#src/storage/storage.ts'
import { check, same, tally, together } from '../check.ts'
import { DAY, MINUTE, NOW, TTL, addClient, addUser, makeGrant, makeToken } from '../records.ts'

const LATER = NOW + MINUTE
const ROOM = { perClient: 10, perNetwork: 5 }

async function addDevice(storage: Storage, changes: Partial<DeviceAuthorization> = {}) {
  const [client, user] = [await addClient(storage, { origin: 'operator' }), await addUser(storage)]
  const device: DeviceAuthorization = {
    deviceCodeHash: `device-${randomUUID()}`,
    grantId: `grant-${randomUUID()}`,
    userCodeHash: `user-code-${randomUUID()}`,
    clientId: client.id,
    parameters: { scope: 'openid', resource: ['https://mcp.example.com/', '도구'] },
    createdAt: NOW,
    expiresAt: NOW + 10 * MINUTE,
    ...changes,
  }
  assert.equal(await storage.deviceAuthorizations.insert(device, ROOM), 'inserted')
  const grant = makeGrant(user.id, client.id, { id: device.grantId, createdAt: LATER, expiresAt: device.expiresAt })
  return { client, user, device, grant }
}
const redemptionOf = ({ deviceCodeHash: codeHash, grantId }: DeviceAuthorization, now = LATER) => ({
  codeHash,
  grantId,
  now,
  grantExpiresAt: now + DAY,
  refreshToken: makeToken(grantId),
})

export const deviceAuthorizations = [
  check('a device is found by either code, by the user code until it expires', async (storage) => {
    const { device } = await addDevice(storage)
    same(await storage.deviceAuthorizations.find(device.deviceCodeHash), device)
    same(await storage.deviceAuthorizations.findWaiting(device.userCodeHash, device.expiresAt - 1), device)
    assert.equal(await storage.deviceAuthorizations.findWaiting(device.userCodeHash, device.expiresAt), undefined)
    assert.equal(await storage.deviceAuthorizations.find('nothing'), undefined)
    assert.equal(await storage.deviceAuthorizations.insert({ ...device, deviceCodeHash: 'another' }, ROOM), 'taken', 'the user code is')
  }),
  check('an allowed device gets a grant, whose code it redeems once', async (storage) => {
    const { device, grant } = await addDevice(storage)
    assert.equal(await storage.deviceAuthorizations.allow(device.deviceCodeHash, grant), true)
    same((await storage.grants.findCode(device.grantId, device.deviceCodeHash))?.grant, grant)
    assert.equal(await storage.deviceAuthorizations.findWaiting(device.userCodeHash, LATER), undefined)
    assert.equal((await storage.deviceAuthorizations.find(device.deviceCodeHash))?.decision, 'allowed')
    const outcomes = await together(8, () => storage.grants.redeem(redemptionOf(device)))
    assert.deepEqual(tally(outcomes).redeemed, 1)
    assert.equal(await storage.grants.findLive(grant.id, 'jti', LATER), undefined, 'a replay kills the grant')
  }),
  check('a device that is denied, or allowed too late, gets no grant', async (storage) => {
    const [denied, late] = [await addDevice(storage), await addDevice(storage)]
    assert.equal(await storage.deviceAuthorizations.deny(denied.device.deviceCodeHash, LATER), true)
    assert.equal(await storage.deviceAuthorizations.allow(denied.device.deviceCodeHash, denied.grant), false)
    assert.equal((await storage.deviceAuthorizations.find(denied.device.deviceCodeHash))?.decision, 'denied')
    const { expiresAt } = late.device
    assert.equal(await storage.deviceAuthorizations.allow(late.device.deviceCodeHash, { ...late.grant, createdAt: expiresAt }), false)
    assert.equal(await storage.deviceAuthorizations.deny(late.device.deviceCodeHash, expiresAt), false)
    for (const { device } of [denied, late]) assert.equal(await storage.grants.findCode(device.grantId, device.deviceCodeHash), undefined)
  }),
  check('of N callers who decide together, exactly one does', async (storage) => {
    const { device, grant } = await addDevice(storage)
    const { deviceCodeHash } = device
    const allowing = Array.from({ length: 6 }, () => storage.deviceAuthorizations.allow(deviceCodeHash, grant))
    const outcomes = await Promise.all([...allowing, storage.deviceAuthorizations.deny(deviceCodeHash, LATER)])
    assert.equal(outcomes.filter(Boolean).length, 1)
    const live = await storage.grants.findLive(device.grantId, 'jti', LATER)
    const { decision } = (await storage.deviceAuthorizations.find(deviceCodeHash))!
    assert.equal(live !== undefined, decision === 'allowed')
  }),
  check('a device is deleted with its client, and its grant with the user', async (storage) => {
    const [one, other] = [await addDevice(storage), await addDevice(storage)]
    await storage.clients.delete(one.client.id)
    assert.equal(await storage.deviceAuthorizations.find(one.device.deviceCodeHash), undefined)
    await assert.rejects(storage.deviceAuthorizations.insert({ ...one.device }, ROOM))
    await storage.deviceAuthorizations.allow(other.device.deviceCodeHash, other.grant)
    await storage.users.delete(other.user.id, LATER)
    assert.equal(await storage.grants.findCode(other.device.grantId, other.device.deviceCodeHash), undefined)
  }),
  check('what a device asked for goes when it expires, and the rest a day later', async (storage) => {
    const { device } = await addDevice(storage, { network: '192.0.2.1' })
    assert.equal(await storage.sweep(device.expiresAt - 1, 10, TTL), 0)
    assert.equal(await storage.sweep(device.expiresAt, 10, TTL), 1)
    same(await storage.deviceAuthorizations.find(device.deviceCodeHash), { ...device, network: undefined, parameters: {} })
    assert.equal(await storage.sweep(device.expiresAt + DAY, 10, TTL), 0)
    assert.equal(await storage.sweep(device.expiresAt + DAY + 1, 10, TTL), 1)
    assert.equal(await storage.deviceAuthorizations.find(device.deviceCodeHash), undefined)
  }),
  check('only so many devices of a client, or of a network, wait at once', async (storage) => {
    const { device: first, client } = await addDevice(storage, { network: 'a' })
    const add = (network: string, clientId = client.id, createdAt = NOW) =>
      storage.deviceAuthorizations.insert(
        { ...first, deviceCodeHash: `device-${randomUUID()}`, userCodeHash: `user-code-${randomUUID()}`, clientId, network, createdAt },
        ROOM,
      )
    assert.deepEqual(tally([...(await together(4, () => add('a'))), await add('a')]), { inserted: 4, full: 1 })
    assert.deepEqual(tally(await together(5, () => add('b'))), { inserted: 5 })
    assert.equal(await add('c'), 'full', 'ten of the client')
    const other = await addClient(storage)
    assert.equal(await add('c', other.id), 'inserted')
    assert.equal(await add('a', other.id), 'full')
    assert.equal(await storage.deviceAuthorizations.deny(first.deviceCodeHash, LATER), true)
    assert.equal(await add('a'), 'inserted', 'a device that was decided does not wait')
    assert.equal(await add('a'), 'full')
    assert.equal(await add('a', client.id, first.expiresAt), 'inserted', 'nor does one that has expired')
  }),
]
