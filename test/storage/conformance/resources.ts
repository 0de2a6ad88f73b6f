/** Registered resources. */
import assert from 'node:assert/strict'
import { check, same, tally, together } from './check.ts'
import { NOW, addResource, makeEvent, makeResource } from './records.ts'

const GATE = {
  upstream: 'http://localhost:3001/mcp',
  identity: 'headers',
  headers: [{ name: 'X-Api-Key', value: 'env:KEY' }],
  tools: [{ tool: '__proto__', scope: 'tools:read' }],
} as const

const MORE = { groupsClaim: true, tools: [{ name: 'look', title: 'Look 🪐', readOnly: true, destructive: false }] } as const

export const resources = [
  check('a resource is found by id and by identifier with every member, and an unknown one is undefined', async (storage) => {
    const full = await addResource(storage, {
      accessTokenTtl: 900,
      accessTokenFormat: 'opaque',
      accessTokenAlg: 'RS256',
      gate: GATE,
      ...MORE,
    })
    const bare = await addResource(storage, { scopes: [] })
    for (const resource of [full, bare]) {
      same(await storage.resources.find(resource.id), resource)
      same(await storage.resources.findByIdentifier(resource.identifier), resource)
    }
    assert.equal(await storage.resources.find(full.identifier), undefined)
    assert.equal(await storage.resources.findByIdentifier(full.id), undefined)
  }),
  check('a taken identifier is refused in each spelling, and the first resource stays', async (storage) => {
    const first = await addResource(storage, { identifier: 'https://mcp.example.com' })
    for (const identifier of ['https://mcp.example.com', 'https://mcp.example.com/']) {
      assert.equal(await storage.resources.insert(makeResource({ identifier })), false)
      same(await storage.resources.findByIdentifier(identifier), first)
    }
    assert.equal(await storage.resources.insert(makeResource({ identifier: 'https://mcp.example.com/mcp' })), true)
  }),
  check('of callers that register one identifier together, exactly one does', async (storage) => {
    const taken = await together(10, (index) =>
      storage.resources.insert(makeResource({ identifier: `https://mcp.example.com${index % 2 === 0 ? '/' : ''}` })),
    )
    same(tally(taken), { true: 1, false: 9 })
    assert.equal((await storage.resources.list()).length, 1)
  }),
  check('resources are listed by their identifiers', async (storage) => {
    for (const identifier of ['https://b.example', 'https://a.example/x', 'https://a.example']) await addResource(storage, { identifier })
    same(
      (await storage.resources.list()).map(({ identifier }) => identifier),
      ['https://a.example', 'https://a.example/x', 'https://b.example'],
    )
  }),
  check('an update changes the members that it may, of this resource only', async (storage) => {
    const resource = await addResource(storage, { accessTokenTtl: 900, accessTokenFormat: 'opaque', accessTokenAlg: 'RS256' })
    const other = await addResource(storage)
    const changes = {
      name: 'Renamed',
      scopes: [],
      accessTokenTtl: undefined,
      accessTokenFormat: undefined,
      accessTokenAlg: 'ES256',
      gate: GATE,
      ...MORE,
      updatedAt: NOW + 1,
    } as const
    const kept = { identifier: 'https://elsewhere.example', secretHash: 'another', createdAt: NOW + 1 }
    assert.equal(await storage.resources.update({ before: resource, after: { ...resource, ...changes, ...kept } }), true)
    same(await storage.resources.find(resource.id), { ...resource, ...changes })
    same(await storage.resources.find(other.id), other)
    const unknown = makeResource()
    assert.equal(await storage.resources.update({ before: unknown, after: unknown }), false)
  }),
  check('of updates based on the same resource, exactly one happens and is recorded', async (storage) => {
    const before = await addResource(storage)
    const outcomes = await together(5, (index) =>
      storage.resources.update(
        { before, after: { ...before, name: `Name ${index}`, updatedAt: NOW + 1 + index } },
        makeEvent({ name: 'resource.updated', details: { index } }),
      ),
    )
    same(tally(outcomes), { true: 1, false: 4 })
    const made = outcomes.indexOf(true)
    assert.equal((await storage.resources.find(before.id))?.name, `Name ${made}`)
    same(
      (await storage.auditEvents.list({ since: 0, limit: 10 })).map(({ details }) => details),
      [{ index: made }],
    )
  }),
  check('changes of a resource are recorded, and refused ones are not', async (storage) => {
    const resource = makeResource()
    const { resources, auditEvents } = storage
    for (const expected of [true, false])
      assert.equal(await resources.insert(resource, makeEvent({ name: 'resource.registered' })), expected)
    assert.equal(await resources.rotateSecret(resource.id, 'new hash', NOW + 1, makeEvent({ name: 'resource.secret_rotated' })), true)
    for (const expected of [true, false])
      assert.equal(await resources.delete(resource.id, makeEvent({ name: 'resource.deleted' })), expected)
    assert.equal(await resources.rotateSecret(resource.id, 'new hash', NOW + 1, makeEvent({ name: 'resource.secret_rotated' })), false)
    const names = (await auditEvents.list({ since: 0, limit: 10 })).map(({ name }) => name)
    same(names.sort(), ['resource.deleted', 'resource.registered', 'resource.secret_rotated'])
  }),
  check('a rotated secret replaces the previous one', async (storage) => {
    const resource = await addResource(storage)
    assert.equal(await storage.resources.rotateSecret(resource.id, 'new hash', NOW + 1), true)
    same(await storage.resources.find(resource.id), { ...resource, secretHash: 'new hash', updatedAt: NOW + 1 })
    assert.equal(await storage.resources.rotateSecret('nothing', 'new hash', NOW + 1), false)
  }),
  check('a deleted resource is gone, once, and its identifier is free', async (storage) => {
    const resource = await addResource(storage)
    const other = await addResource(storage)
    same(tally(await together(3, () => storage.resources.delete(resource.id))), { true: 1, false: 2 })
    assert.equal(await storage.resources.find(resource.id), undefined)
    same(await storage.resources.list(), [other])
    assert.equal(await storage.resources.insert(makeResource({ identifier: resource.identifier })), true)
  }),
]
