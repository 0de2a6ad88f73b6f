/** The end of a session, and the notices for its clients (OpenID Connect Back-Channel Logout). */
import assert from 'node:assert/strict'
import type { Client } from '#src/domain/client/client.ts'
import type { Session } from '#src/domain/user/session.ts'
import type { User } from '#src/domain/user/user.ts'
import type { Storage } from '#src/storage/storage.ts'
import { check, same, tally, together } from '../check.ts'
import { DAY, MINUTE, NOW, TTL, addClient, addGrant, addSession, addUser, makeSession } from '../records.ts'

/** A session in which a client takes part. */
async function addNotice(storage: Storage, given: { user?: User; client?: Client; session?: Session } = {}) {
  const user = given.user ?? (await addUser(storage))
  const client = given.client ?? (await addClient(storage))
  const session = given.session ?? (await addSession(storage, user.id))
  const notice = { sid: session.sid, clientId: client.id, userId: user.id, sector: 'app.example.com' }
  await storage.logoutNotices.insert(notice, session.expiresAt)
  return { user, client, session, notice }
}

const isLive = async ({ grants }: Storage, grantId: string) => (await grants.findLive(grantId, 'jti', NOW)) !== undefined

/** Calls that end every session of a user. */
const ENDINGS: Record<string, (storage: Storage, user: User, now: number) => Promise<unknown>> = {
  update: ({ users }, user, now) => users.update({ ...user, email: 'new@example.com' }, now),
  changePassword: ({ users }, { id }, now) => users.changePassword(id, { passwordHash: 'a hash', endGrants: false }, now),
  disable: ({ users }, { id }, now) => users.disable(id, now),
  delete: ({ users }, { id }, now) => users.delete(id, now),
}

