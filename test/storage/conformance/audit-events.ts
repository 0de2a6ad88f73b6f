/** Audit events: stored with the change that they record, or not at all. */
import assert from 'node:assert/strict'
import { check, same, together } from './check.ts'
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
  check('events that follow one are listed from the oldest, page by page, also those of one instant', async ({ auditEvents }) => {
    const events = ['a', 'b', 'c', 'd'].map((id, index) => makeEvent({ id, at: NOW + Math.floor(index / 2) }))
    for (const event of [...events].reverse()) await auditEvents.insert(event)
    same(await auditEvents.listAfter({ at: 0, id: '' }, 3), events.slice(0, 3))
    same(await auditEvents.listAfter({ at: NOW + 1, id: 'c' }, 3), events.slice(3))
    same(await auditEvents.listAfter({ at: NOW + 1, id: 'd' }, 3), [])
  }),
  check('an event that happens again is counted, by many at once, and keeps its beginning', async ({ auditEvents }) => {
    const event = makeEvent({ name: 'login.failed' })
    const other = makeEvent({ name: 'login.failed' })
    for (const each of [event, other]) await auditEvents.insert(each)
    await together(5, () => auditEvents.countAgain(event, NOW + 7, NOW + 9))
    await auditEvents.countAgain({ at: NOW + 1, id: event.id }, NOW + 7, NOW + 9)
    const listed = await auditEvents.list({ since: 0, limit: 10 })
    same(new Set(listed), new Set([{ ...event, times: 6, lastAt: NOW + 7 }, other]))
    same(await auditEvents.claim(NOW + 9, 10), [], 'nobody receives it')
  }),
  check('every event is due for a receiver, no matter who makes it, once', async (storage) => {
    const { auditEvents } = storage
    await auditEvents.insert(makeEvent())
    await auditEvents.receive(true, NOW)
    await auditEvents.receive(true, NOW + 1)
    const older = makeEvent({ id: 'a', at: NOW + 1 })
    const client = await addClient(storage)
    const newer = makeEvent({ id: 'b', at: NOW + 1, name: 'client.deleted', clientId: client.id })
    await storage.clients.delete(client.id, newer)
    await auditEvents.insert(older)
    same(await auditEvents.claim(NOW, 10), [])
    const claimed = (await together(6, () => auditEvents.claim(NOW + 1, 1))).flat()
    same(new Set(claimed), new Set([older, newer]))
    assert.equal(claimed.length, 2)
    await auditEvents.settle([older])
    await auditEvents.settle([])
    same(await auditEvents.claim(NOW + 1 + 60_000, 10), [newer], 'again later, as long as it is not received')
  }),
  check('events are handed over in the order in which they happened, those of one instant by their ids', async ({ auditEvents }) => {
    await auditEvents.receive(true, NOW)
    const happened = [makeEvent({ id: 'c', at: NOW }), makeEvent({ id: 'a', at: NOW + 1 }), makeEvent({ id: 'b', at: NOW + 1 })]
    for (const index of [2, 0, 1]) await auditEvents.insert(happened[index]!)
    same(await auditEvents.claim(NOW + 1, 10), happened)
  }),
  check('undelivered events are due again, less and less often, but once an hour at the least', async ({ auditEvents }) => {
    await auditEvents.receive(true, NOW)
    const event = makeEvent()
    await auditEvents.insert(event)
    let now = NOW
    for (const pause of [1, 4, 9, 16, 25, 36, 49, 60, 60]) {
      same(await auditEvents.claim(now, 10), [event])
      now += pause * 60_000
      same(await auditEvents.claim(now - 1, 10), [], String(pause))
    }
  }),
  check('an event that was counted again since it was claimed is delivered once more, with its count', async ({ auditEvents }) => {
    await auditEvents.receive(true, NOW)
    const event = makeEvent({ name: 'login.failed' })
    await auditEvents.insert(event)
    const first = await auditEvents.claim(NOW, 10)
    await auditEvents.countAgain(event, NOW + 5, NOW + 10)
    await auditEvents.settle(first)
    const [again] = await auditEvents.claim(NOW + 60_000, 10)
    same(again, { ...event, times: 2, lastAt: NOW + 5 })
    await auditEvents.settle([again!])
    await auditEvents.countAgain(event, NOW + 6, NOW + 90_000)
    same(await auditEvents.claim(NOW + 89_999, 10), [])
    same(await auditEvents.claim(NOW + 90_000, 10), [{ ...event, times: 3, lastAt: NOW + 6 }])
  }),
  check('without a receiver nothing is due any more, nor what comes', async ({ auditEvents }) => {
    await auditEvents.receive(true, NOW)
    await auditEvents.insert(makeEvent())
    await auditEvents.receive(false, NOW)
    await auditEvents.insert(makeEvent())
    same(await auditEvents.claim(NOW + 1, 10), [])
  }),
]
