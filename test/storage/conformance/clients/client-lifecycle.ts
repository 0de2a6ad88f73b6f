/** The life of clients: long lists, sharing, eviction, disabling. */
import { ofOrigin } from '#test/support/records.ts'
import assert from 'node:assert/strict'
import type { Client, RegisteredClient } from '#src/domain/client/client.ts'
import type { Storage } from '#src/storage/storage.ts'
import { check, same, tally, together } from '../check.ts'
import { DAY, MINUTE, NOW, addClient, addFamily, addGrant, addUser, makeClient, makeEvent, redemptionOf, rotationOf } from '../records.ts'

const idsOf = (clients: readonly Client[]): string[] => clients.map(({ id }) => id)
const shared = (changes: Partial<RegisteredClient> = {}): RegisteredClient => makeClient({ secretHash: undefined, ...changes })

/** Those of the ids that still exist. */
async function kept({ clients }: Storage, ids: readonly string[]): Promise<string[]> {
  const found = await Promise.all(ids.map((id) => clients.find(id)))
  return ids.filter((_, index) => found[index] !== undefined)
}

/** A client whose expired grant was swept, and that was last used at `lastUsedAt`. */
async function addIdle(storage: Storage, id: string, lastUsedAt: number): Promise<string> {
  await addClient(storage, { id, authorizedAt: NOW, lastUsedAt })
  return id
}

