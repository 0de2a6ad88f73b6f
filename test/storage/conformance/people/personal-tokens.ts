/** Personal access tokens: found while they and their user count, and ended by everybody who may. */
import assert from 'node:assert/strict'
import { check, same, tally, together } from '../check.ts'
import { DAY, NOW, TTL, addUser, makeEvent, makePersonalToken, personOf } from '../records.ts'

export const personalTokens = [
  check('a token is found by its hash and by its id, with its user, until it expires', async (storage) => {
    const { personalTokens: tokens } = storage
    const user = await addUser(storage)
    const token = makePersonalToken(user.id)
    const event = makeEvent({ name: 'personal_token.created', userId: user.id })
    await tokens.insert(token, event)
    const held = { token: { ...token, lastUsedAt: undefined }, user: personOf(user), groups: [] }
    same(await tokens.find(token.tokenHash, NOW), held)
    same(await tokens.findById(token.id, 'jti', NOW + DAY - 1), held)
    assert.equal(await tokens.find(token.tokenHash, NOW + DAY), undefined)
    assert.equal(await tokens.findById(token.id, 'jti', NOW + DAY), undefined)
    assert.equal(await tokens.find('another hash', NOW), undefined)
    same(await storage.auditEvents.list({ userId: user.id, since: 0, limit: 10 }), [event])
    await assert.rejects(tokens.insert(makePersonalToken('nobody'), makeEvent()))
    await assert.rejects(tokens.insert(token, makeEvent()), 'the same again')
    assert.equal((await storage.auditEvents.list({ since: 0, limit: 10 })).length, 1)
  }),
  check('what was made of a token can end alone', async (storage) => {
    const token = makePersonalToken((await addUser(storage)).id)
    await storage.personalTokens.insert(token)
    await storage.grants.revokeAccessToken('jti', NOW + DAY)
    assert.equal(await storage.personalTokens.findById(token.id, 'jti', NOW), undefined)
    assert.notEqual(await storage.personalTokens.findById(token.id, 'another', NOW), undefined)
  }),
  check('live tokens are listed, the newest of a user first', async (storage) => {
    const user = await addUser(storage, { username: 'helen' })
    const first = makePersonalToken(user.id)
    const second = makePersonalToken(user.id, { createdAt: NOW + 1 })
    const other = makePersonalToken((await addUser(storage)).id, { expiresAt: NOW + 2 * DAY })
    for (const token of [first, second, makePersonalToken(user.id, { expiresAt: NOW }), other]) await storage.personalTokens.insert(token)
    const list = async (userId?: string, limit = 10) =>
      (await storage.personalTokens.list({ userId, now: NOW, limit })).map(({ token, username }) => `${username} ${token.id}`)
    same(await list(user.id), [`helen ${second.id}`, `helen ${first.id}`])
    same(await list(user.id, 1), [`helen ${second.id}`])
    const all = await list()
    assert.ok(all[0]!.endsWith(other.id))
    assert.equal(all.length, 3)
  }),
  check('the use of a token is recorded, never backwards', async (storage) => {
    const token = makePersonalToken((await addUser(storage)).id)
    await storage.personalTokens.insert(token)
    await storage.personalTokens.touch(token.id, NOW + 5)
    await storage.personalTokens.touch(token.id, NOW + 1)
    assert.equal((await storage.personalTokens.find(token.tokenHash, NOW))?.token.lastUsedAt, NOW + 5)
  }),
  check('a token is ended once, and only as one of its user', async (storage) => {
    const user = await addUser(storage)
    const other = await addUser(storage)
    const token = makePersonalToken(user.id)
    await storage.personalTokens.insert(token)
    assert.equal(await storage.personalTokens.revoke(token.id, other.id, makeEvent()), false)
    const ended = await together(5, () => storage.personalTokens.revoke(token.id, user.id, makeEvent()))
    same(tally(ended), { true: 1, false: 4 })
    assert.equal(await storage.personalTokens.find(token.tokenHash, NOW), undefined)
    assert.equal((await storage.auditEvents.list({ since: 0, limit: 10 })).length, 1)
  }),
  check('tokens end with their user, for good with a disabled one, and with a new password if it ends grants', async (storage) => {
    const user = await addUser(storage)
    const token = makePersonalToken(user.id)
    const insert = () => storage.personalTokens.insert(token)
    const isLive = async () => (await storage.personalTokens.find(token.tokenHash, NOW)) !== undefined
    await insert()
    await storage.users.changePassword(user.id, { passwordHash: 'new', endGrants: false }, NOW)
    assert.equal(await isLive(), true)
    await storage.users.changePassword(user.id, { passwordHash: 'new', endGrants: true }, NOW)
    assert.equal(await isLive(), false)
    await insert()
    await storage.users.disable(user.id, NOW)
    await insert()
    assert.equal(await isLive(), false, 'one that was made at that moment')
    await storage.users.enable(user.id, NOW)
    assert.equal(await isLive(), false)
    await insert()
    await storage.users.delete(user.id, NOW)
    assert.equal(await isLive(), false)
  }),
  check('expired tokens are swept', async (storage) => {
    const user = await addUser(storage)
    const live = makePersonalToken(user.id, { expiresAt: NOW + 1 })
    for (const token of [live, makePersonalToken(user.id, { expiresAt: NOW })]) await storage.personalTokens.insert(token)
    assert.equal(await storage.sweep(NOW, 10, TTL), 1)
    same(
      (await storage.personalTokens.list({ now: 0, limit: 10 })).map(({ token }) => token.id),
      [live.id],
    )
  }),
]