export const logout = [
  check('an ended session is gone, its neighbour isn’t, and it ends once', async (storage) => {
    const user = await addUser(storage)
    const session = await addSession(storage, user.id)
    const other = await addSession(storage, user.id)
    same(tally(await together(5, () => storage.sessions.end(session.idHash, NOW))), { true: 1, false: 4 })
    assert.equal(await storage.sessions.findLive(session.idHash, NOW, 0), undefined)
    assert.notEqual(await storage.sessions.findLive(other.idHash, NOW, 0), undefined)
  }),
  check('OpenID grants of an ended session end, except those with offline_access', async (storage) => {
    const user = await addUser(storage)
    const client = await addClient(storage)
    const { sid, idHash } = await addSession(storage, user.id)
    const issue = async (scopes: string[], of: string | undefined = sid) =>
      (await addGrant(storage, { user, client, grant: { scopes, sid: of } })).grant.id
    const bound = await issue(['email', 'openid'])
    const staying = [
      await issue(['openid', 'offline_access']),
      await issue(['mcp:tools']),
      await issue(['OpenID', 'xopenid', 'openid.x']),
      await issue(['openid'], 'another session'),
      (await addGrant(storage, { user, client, grant: { scopes: ['openid'] } })).grant.id,
    ]
    const issued = await addGrant(storage, { user, client, grant: { sid } })
    assert.equal((await storage.grants.findCode(issued.grant.id, issued.code.codeHash))?.grant.sid, sid)
    await storage.sessions.end(idHash, NOW)
    assert.equal(await isLive(storage, bound), false)
    for (const id of staying) assert.equal(await isLive(storage, id), true)
  }),
  check('notices for clients of an ended session become due, and no others', async (storage) => {
    const { notice, session, user } = await addNotice(storage)
    await addNotice(storage, { user })
    same(await storage.logoutNotices.claim(NOW, 10), [], 'nobody before the end')
    await storage.sessions.end(session.idHash, NOW + MINUTE)
    same(await storage.logoutNotices.claim(NOW + MINUTE - 1, 10), [])
    same(await storage.logoutNotices.claim(NOW + MINUTE, 10), [notice])
  }),
  check('the notices of one session are claimed before those of others that are due longer', async (storage) => {
    const user = await addUser(storage)
    const others = [await addNotice(storage, { user }), await addNotice(storage, { user })]
    for (const { session } of others) await storage.sessions.end(session.idHash, NOW)
    const { notice, session } = await addNotice(storage)
    await addNotice(storage, { session, user })
    same(await storage.logoutNotices.claim(NOW + 1, 1, session.sid), [], 'not before its end')
    await storage.sessions.end(session.idHash, NOW + 1)
    const own = [
      ...(await storage.logoutNotices.claim(NOW + 1, 1, session.sid)),
      ...(await storage.logoutNotices.claim(NOW + 1, 10, session.sid)),
    ]
    same(new Set(own.map(({ sid }) => sid)), new Set([notice.sid]))
    assert.equal(own.length, 2)
    same(await storage.logoutNotices.claim(NOW + 1, 10, session.sid), [], 'each once')
    assert.equal((await storage.logoutNotices.claim(NOW + 1, 10)).length, 2, 'and the others are still there')
  }),
  ...Object.entries(ENDINGS).map(([name, end]) =>
    check(`${name} of a user ends the sessions with their grants, and makes their notices due`, async (storage) => {
      const { user, client, notice, session } = await addNotice(storage)
      const second = await addNotice(storage, { user, client })
      await addNotice(storage, { client })
      const bound = await addGrant(storage, { user, client, grant: { scopes: ['openid'], sid: session.sid } })
      await end(storage, user, NOW + 1)
      const claimed = await storage.logoutNotices.claim(NOW + 1, 10)
      same(new Set(claimed.map(({ sid }) => sid)), new Set([notice.sid, second.notice.sid]))
      assert.equal(claimed.length, 2)
      assert.equal(await isLive(storage, bound.grant.id), false)
    }),
  ),
  check(
    'of many callers who claim at once each notice goes to one; undelivered notices are due again, less and less often',
    async (storage) => {
      const { session, user, notice } = await addNotice(storage)
      await addNotice(storage, { user, session })
      await storage.sessions.end(session.idHash, NOW)
      const claimed = (await together(8, () => storage.logoutNotices.claim(NOW, 1))).flat()
      assert.equal(new Set(claimed.map(({ clientId }) => clientId)).size, 2)
      assert.equal(claimed.length, 2)
      await storage.logoutNotices.delete(claimed.find(({ clientId }) => clientId !== notice.clientId)!)
      let now = NOW
      for (const pause of [1, 4, 9]) {
        same(await storage.logoutNotices.claim(now + pause * MINUTE - 1, 10), [])
        now += pause * MINUTE
        same(await storage.logoutNotices.claim(now, 10), [notice])
      }
    },
  ),
  check('a notice is tried for a day, and is deleted then', async (storage) => {
    const { session } = await addNotice(storage)
    await storage.sessions.end(session.idHash, NOW)
    assert.equal(await storage.sweep(NOW + DAY - 1, 10, TTL), 0)
    same(await storage.logoutNotices.claim(NOW + DAY, 10), [])
    assert.equal(await storage.sweep(NOW + DAY, 10, TTL), 1)
  }),
  check('a client that takes part twice has one notice', async (storage) => {
    const { session, notice } = await addNotice(storage)
    await storage.logoutNotices.insert(notice, session.expiresAt)
    await storage.sessions.end(session.idHash, NOW)
    assert.equal((await storage.logoutNotices.claim(NOW, 10)).length, 1)
  }),
  check('a renewed session keeps its notices to its new end', async (storage) => {
    const { session, user, notice } = await addNotice(storage)
    const renewed = makeSession(user.id, { expiresAt: NOW + 5 * DAY })
    await storage.sessions.renew(session.idHash, renewed)
    assert.equal(await storage.sweep(NOW + 4 * DAY, 10, TTL), 0)
    await storage.sessions.end(renewed.idHash, NOW + 4 * DAY)
    same(await storage.logoutNotices.claim(NOW + 4 * DAY, 10), [notice])
  }),
  check('notices of an expired session are deleted with it, and those of a deleted client with the client', async (storage) => {
    const { session, client } = await addNotice(storage)
    assert.equal(await storage.sweep(session.expiresAt, 10, TTL), 2)
    const second = await addNotice(storage, { client })
    await storage.clients.delete(client.id)
    await storage.sessions.end(second.session.idHash, NOW)
    same(await storage.logoutNotices.claim(NOW, 10), [])
  }),
]
