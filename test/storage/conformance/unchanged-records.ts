/** Changes that count only while a record is as somebody saw it. */
import assert from 'node:assert/strict'
import type { Storage } from '#src/storage/storage.ts'
import { RecordChanged } from '#src/storage/storage.ts'
import { check, same, tally, together } from './check.ts'
import { NOW, addClient, addProvider, addResource, addUser, makeEvent } from './records.ts'

/** What a change of a record brought, or that the record was another one by then. */
const outcomeOf = (change: Promise<unknown>): Promise<unknown> =>
  change.catch((error: unknown) => {
    if (error instanceof RecordChanged) return 'changed'
    throw error
  })

async function addRecords(storage: Storage) {
  const [user, client, resource, provider] = [
    await addUser(storage),
    await addClient(storage),
    await addResource(storage),
    await addProvider(storage),
  ]
  await storage.groups.insert({ name: 'staff', description: '', createdAt: NOW })
  const event = () => makeEvent({ name: 'group.deleted', at: NOW })
  return {
    user: { key: user.id, change: ({ users }: Storage) => users.disable(user.id, NOW + 1, event()) },
    client: { key: client.id, change: ({ clients }: Storage) => clients.disable(client.id, NOW + 1, event()) },
    resource: {
      key: resource.id,
      change: ({ resources }: Storage) =>
        resources.update({ before: resource, after: { ...resource, name: 'Another', updatedAt: NOW + 1 } }, event()),
    },
    provider: { key: provider.name, change: ({ providers }: Storage) => providers.delete(provider.id, event()) },
    group: { key: 'staff', change: ({ groups }: Storage) => groups.delete('staff', event()) },
  } as const
}

export const unchangedRecords = [
  check('of many changes that are based on one state of a record one counts, and the others leave nothing', async (storage) => {
    const records = await addRecords(storage)
    for (const [kind, { key, change }] of Object.entries(records) as [keyof typeof records, (typeof records)['user']][]) {
      const seen = await together(6, () => storage.whileUnchanged(kind, key))
      same(tally(await Promise.all(seen.map((each) => outcomeOf(change(each))))), { true: 1, changed: 5 }, kind)
    }
    const events = await storage.auditEvents.list({ since: 0, limit: 99 })
    assert.equal(events.length, Object.keys(records).length)
  }),
  check('a change that nobody was asked about comes between what was seen and what is based on it', async (storage) => {
    const { id } = await addUser(storage)
    const seen = await storage.whileUnchanged('user', id)
    assert.equal(await storage.users.disable(id, NOW), true)
    assert.equal(await outcomeOf(seen.users.delete(id, NOW)), 'changed')
    assert.notEqual(await storage.users.find(id), undefined)
    const again = await storage.whileUnchanged('user', id)
    assert.equal(await again.users.enable(id, NOW), true)
    assert.equal(await again.users.disable(id, NOW), true, 'what follows in the same piece of work is no longer compared')
  }),
]
