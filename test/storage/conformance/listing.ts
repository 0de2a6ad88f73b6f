/** What an operator sees: which clients act for whom, who is logged in, and how many there are. */
import assert from 'node:assert/strict'
import type { ListKey, ListedGrant, Storage } from '#src/storage/storage.ts'
import { check, same } from './check.ts'
import {
  DAY,
  MINUTE,
  NOW,
  addClient,
  addFamily,
  addGrant,
  addSession,
  addUser,
  makeEvent,
  makeToken,
  redemptionOf,
  rotationOf,
} from './records.ts'

const idsOf = (grants: readonly ListedGrant[]) => grants.map(({ grant }) => grant.id)
const AT = { now: NOW, idleSince: NOW - MINUTE }

/** The live sessions, of one user or of all. */
const listSessions = async ({ sessions }: Storage, userId?: string, limit = 10) =>
  (await sessions.list({ userId, ...AT, limit })).map(({ session }) => session.idHash)

export const listing = [
  check('live grants are listed with the names of user and client, the newest first', async (storage) => {
    const user = await addUser(storage, { username: 'helen' })
    const client = await addClient(storage)
    const first = await addGrant(storage, { user, client, grant: { createdAt: NOW - 2 } })
    const second = await addGrant(storage, { user, grant: { createdAt: NOW - 1 } })
    const other = await addGrant(storage, { client, grant: { createdAt: NOW } })
    const [newest, oldest] = await storage.grants.list({ userId: user.id, now: NOW, limit: 10 })
    same(oldest, { grant: first.grant, username: 'helen', client: { id: client.id, metadata: client.metadata, origin: 'registration' } })
    assert.equal(newest!.grant.id, second.grant.id)
    const list = async (of: { userId?: string; clientId?: string }, limit = 10) =>
      idsOf(await storage.grants.list({ ...of, now: NOW, limit }))
    same(await list({ clientId: client.id }), [other.grant.id, first.grant.id])
    same(await list({ userId: user.id, clientId: client.id }), [first.grant.id])
    same(await list({ clientId: client.id }, 1), [other.grant.id])
    same(new Set(await list({})), new Set([first, second, other].map(({ grant }) => grant.id)))
    same(await list({ userId: 'nobody' }), [])
  }),
  check('of all grants those come first that live longest', async (storage) => {
    const short = await addGrant(storage, { grant: { createdAt: NOW, expiresAt: NOW + MINUTE } })
    const long = await addGrant(storage, { grant: { createdAt: NOW - DAY, expiresAt: NOW + DAY } })
    same(idsOf(await storage.grants.list({ now: NOW, limit: 10 })), [long.grant.id, short.grant.id])
    same(idsOf(await storage.grants.list({ now: NOW, limit: 1 })), [long.grant.id])
  }),
  check('a list of grants goes on behind any of them, also where several began or end at once', async (storage) => {
    const [user, client] = [await addUser(storage), await addClient(storage)]
    for (let at = 0; at < 5; at++)
      await addGrant(storage, { user, client, grant: { createdAt: NOW - (at % 2), expiresAt: NOW + DAY + (at % 2) } })
    for (const of of [{}, { userId: user.id }, { clientId: client.id }, { userId: user.id, clientId: client.id }]) {
      const seen: string[] = []
      let after: ListKey | undefined
      for (let page = 0; page < 3; page++) {
        const found: ListedGrant[] = await storage.grants.list({ ...of, now: NOW, limit: 2, after })
        seen.push(...idsOf(found))
        const { id, createdAt, expiresAt } = found.at(-1)!.grant
        after = { id, at: 'userId' in of || 'clientId' in of ? createdAt : expiresAt }
      }
      same([seen.length, new Set(seen).size], [5, 5])
      same(await storage.grants.list({ ...of, now: NOW, limit: 2, after }), [])
    }
  }),
  check('a grant that was revoked, has expired, or belongs to a disabled user is in no list', async (storage) => {
    const user = await addUser(storage)
    const revoked = await addGrant(storage, { user })
    const expired = await addGrant(storage, { user, grant: { expiresAt: NOW } })
    const disabled = await addGrant(storage)
    await storage.grants.revoke(revoked.grant.id, NOW)
    await storage.users.disable(disabled.user.id, NOW)
    // As one that a login in progress makes at that moment.
    const late = await addGrant(storage, { user: disabled.user })
    for (const of of [{}, { userId: user.id }, { userId: disabled.user.id }, { clientId: revoked.client.id }])
      same(await storage.grants.list({ ...of, now: NOW, limit: 10 }), [])
    for (const { grant } of [revoked, expired, disabled, late]) assert.equal(await storage.grants.find(grant.id, NOW), undefined)
  }),
  check('a grant is found by its id, and when it was last refreshed', async (storage) => {
    const { grant, client, token } = await addFamily(storage)
    assert.equal((await storage.grants.find(grant.id, NOW))?.refreshedAt, NOW)
    await storage.grants.rotate(rotationOf(token, client.id, { now: NOW + 5, successor: makeToken(grant.id, { createdAt: NOW + 5 }) }))
    assert.equal((await storage.grants.find(grant.id, NOW))?.refreshedAt, NOW + 5)
    const unredeemed = await addGrant(storage)
    assert.equal((await storage.grants.find(unredeemed.grant.id, NOW))?.refreshedAt, undefined)
    await storage.grants.redeem(redemptionOf(unredeemed, { refreshToken: makeToken(unredeemed.grant.id, { createdAt: NOW + 7 }) }))
    assert.equal((await storage.grants.find(unredeemed.grant.id, NOW))?.refreshedAt, NOW + 7)
    assert.equal(await storage.grants.find('nothing', NOW), undefined)
  }),
  check('live sessions are listed with the names of their users', async (storage) => {
    const user = await addUser(storage, { username: 'helen' })
    const first = await addSession(storage, user.id, { createdAt: NOW - 2, expiresAt: NOW + 2 * DAY })
    const second = await addSession(storage, user.id, { createdAt: NOW - 1, expiresAt: NOW + DAY })
    const other = await addSession(storage, (await addUser(storage)).id, { expiresAt: NOW + 3 * DAY })
    await addSession(storage, user.id, { expiresAt: NOW })
    await addSession(storage, user.id, { lastSeenAt: NOW - MINUTE })
    const disabled = await addUser(storage)
    await storage.users.disable(disabled.id, NOW)
    await addSession(storage, disabled.id)
    same((await storage.sessions.list({ userId: user.id, ...AT, limit: 1 }))[0], { session: second, username: 'helen' })
    same(await listSessions(storage, user.id), [second.idHash, first.idHash])
    same(await listSessions(storage), [other.idHash, first.idHash, second.idHash])
    same(await listSessions(storage, undefined, 2), [other.idHash, first.idHash])
    same(await listSessions(storage, disabled.id), [])
  }),
  check('all sessions of a user end together, and nobody else’s', async (storage) => {
    const user = await addUser(storage)
    const { sid } = await addSession(storage, user.id)
    await addSession(storage, user.id)
    const other = await addSession(storage, (await addUser(storage)).id)
    const bound = await addGrant(storage, { user, grant: { scopes: ['openid'], sid } })
    assert.equal(await storage.sessions.endOf(user.id, NOW), true)
    same(await listSessions(storage), [other.idHash])
    assert.equal(await storage.grants.find(bound.grant.id, NOW), undefined)
    assert.equal(await storage.sessions.endOf(user.id, NOW), false)
  }),
  check('the end of a session or a grant is kept with its event, once', async (storage) => {
    const user = await addUser(storage)
    const { idHash } = await addSession(storage, user.id)
    await addSession(storage, user.id)
    const { grant } = await addGrant(storage, { user, grant: { scopes: ['tools'] } })
    const endings = [
      (id: string) => storage.sessions.end(idHash, NOW, makeEvent({ id, name: 'session.ended' })),
      (id: string) => storage.sessions.endOf(user.id, NOW, makeEvent({ id, name: 'session.ended' })),
      (id: string) => storage.grants.revoke(grant.id, NOW, makeEvent({ id, name: 'grant.revoked' })),
    ]
    for (const [index, end] of endings.entries()) {
      assert.equal(await end(`event ${index}`), true)
      assert.equal(await end(`again ${index}`), false)
    }
    const events = await storage.auditEvents.list({ since: 0, limit: 10 })
    same(new Set(events.map(({ id }) => id)), new Set(['event 0', 'event 1', 'event 2']))
  }),
  check('what is there is counted, and what has ended is not', async (storage) => {
    const user = await addUser(storage)
    const client = await addClient(storage)
    await addGrant(storage, { user, client })
    await addGrant(storage, { user, client, grant: { expiresAt: NOW } })
    const { grant } = await addGrant(storage, { client })
    await storage.grants.revoke(grant.id, NOW)
    await addSession(storage, user.id, { authTime: NOW - DAY })
    await addSession(storage, user.id, { expiresAt: NOW })
    await addSession(storage, user.id, { lastSeenAt: NOW - MINUTE })
    for (const at of [NOW - DAY, NOW]) await storage.auditEvents.insert(makeEvent({ at, name: 'login.failed' }))
    await storage.auditEvents.insert(makeEvent({ name: 'login.limited' }))
    const counts = { users: 2, clients: 1, grants: 1, sessions: 1 }
    same(await storage.totals.count({ ...AT, since: NOW - MINUTE }), { ...counts, logins: 0, failedLogins: 1 })
    same(await storage.totals.count({ ...AT, since: NOW - DAY }), { ...counts, logins: 1, failedLogins: 2 })
    same((await storage.totals.count({ ...AT, since: NOW, most: 1 })).users, 1, 'counted up to one')
    same(await storage.totals.countOf(user.id, AT), { grants: 1, sessions: 1 })
    same(await storage.totals.countOf('nobody', AT), { grants: 0, sessions: 0 })
  }),
  check('a database tells its size and its version', async (storage) => {
    const { size, version } = await storage.measure()
    assert.ok(size > 50_000, String(size))
    assert.ok(version >= 23, String(version))
  }),
]