export const clientLifecycle = [
  check('clients are listed with the newest first, then by their ids, byte by byte, a page at a time', async ({ clients }) => {
    for (const id of ['b', 'a', 'B', '_', '9']) await clients.insert(makeClient({ id, createdAt: id === 'a' ? NOW + 1 : NOW }))
    same(idsOf(await clients.list({ limit: 10 })), ['a', 'b', '_', 'B', '9'])
    const first = await clients.list({ limit: 2 })
    same(idsOf(first), ['a', 'b'])
    const second = await clients.list({ after: first[1]!, limit: 2 })
    same(idsOf(second), ['_', 'B'])
    same(idsOf(await clients.list({ after: second[1]!, limit: 2 })), ['9'])
    same(await clients.list({ after: { id: '9', createdAt: NOW }, limit: 2 }), [])
    assert.equal(await clients.count(), 5)
  }),
  check('a search finds ids and metadata, in any case, and nothing in it is a pattern', async (storage) => {
    const named = (id: string, client_name: string) =>
      addClient(storage, { id, metadata: { ...makeClient().metadata, display: { client_name } } })
    for (const [id, name] of [
      ['one', 'ChatGPT'],
      ['two', '100% "quoted\\" 혜성'],
      ['three', 'a_b'],
    ] as const)
      await named(id, name)
    const find = async (search: string) => idsOf(await storage.clients.list({ search, limit: 10 })).sort()
    same(await find('chatgpt'), ['one'])
    same(await find('CHATgpt'), ['one'])
    same(await find('THREE'), ['three'])
    same(await find('혜성'), ['two'])
    same(await find('100%'), ['two'])
    same(await find('"quoted\\"'), ['two'])
    same(await find('a_b'), ['three'])
    same(await find('axb'), [])
    same(await find('%'), ['two'])
    same(await find('app.example.com'), ['one', 'three', 'two'])
  }),
  check('callers who register the same together all get one client, and another key makes another', async ({ clients }) => {
    const got = await together(20, () => clients.insertShared(shared(), 'a key'))
    assert.equal(new Set(idsOf(got)).size, 1)
    assert.ok(got.every((client) => client.shared === true))
    same(await clients.find(got[0]!.id), got[0])
    assert.notEqual((await clients.insertShared(shared(), 'another')).id, got[0]!.id)
    assert.equal(await clients.count(), 2)
    assert.equal(ofOrigin('registration', await clients.find((await addOwn(clients)).id)).shared, undefined, 'others share nothing')
  }),
  check('a shared client is as new as its last registration', async (storage) => {
    const { clients } = storage
    const { id } = await clients.insertShared(shared(), 'unused')
    same(await clients.insertShared(shared({ createdAt: NOW + DAY }), 'unused'), {
      ...(await clients.find(id)),
      createdAt: NOW + DAY,
      lastUsedAt: undefined,
    })
    const used = await clients.insertShared(shared(), 'used')
    await addGrant(storage, { client: used })
    same((await clients.insertShared(shared({ createdAt: NOW + DAY }), 'used')).lastUsedAt, NOW + DAY)
  }),
  check('clients that nobody allowed are evicted first, the oldest before the others, and then the longest idle ones', async (storage) => {
    const unused = ['u1', 'u2', 'u3']
    for (const [age, id] of unused.entries()) await addClient(storage, { id, createdAt: NOW + age })
    const idle = [await addIdle(storage, 'i1', NOW), await addIdle(storage, 'i2', NOW + 1)]
    const all = [...unused, ...idle]
    assert.equal(await storage.clients.evict(2, NOW + 10 * DAY), 2)
    same(await kept(storage, all), ['u3', 'i1', 'i2'])
    assert.equal(await storage.clients.evict(2, NOW + 10 * DAY), 2)
    same(await kept(storage, all), ['i2'])
    assert.equal(await storage.clients.evict(2, NOW + 10 * DAY), 1)
    assert.equal(await storage.clients.evict(2, NOW + 10 * DAY), 0)
  }),
  check(
    'a client that has a grant, was used today, was added by an operator, or is a disabled document is never evicted',
    async (storage) => {
      const live = await addFamily(storage)
      const ended = await addGrant(storage)
      await storage.grants.revoke(ended.grant.id, NOW)
      const made = await addClient(storage, { origin: 'operator' })
      const document = await addClient(storage, { origin: 'document', disabledAt: NOW })
      const today = await addIdle(storage, 'today', NOW + 9 * DAY)
      assert.equal(await storage.clients.evict(100, NOW + 10 * DAY), 0)
      same(await kept(storage, [live.client.id, ended.client.id, made.id, document.id, today]), [
        live.client.id,
        ended.client.id,
        made.id,
        document.id,
        today,
      ])
      const fetched = await addClient(storage, { origin: 'document' })
      assert.equal(await storage.clients.evict(100, NOW + 10 * DAY + 1), 2)
      same(await kept(storage, [fetched.id, today]), [])
    },
  ),
  check('a client that is allowed during an eviction stays with its grant, or was gone before', async (storage) => {
    for (let round = 0; round < 10; round++) {
      const client =
        round % 2 === 0 ? await addClient(storage) : (await storage.clients.find(await addIdle(storage, `idle-${round}`, NOW)))!
      const user = await addUser(storage)
      const later = NOW + 10 * DAY
      const issuing = addGrant(storage, { user, client, grant: { createdAt: later, expiresAt: later + DAY } }).catch(() => undefined)
      const [issued] = await Promise.all([issuing, storage.clients.evict(100, later)])
      assert.equal((await storage.clients.find(client.id)) !== undefined, issued !== undefined)
    }
  }),
  check('a disabled client has no live grant, and none becomes live again', async (storage) => {
    const { client, token, grant } = await addFamily(storage)
    const other = await addFamily(storage)
    assert.equal(await storage.clients.disable(client.id, NOW + MINUTE), true)
    assert.equal(await storage.clients.disable(client.id, NOW + 2 * MINUTE), false)
    assert.equal((await storage.clients.find(client.id))?.disabledAt, NOW + MINUTE)
    assert.equal(await storage.grants.findLive(grant.id, 'jti', NOW + MINUTE), undefined)
    assert.equal(await storage.grants.rotate(rotationOf(token, client.id)), 'expired')
    const late = await addGrant(storage, { client }) // by a request that was under way
    assert.equal(await storage.clients.enable(client.id, NOW + 3 * MINUTE), true)
    assert.equal(await storage.clients.enable(client.id, NOW + 3 * MINUTE), false)
    assert.equal((await storage.clients.find(client.id))?.disabledAt, undefined)
    assert.equal(await storage.grants.redeem(redemptionOf(late)), 'expired')
    assert.notEqual(await storage.grants.findLive(other.grant.id, 'jti', NOW + MINUTE), undefined)
    assert.equal(await storage.clients.disable('nobody', NOW), false)
    assert.equal(await storage.clients.enable('nobody', NOW), false)
  }),
  check('registering the metadata of a disabled shared client makes another one', async ({ clients }) => {
    const first = await clients.insertShared(shared(), 'a key')
    await clients.disable(first.id, NOW)
    const second = await clients.insertShared(shared(), 'a key')
    assert.notEqual(second.id, first.id)
    await clients.enable(first.id, NOW)
    assert.equal((await clients.insertShared(shared(), 'a key')).id, second.id)
  }),
  check(
    'sharing, disabling and evicting are recorded in events, with the stored client or the number of deleted ones',
    async ({ clients, auditEvents }) => {
      const first = await clients.insertShared(shared(), 'a key', makeEvent({ at: NOW, clientId: 'made' }))
      await clients.insertShared(shared(), 'a key', makeEvent({ at: NOW + 1, clientId: 'made' }))
      await clients.disable(first.id, NOW, makeEvent({ at: NOW + 2, name: 'client.disabled', clientId: first.id }))
      await clients.disable(first.id, NOW, makeEvent({ at: NOW + 3, name: 'client.disabled', clientId: first.id }))
      await clients.enable(first.id, NOW, makeEvent({ at: NOW + 4, name: 'client.enabled', clientId: first.id }))
      const ofClient = await auditEvents.list({ clientId: first.id, since: 0, limit: 9 })
      same(
        ofClient.map(({ at }) => at),
        [NOW + 4, NOW + 2, NOW + 1, NOW],
      )
      await clients.evict(9, NOW + DAY)
      const [newest] = await auditEvents.list({ since: 0, limit: 1 })
      same([newest?.name, newest?.details], ['clients.swept', { count: 1, reason: 'no room, never allowed' }])
    },
  ),
  check('live grants of a client are counted', async (storage) => {
    const { client } = await addFamily(storage)
    const revoked = await addGrant(storage, { client })
    await addGrant(storage, { client, grant: { expiresAt: NOW + DAY } })
    await addGrant(storage)
    await storage.grants.revoke(revoked.grant.id, NOW)
    assert.equal(await storage.grants.countLive(client.id, NOW), 2)
    assert.equal(await storage.grants.countLive(client.id, NOW + DAY), 1)
    same(tally([await storage.grants.countLive('nobody', NOW)]), { 0: 1 })
  }),
]

async function addOwn(clients: Storage['clients']): Promise<Client> {
  const client = makeClient()
  await clients.insert(client)
  return client
}
