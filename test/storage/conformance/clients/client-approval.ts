/** Which clients may come: what an operator decides, who waits, and what is approved when approvals begin. */
import assert from 'node:assert/strict'
import type { Client } from '#src/domain/client/client.ts'
import type { Storage } from '#src/storage/storage.ts'
import { check, same, together } from '../check.ts'
import { DAY, NOW, TTL, addClient, addGrant, addUser, makeClient, makeEvent } from '../records.ts'

const idsOf = (clients: readonly Client[]): string[] => clients.map(({ id }) => id)
const approvalOf = async ({ clients }: Storage, { id }: Pick<Client, 'id'>) => (await clients.find(id))?.approval
/** The ids of the clients that are approved. */
async function approved(storage: Storage, clients: readonly Client[]): Promise<string[]> {
  const found = await Promise.all(clients.map((client) => approvalOf(storage, client)))
  return idsOf(clients.filter((_, index) => found[index] === 'approved')).sort()
}

export const clientApproval = [
  check('a client waits once, and never again after a decision', async (storage) => {
    const { clients } = storage
    const asked = await addClient(storage)
    assert.equal(await approvalOf(storage, asked), undefined)
    await clients.wait(asked.id)
    assert.equal(await approvalOf(storage, asked), 'waiting')
    assert.equal(await clients.refuse(asked.id, NOW), true)
    await clients.wait(asked.id)
    assert.equal(await approvalOf(storage, asked), 'refused')
    await clients.wait('nobody')
  }),
  check('of many who approve or refuse at once one does, with one event', async (storage) => {
    const { clients, auditEvents } = storage
    const client = await addClient(storage, { approval: 'waiting' })
    const event = (name: 'client.approved' | 'client.turned_away') => makeEvent({ name, clientId: client.id, at: NOW })
    const count = async (name: string) => (await auditEvents.list({ since: 0, limit: 99 })).filter((one) => one.name === name).length
    same((await together(8, () => clients.approve(client, event('client.approved')))).filter(Boolean), [true])
    assert.equal(await approvalOf(storage, client), 'approved')
    assert.equal(await count('client.approved'), 1)
    same((await together(8, () => clients.refuse(client.id, NOW, event('client.turned_away')))).filter(Boolean), [true])
    assert.equal(await approvalOf(storage, client), 'refused')
    assert.equal(await count('client.turned_away'), 1)
    assert.equal(await clients.approve(client), true, 'a refusal can be taken back')
    same([await clients.approve(makeClient()), await clients.refuse('nobody', NOW)], [false, false])
  }),
  check('what is approved is the client as it was seen, and an approval ends when it becomes another one', async (storage) => {
    const { clients } = storage
    const before = await addClient(storage, { approval: 'waiting' })
    const metadata = { ...before.metadata, redirectUris: ['https://evil.example/callback'] }
    assert.equal(await clients.update({ before, after: { ...before, metadata }, isOther: true }), true)
    assert.equal(await clients.approve(before), false, 'an operator saw another one')
    const evil = (await clients.find(before.id)) as typeof before
    assert.equal(await clients.approve(evil), true)
    assert.equal(await clients.update({ before: evil, after: { ...evil, secretHash: 'another' } }), true)
    assert.equal(await approvalOf(storage, evil), 'approved', 'a secret is no other client')
    const rotated = (await clients.find(before.id)) as typeof before
    assert.equal(await clients.update({ before: rotated, after: { ...rotated, metadata: before.metadata }, isOther: true }), true)
    assert.equal(await approvalOf(storage, evil), 'waiting')
    await clients.refuse(before.id, NOW)
    const refused = (await clients.find(before.id)) as typeof before
    assert.equal(await clients.update({ before: refused, after: { ...refused, metadata }, isOther: true }), true)
    assert.equal(await approvalOf(storage, refused), 'refused', 'nobody changes a refusal away')
  }),
  check('a disabled client is not approved, and one that was made so keeps that', async (storage) => {
    const { clients } = storage
    const client = await addClient(storage)
    await clients.disable(client.id, NOW)
    assert.equal(await clients.approve(client), false)
    const waiting = makeClient({ approval: 'waiting', secretHash: undefined })
    same((await clients.insertShared(waiting, 'a key')).approval, 'waiting')
    await clients.refuse(waiting.id, NOW)
    same(
      await clients
        .insertShared(makeClient({ approval: 'waiting', secretHash: undefined }), 'a key')
        .then(({ id, approval }) => [id, approval]),
      [waiting.id, 'refused'],
    )
  }),
  check('a refused client loses its grants and its own tokens', async (storage) => {
    const { clients, grants, clientTokens } = storage
    const client = await addClient(storage)
    const { grant } = await addGrant(storage, { client, grant: { expiresAt: NOW + DAY } })
    const claims = {
      iss: 'i',
      sub: client.id,
      client_id: client.id,
      jti: 'own',
      iat: NOW / 1000,
      exp: NOW / 1000 + 60,
      aud: 'i',
      scope: '',
    }
    await clientTokens.insert({ tokenHash: 'own', resourceId: undefined, claims, expiresAt: NOW + DAY } as Parameters<
      typeof clientTokens.insert
    >[0])
    assert.equal(await clientTokens.isLive(claims as Parameters<typeof clientTokens.isLive>[0]), true)
    assert.notEqual(await clientTokens.find('own', NOW), undefined)
    await clients.refuse(client.id, NOW)
    assert.equal(await clientTokens.isLive(claims as Parameters<typeof clientTokens.isLive>[0]), false)
    assert.equal(await clientTokens.find('own', NOW), undefined)
    assert.equal(await grants.countLive(client.id, NOW), 0)
    assert.equal(await grants.findLive(grant.id, 'any', NOW), undefined)
  }),
  check('those that wait are listed and counted, the newest first', async (storage) => {
    const { clients } = storage
    for (const [age, approval] of (['waiting', undefined, 'approved', 'waiting', 'refused', 'waiting'] as const).entries())
      await addClient(storage, { id: `c${age}`, createdAt: NOW + age, approval })
    same(idsOf(await clients.list({ limit: 9, isWaiting: true })), ['c5', 'c3', 'c0'])
    same(idsOf(await clients.list({ limit: 1, isWaiting: true, after: { id: 'c5', createdAt: NOW + 5 } })), ['c3'])
    same(idsOf(await clients.list({ limit: 9, isWaiting: true, search: 'C0' })), ['c0'])
    assert.equal(await clients.countWaiting(), 3)
  }),
  check('when approvals begin, clients with live grants are approved in batches, and no others', async (storage) => {
    const { clients, auditEvents, grants } = storage
    const user = await addUser(storage)
    const live = { expiresAt: NOW + 1 }
    const used = await addClient(storage, { id: 'a-used' })
    const waiting = await addClient(storage, { id: 'b-waiting', approval: 'waiting' })
    const refused = await addClient(storage, { id: 'c-refused', approval: 'refused' })
    const ended = await addClient(storage, { id: 'd-ended' })
    const revoked = await addClient(storage, { id: 'e-revoked' })
    const operators = await addClient(storage, { id: 'f-operator', origin: 'operator' })
    const last = await addClient(storage, { id: 'g-last' })
    const unused = await addClient(storage, { id: 'h-unused' })
    for (const client of [used, used, waiting, refused, operators, last]) await addGrant(storage, { user, client, grant: live })
    await addGrant(storage, { user, client: ended, grant: { expiresAt: NOW } })
    const gone = await addGrant(storage, { user, client: revoked, grant: live })
    await grants.revoke(gone.grant.id, NOW - 1)
    const all = [used, waiting, refused, ended, revoked, operators, last, unused]
    const counts: number[] = []
    for (let after = ''; ;) {
      const batch = await clients.approveLive({ after, limit: 3 }, NOW)
      if (batch === undefined) break
      counts.push(batch.count)
      after = batch.last
    }
    same(counts, [2, 0, 1])
    same(await approved(storage, all), ['a-used', 'b-waiting', 'g-last'])
    same(await approvalOf(storage, refused), 'refused')
    const events = await auditEvents.list({ since: 0, limit: 9 })
    same(
      events
        .filter(({ name }) => name === 'clients.approved')
        .map(({ actor, details }) => [actor, details['count']])
        .sort(),
      [
        ['server', 1],
        ['server', 2],
      ],
    )
    same((await clients.approveLive({ after: '', limit: 9 }, NOW))?.count, 0, 'doing it again changes nothing')
  }),
  check('which rule is in force is remembered', async ({ clients }) => {
    assert.equal(await clients.findRule(), undefined)
    for (const rule of ['open', 'approve', 'approve', 'known']) {
      await clients.saveRule(rule, NOW)
      assert.equal(await clients.findRule(), rule)
    }
  }),
  check('what an operator decided is not swept as unused, nor evicted; what waits is', async (storage) => {
    const { clients } = storage
    const old = { createdAt: NOW - 300 * DAY }
    const ids = ['approved', 'refused', 'waiting'] as const
    for (const approval of ids) {
      await addClient(storage, { id: approval, approval, ...old })
      await clients.saveDocument({
        id: `https://${approval}.example/doc`,
        metadata: makeClient().metadata,
        fetchedAt: NOW - 9 * DAY,
        freshUntil: NOW,
      })
    }
    await clients.approve((await clients.find('https://approved.example/doc'))!)
    await clients.refuse('https://refused.example/doc', NOW)
    await addClient(storage, { id: 'refused-idle', approval: 'refused', authorizedAt: NOW - 900 * DAY, lastUsedAt: NOW - 900 * DAY })
    await addClient(storage, { id: 'approved-idle', approval: 'approved', authorizedAt: NOW - 900 * DAY, lastUsedAt: NOW - 900 * DAY })
    await addClient(storage, { id: 'to-evict', approval: 'waiting' })
    while ((await storage.sweep(NOW, 50, TTL)) > 0);
    const left = async () => idsOf(await clients.list({ limit: 20 })).sort()
    const decided = ['approved', 'https://approved.example/doc', 'https://refused.example/doc', 'refused', 'refused-idle']
    same(await left(), [...decided, 'to-evict'])
    assert.equal(await clients.evict(10, NOW), 1)
    same(await left(), decided)
  }),
]
