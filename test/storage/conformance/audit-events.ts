/** Audit events: stored with the change that they record, or not at all. */
import assert from 'node:assert/strict'
import { check, same } from './check.ts'
import { NOW, TTL, addClient, makeClient, makeEvent } from './records.ts'

export const auditEvents = [
  check('events are listed with every member, the newest first, by client and since an instant', async ({ auditEvents }) => {
    const full = makeEvent({
      at: NOW + 2,
      address: '2001:db8::1',
      clientId: 'client a',
      userId: 'user a',
      details: { client_name: ['An app', null], 'client_name#ko': '앱 🪐' },
    })
    const bare = makeEvent({ at: NOW + 1, actor: 'operator', clientId: undefined, address: undefined })
    const other = makeEvent({ at: NOW, clientId: 'client b' })
    for (const event of [bare, full, other]) await auditEvents.insert(event)
    same(await auditEvents.list({ since: 0, limit: 10 }), [full, bare, other])
    same(await auditEvents.list({ since: 0, limit: 2 }), [full, bare])
    same(await auditEvents.list({ since: NOW + 1, limit: 10 }), [full, bare])
    same(await auditEvents.list({ clientId: 'client a', since: 0, limit: 10 }), [full])
    same(await auditEvents.list({ clientId: 'client b', since: NOW + 1, limit: 10 }), [])
    same(await auditEvents.list({ userId: 'user a', since: 0, limit: 10 }), [full])
    same(await auditEvents.list({ userId: 'user a', since: NOW + 3, limit: 10 }), [])
  }),
  check('a registration and its event are stored together, or neither', async ({ clients, auditEvents }) => {
    const client = makeClient()
    const event = makeEvent({ clientId: client.id })
    await clients.insert(client, event)
    await assert.rejects(clients.insert(client, makeEvent({ clientId: client.id })), 'the client is there already')
    const second = makeClient()
    await assert.rejects(clients.insert(second, event), 'the event is there already')
    assert.equal(await clients.find(second.id), undefined)
    same(await auditEvents.list({ since: 0, limit: 10 }), [event])
  }),
  check('a registration that no engine could store leaves nothing behind', async ({ clients }) => {
    const client = makeClient()
    await assert.rejects(clients.insert(client, makeEvent({ at: 0.5 })), TypeError)
    assert.equal(await clients.find(client.id), undefined)
  }),
  check('a deletion is recorded once, and its event outlives the client', async (storage) => {
    const { id } = await addClient(storage)
    const event = makeEvent({ name: 'client.deleted', clientId: id })
    assert.equal(await storage.clients.delete(id, event), true)
    assert.equal(await storage.clients.delete(id, makeEvent({ clientId: id })), false)
    same(await storage.auditEvents.list({ clientId: id, since: 0, limit: 10 }), [event])
  }),
  check('events are deleted after their time', async (storage) => {
    await storage.auditEvents.insert(makeEvent({ at: NOW }))
    await storage.auditEvents.insert(makeEvent({ at: NOW + 1 }))
    const over = NOW + TTL.auditTtl * 1000
    assert.equal(await storage.sweep(over, 10, TTL), 0)
    assert.equal(await storage.sweep(over + 1, 10, TTL), 1)
    same(
      (await storage.auditEvents.list({ since: 0, limit: 10 })).map(({ at }) => at),
      [NOW + 1],
    )
  }),
  check('clients that are swept are counted in an event', async (storage) => {
    for (let index = 0; index < 3; index++) await addClient(storage)
    const over = NOW + TTL.unusedClientTtl * 1000 + 1
    assert.equal(await storage.sweep(over, 2, TTL), 2)
    assert.equal(await storage.sweep(over, 2, TTL), 1)
    assert.equal(await storage.sweep(over, 2, TTL), 0)
    const events = await storage.auditEvents.list({ since: 0, limit: 10 })
    same(
      events.map(({ name, actor, at }) => ({ name, actor, at })),
      Array(2).fill({ name: 'clients.swept', actor: 'server', at: over }),
    )
    same(events.map(({ details }) => details['count']).sort(), [1, 2])
  }),
]
