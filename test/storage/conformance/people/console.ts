/** The console, which is open within a session, and the lists of many records that it shows page by page. */
import assert from 'node:assert/strict'
import type { Storage } from '#src/storage/storage.ts'
import { check, same } from '../check.ts'
import { DAY, MINUTE, NOW, addIdentity, addProvider, addSession, addUser, makeEvent, makeSession } from '../records.ts'

const open = ({ sessions }: Storage, hash: string, changes: { now?: number; idleSince?: number; consoleIdleSince?: number } = {}) =>
  sessions.findConsole(hash, { now: NOW, idleSince: 0, consoleIdleSince: 0, ...changes })
const namesOf = (users: readonly { readonly username: string }[]): string[] => users.map(({ username }) => username)

export const consoleSessions = [
  check('the console is open in the session in which it was opened, as long as both were seen', async (storage) => {
    const user = await addUser(storage)
    const session = await addSession(storage, user.id, { lastSeenAt: NOW, expiresAt: NOW + DAY })
    assert.equal(await open(storage, 'console'), undefined)
    assert.equal(await storage.sessions.saveConsole('nobody', 'console', NOW), false)
    assert.equal(await storage.sessions.saveConsole(session.idHash, 'console', NOW), true)
    same((await open(storage, 'console'))?.session, session)
    same(await open(storage, 'console'), await storage.sessions.findLive(session.idHash, NOW, 0))
    assert.equal(await open(storage, 'console', { consoleIdleSince: NOW }), undefined, 'not seen there')
    assert.equal(await open(storage, 'console', { idleSince: NOW }), undefined, 'not seen at all')
    assert.equal(await open(storage, 'console', { now: NOW + DAY }), undefined, 'over')
    assert.equal(await open(storage, session.idHash), undefined, 'the session itself opens no console')
    await storage.sessions.touchConsole('console', NOW + MINUTE)
    await storage.sessions.touchConsole('console', NOW)
    const touched = await open(storage, 'console', { consoleIdleSince: NOW + MINUTE - 1, idleSince: NOW + MINUTE - 1 })
    assert.equal(touched?.session.lastSeenAt, NOW + MINUTE)
  }),
  check('a session has one console at a time, which goes on when its user logs in again', async (storage) => {
    const user = await addUser(storage)
    const { idHash } = await addSession(storage, user.id)
    await storage.sessions.saveConsole(idHash, 'first', NOW)
    await storage.sessions.saveConsole(idHash, 'second', NOW)
    assert.equal(await open(storage, 'first'), undefined)
    const renewed = makeSession(user.id)
    await storage.sessions.renew(idHash, renewed)
    assert.equal((await open(storage, 'second'))?.session.idHash, renewed.idHash)
    assert.equal(await storage.sessions.endConsole('second'), true)
    assert.equal(await storage.sessions.endConsole('second'), false)
    assert.equal(await open(storage, 'second'), undefined)
    assert.notEqual(await storage.sessions.findLive(renewed.idHash, NOW, 0), undefined, 'the session goes on')
  }),
  check('what ends the sessions of a user ends the console', async (storage) => {
    const ends: ((id: string) => Promise<unknown>)[] = [
      (id) => storage.sessions.endOf(id, NOW),
      (id) => storage.users.disable(id, NOW),
      (id) => storage.users.delete(id, NOW),
      (id) => storage.users.changePassword(id, { passwordHash: 'other', endGrants: false }, NOW),
    ]
    for (const [index, end] of ends.entries()) {
      const { id } = await addUser(storage)
      await storage.sessions.saveConsole((await addSession(storage, id)).idHash, `console ${index}`, NOW)
      await end(id)
      assert.equal(await open(storage, `console ${index}`), undefined)
    }
  }),
  check('users are listed from a name on, and by how their names begin', async (storage) => {
    for (const username of ['bob', 'ada', 'adam', '김민준', 'a_b', 'a%', 'ad\u{10FFFD}']) await addUser(storage, { username })
    const { users } = storage
    same(namesOf(await users.listFrom({ limit: 3 })), ['a%', 'a_b', 'ada'])
    same(namesOf(await users.listFrom({ after: 'ada', limit: 10 })), ['adam', 'ad\u{10FFFD}', 'bob', '김민준'])
    same(namesOf(await users.listFrom({ prefix: 'ad', limit: 10 })), ['ada', 'adam', 'ad\u{10FFFD}'])
    same(namesOf(await users.listFrom({ prefix: 'ad', after: 'ada', limit: 1 })), ['adam'])
    same(namesOf(await users.listFrom({ prefix: 'a_', limit: 10 })), ['a_b'], 'no character matches others')
    same(namesOf(await users.listFrom({ prefix: '김', limit: 10 })), ['김민준'])
  }),
  check('events are listed from one on, also those of one instant', async ({ auditEvents }) => {
    const made = ['a', 'b', 'c', 'd'].map((id) => makeEvent({ id, at: id === 'a' ? NOW - 1 : NOW, clientId: 'app', userId: 'helen' }))
    for (const event of made) await auditEvents.insert(event)
    for (const of of [{}, { clientId: 'app' }, { userId: 'helen' }]) {
      const idsOf = async (before?: { at: number; id: string }, since = 0) =>
        (await auditEvents.list({ ...of, since, before, limit: 2 })).map(({ id }) => id)
      same(await idsOf(), ['d', 'c'])
      same(await idsOf({ at: NOW, id: 'c' }), ['b', 'a'])
      same(await idsOf({ at: NOW, id: 'c' }, NOW), ['b'])
      same(await idsOf({ at: NOW - 1, id: 'a' }), [])
    }
  }),
  check('of each provider the identities are counted about which it can not be asked', async (storage) => {
    const [silent, fine] = [await addProvider(storage), await addProvider(storage)]
    for (const provider of [silent, silent, fine]) {
      const { id } = await addIdentity(storage, (await addUser(storage)).id, provider.id)
      if (provider === silent) await storage.identityChecks.countUnreachable(id, NOW)
    }
    same([...(await storage.identities.listUnreachable())], [[silent.id, 2]])
  }),
]
