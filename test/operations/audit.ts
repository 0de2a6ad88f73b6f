import { askAt } from '#src/operations/handlers/ask.ts'
import type { ReadEvents } from '#src/operations/audit.ts'
import { eventJson, eventName, followEvents, listEvents, listEventsAfter } from '#src/operations/audit.ts'
import { NOW, addUser, makeEvent } from '#test/storage/conformance/records.ts'
import { problemOf, valueOf } from './scene.ts'
import type { Suite } from './scene.ts'

export const audit: Suite = async (t, open) => {
  await t.test('events are listed by client, time and number, the newest first', async (t) => {
    const { context, storage } = await open()
    for (const [age, clientId] of ['a', 'b', 'a'].entries()) await storage.auditEvents.insert(makeEvent({ at: NOW + age, clientId }))
    const list = async (query: Parameters<typeof listEvents>[1]) =>
      valueOf(await listEvents(context, query)).events.map(({ at }) => at - NOW)
    t.strictSame(await list({}), [2, 1, 0])
    t.strictSame(await list({ clientId: 'a' }), [2, 0])
    t.strictSame(await list({ since: NOW + 1 }), [2, 1])
    t.strictSame(await list({ limit: 1 }), [2])
    const user = await addUser(storage, { username: 'helen' })
    await storage.auditEvents.insert(makeEvent({ at: NOW + 3, userId: user.id, clientId: 'b' }))
    t.strictSame(await list({ user: 'Helen' }), [3])
    t.match(problemOf(await listEvents(context, { user: 'nobody' })), { kind: 'not-found' })
    t.match(problemOf(await listEvents(context, { user: 'helen', clientId: 'b' })), { message: 'Name either a user or a client.' })
    const oldestFirst = async (query: Parameters<typeof listEvents>[1]) =>
      valueOf(await listEventsAfter(context, query)).events.map(({ at }) => at - NOW)
    t.strictSame(await oldestFirst({ user: 'helen' }), [3])
    t.strictSame(await oldestFirst({ clientId: 'b' }), [1, 3])
    t.match(problemOf(await listEventsAfter(context, { user: 'nobody' })), { kind: 'not-found' })
    t.match(problemOf(await listEvents(context, { limit: 10_001 })), { kind: 'invalid', argument: { name: 'limit', value: '10001' } })
  })

  await t.test('an event that is kept under an earlier name is shown under the present one', async (t) => {
    const { context, storage } = await open()
    await storage.auditEvents.insert(makeEvent({ at: NOW, name: 'registration_token.created', clientId: undefined, address: undefined }))
    const {
      events: [event],
    } = valueOf(await listEvents(context, {}))
    t.equal(event!.name, 'registration_token.created', 'stored as ever')
    t.match(eventJson(event!), { at: new Date(NOW).toISOString(), event: 'initial_access_token.created', client_id: undefined })
    t.equal(eventName('registration_token.deleted'), 'initial_access_token.deleted')
    t.equal(eventName('client.registered'), 'client.registered')
  })

  await t.test('who follows events sees each once, also one that comes late', async (t) => {
    const { context, storage } = await open()
    const { auditEvents } = storage
    const stop = new AbortController()
    const seen: string[] = []
    const at = context.now()
    await auditEvents.insert(makeEvent({ id: 'before', at: at - 1 }))
    await auditEvents.insert(makeEvent({ id: 'first', at: at + 5 }))
    const ask = askAt(context)
    const read: ReadEvents = async ({ since, cursor }) =>
      valueOf(await ask('event.list', { query: { since: new Date(since).toISOString(), cursor, oldest_first: 'true' } }))
    for await (const { id } of followEvents(read, context, stop.signal, 5)) {
      seen.push(id)
      if (id === 'first') await auditEvents.insert(makeEvent({ id: 'late', at: at + 2 }))
      else stop.abort()
    }
    t.strictSame(seen, ['first', 'late'])
  })
}
