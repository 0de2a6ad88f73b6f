/** What people change of their own account: each change takes along what depends on it, and nothing of anybody else. */
import assert from 'node:assert/strict'
import type { Storage } from '#src/storage/storage.ts'
import { check, same } from '../check.ts'
import { DAY, NOW, addClient, addFamily, addGrant, addSession, addUser, makeEvent, makeToken, rotationOf } from '../records.ts'

const consentOf = (userId: string, clientId: string, receiver = 'app.example') => ({
  userId,
  clientId,
  receiver,
  clientHash: 'hash',
  scopes: ['openid'],
  resources: ['https://mcp.example.com/'],
})
const isLive = async ({ sessions }: Storage, idHash: string) => (await sessions.findLive(idHash, NOW, 0)) !== undefined
const isGranted = async ({ grants }: Storage, id: string) => (await grants.find(id, NOW)) !== undefined

export const ownAccount = [
  check('an app that is disconnected loses its grant and its consents, and has to ask again', async (storage) => {
    const { grant, user, client, token } = await addFamily(storage)
    const sibling = await addGrant(storage, { user, client })
    const other = await addClient(storage)
    for (const consent of [consentOf(user.id, client.id), consentOf(user.id, client.id, 'b.example'), consentOf(user.id, other.id)])
      await storage.consents.save(consent, NOW)
    const event = makeEvent({ name: 'grant.revoked', userId: user.id })
    assert.equal(await storage.grants.disconnect(grant, NOW, event), true)
    assert.equal(await storage.grants.disconnect(grant, NOW, makeEvent()), false)
    same(await storage.auditEvents.list({ since: 0, limit: 10 }), [event])
    assert.equal(await storage.grants.rotate(rotationOf(token, client.id, { now: NOW + 1 })), 'expired')
    for (const receiver of ['app.example', 'b.example']) assert.equal(await storage.consents.find(user.id, client.id, receiver), undefined)
    assert.notEqual(await storage.consents.find(user.id, other.id, 'app.example'), undefined)
    assert.equal(await isGranted(storage, sibling.grant.id), true)
  }),
  check('consents are listed with their clients, the latest first, and forgotten by client', async (storage) => {
    const user = await addUser(storage)
    const first = await addClient(storage)
    const second = await addClient(storage, { origin: 'operator' })
    await storage.consents.save(consentOf(user.id, first.id), NOW)
    await storage.consents.save(consentOf(user.id, second.id), NOW + 1)
    await storage.consents.save(consentOf((await addUser(storage)).id, first.id), NOW + 2)
    const listed = await storage.consents.list(user.id, 10)
    same(listed, [
      {
        consent: consentOf(user.id, second.id),
        client: { id: second.id, metadata: second.metadata, origin: 'operator' },
        updatedAt: NOW + 1,
      },
      { consent: consentOf(user.id, first.id), client: { id: first.id, metadata: first.metadata, origin: 'registration' }, updatedAt: NOW },
    ])
    same(await storage.consents.list(user.id, 1), listed.slice(0, 1))
    assert.equal(await storage.consents.forget(user.id, first.id, makeEvent()), true)
    assert.equal(await storage.consents.forget(user.id, first.id, makeEvent()), false)
    same(await storage.consents.list(user.id, 10), listed.slice(0, 1))
    assert.equal((await storage.auditEvents.list({ since: 0, limit: 10 })).length, 1)
  }),
  check('all sessions but one end, with the grants that are bound to them', async (storage) => {
    const user = await addUser(storage)
    const kept = await addSession(storage, user.id)
    const ended = await addSession(storage, user.id)
    const stranger = await addSession(storage, (await addUser(storage)).id)
    const bound = { user, grant: { scopes: ['openid'] } }
    const mine = await addGrant(storage, { ...bound, grant: { ...bound.grant, sid: kept.sid } })
    const theirs = await addGrant(storage, { ...bound, grant: { ...bound.grant, sid: ended.sid } })
    for (const { sid } of [kept, ended]) await storage.logoutNotices.insert({ sid, clientId: mine.client.id, userId: user.id }, NOW + DAY)
    assert.equal(await storage.sessions.endOf(user.id, NOW, undefined, kept.idHash), true)
    assert.equal(await storage.sessions.endOf(user.id, NOW, undefined, kept.idHash), false, 'there are no others')
    same(await Promise.all([kept, ended, stranger].map(({ idHash }) => isLive(storage, idHash))), [true, false, true])
    same(await Promise.all([mine, theirs].map(({ grant }) => isGranted(storage, grant.id))), [true, false])
    same(
      (await storage.logoutNotices.claim(NOW, 10)).map(({ sid }) => sid),
      [ended.sid],
    )
  }),
  check('a session of somebody else is not kept', async (storage) => {
    const user = await addUser(storage)
    const mine = await addSession(storage, user.id)
    const stranger = await addSession(storage, (await addUser(storage)).id)
    const { grant } = await addGrant(storage, { user, grant: { scopes: ['openid'], sid: mine.sid } })
    assert.equal(await storage.sessions.endOf(user.id, NOW, undefined, stranger.idHash), true)
    same([await isLive(storage, mine.idHash), await isGranted(storage, grant.id)], [false, false])
  }),
  check('a new password keeps the session in which it was chosen', async (storage) => {
    const user = await addUser(storage)
    const kept = await addSession(storage, user.id)
    const ended = await addSession(storage, user.id)
    const change = { passwordHash: 'new hash', endGrants: false, keptSession: kept.idHash }
    assert.equal(await storage.users.changePassword(user.id, change, NOW), true)
    same([await isLive(storage, kept.idHash), await isLive(storage, ended.idHash)], [true, false])
  }),
  check('people change what is known about them, and stay logged in', async (storage) => {
    const user = await addUser(storage)
    const session = await addSession(storage, user.id)
    const changes = { id: user.id, profile: { name: 'New' }, email: undefined, emailVerified: false }
    const event = makeEvent({ name: 'user.updated' })
    assert.equal(await storage.users.updateOwn(changes, NOW + 1, event), true)
    same(await storage.users.find(user.id), { ...user, ...changes, updatedAt: NOW + 1 })
    assert.equal(await storage.users.updateOwn({ ...changes, id: 'nobody' }, NOW + 2, makeEvent()), false)
    same(await storage.auditEvents.list({ since: 0, limit: 10 }), [event])
    assert.equal(await isLive(storage, session.idHash), true)
  }),
  check('a grant says from where it was last refreshed', async (storage) => {
    const { grant, client, token } = await addFamily(storage)
    assert.equal((await storage.grants.find(grant.id, NOW))?.refreshedFrom, token.network)
    const successor = makeToken(grant.id, { createdAt: NOW + 5, network: '203.0.113.9' })
    await storage.grants.rotate(rotationOf(token, client.id, { now: NOW + 5, successor }))
    assert.equal((await storage.grants.find(grant.id, NOW))?.refreshedFrom, '203.0.113.9')
  }),
]
