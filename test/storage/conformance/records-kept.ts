/** Clients, users, sessions, consents, keys: what is stored is found unchanged. */
import assert from 'node:assert/strict'
import type { Consent } from '#src/domain/authorization/consent.ts'
import type { StoredKey } from '#src/domain/key/stored-key.ts'
import { check, same, tally, together } from './check.ts'
import {
  DAY,
  MINUTE,
  NOW,
  addClient,
  addGrant,
  addSession,
  addUser,
  makeClient,
  makeEvent,
  makeSession,
  makeUser,
  personOf,
} from './records.ts'

const RECEIVER = 'app.example'
const consentOf = (userId: string, clientId: string): Consent => ({
  userId,
  clientId,
  receiver: RECEIVER,
  clientHash: 'hash of what the user saw',
  scopes: ['openid https://a.example/'],
  resources: ['https://a.example/'],
  declined: ['write https://a.example/'],
})

const key = (changes: Partial<StoredKey> = {}): StoredKey => ({
  kid: `kid-${changes.alg ?? 'ES256'}-${changes.generation ?? 1}-${Math.random()}`,
  alg: 'ES256',
  generation: 1,
  publicJwk: '{"kty":"EC"}',
  encryptedPrivateJwk: 'encrypted',
  createdAt: NOW,
  activeAt: NOW + MINUTE,
  revokedAt: undefined,
  ...changes,
})

export const clients = [
  check('a client is found with every member, and an unknown one is undefined', async (storage) => {
    const full = await addClient(storage, { lastUsedAt: NOW + 1, authorizedAt: NOW + 2, disabledAt: NOW + 3, origin: 'operator' })
    const publicClient = await addClient(storage, { secretHash: undefined })
    same(await storage.clients.find(full.id), full)
    same(await storage.clients.find(publicClient.id), publicClient)
    assert.equal((await storage.clients.find(publicClient.id))?.secretHash, undefined)
    assert.equal(await storage.clients.find('nobody'), undefined)
  }),
  check('a taken client id is refused, and the first client stays', async (storage) => {
    const first = await addClient(storage)
    await assert.rejects(storage.clients.insert(makeClient({ id: first.id, secretHash: 'another' })))
    same(await storage.clients.find(first.id), first)
  }),
  check('deleting a client deletes its consents, grants, codes and tokens, and no others', async (storage) => {
    const mine = await addGrant(storage)
    const other = await addGrant(storage, { user: mine.user })
    for (const { client } of [mine, other]) await storage.consents.save(consentOf(mine.user.id, client.id), NOW)
    assert.equal(await storage.clients.delete(mine.client.id), true)
    assert.equal(await storage.clients.delete(mine.client.id), false)
    assert.equal(await storage.clients.find(mine.client.id), undefined)
    assert.equal(await storage.grants.findCode(mine.grant.id, mine.code.codeHash), undefined)
    assert.equal(await storage.consents.find(mine.user.id, mine.client.id, RECEIVER), undefined)
    assert.notEqual(await storage.grants.findCode(other.grant.id, other.code.codeHash), undefined)
    assert.notEqual(await storage.consents.find(mine.user.id, other.client.id, RECEIVER), undefined)
  }),
]

export const users = [
  check('a user is found by id and by name with every member', async (storage) => {
    const full = await addUser(storage, {
      username: '김민준',
      profile: { name: 'a', givenName: 'b', familyName: 'c', picture: 'https://x/', locale: 'ko' },
    })
    const bare = await addUser(storage, { email: undefined, emailVerified: false, profile: {} })
    for (const user of [full, bare]) {
      same(await storage.users.find(user.id), user)
      same(await storage.users.findByUsername(user.username), user)
    }
    assert.equal(await storage.users.find('nobody'), undefined)
    assert.equal(await storage.users.findByUsername('nobody'), undefined)
  }),
  check('users are listed by name', async (storage) => {
    for (const username of ['b', 'a', '9']) await addUser(storage, { username })
    same(
      (await storage.users.list()).map((user) => user.username),
      ['9', 'a', 'b'],
    )
  }),
  check('of callers that take one user name together, exactly one gets it', async (storage) => {
    const taken = await together(10, () => storage.users.insert(makeUser({ username: 'same' })))
    same(tally(taken), { true: 1, false: 9 })
    assert.equal((await storage.users.list()).length, 1)
  }),
  check('the administrator is the user of the environment', async (storage) => {
    assert.equal(await storage.users.findAdministrator(), undefined)
    await addUser(storage)
    const administrator = await addUser(storage, { origin: 'environment' })
    same(await storage.users.findAdministrator(), administrator)
  }),
  check('an update changes name, address and profile, and ends the user’s sessions only', async (storage) => {
    const user = await addUser(storage)
    const other = await addUser(storage)
    const session = await addSession(storage, user.id)
    const stranger = await addSession(storage, other.id)
    const changes = { id: user.id, username: 'renamed', profile: { name: 'New' }, email: undefined, emailVerified: false }
    assert.equal(await storage.users.update(changes, NOW + 1), true)
    same(await storage.users.find(user.id), { ...user, ...changes, updatedAt: NOW + 1 })
    assert.equal(await storage.sessions.findLive(session.idHash, NOW, 0), undefined)
    assert.notEqual(await storage.sessions.findLive(stranger.idHash, NOW, 0), undefined)
  }),
  check('an update to a taken name, or of an unknown user, changes nothing', async (storage) => {
    const user = await addUser(storage)
    const other = await addUser(storage)
    const session = await addSession(storage, user.id)
    assert.equal(await storage.users.update({ ...user, username: other.username }, NOW + 1), false)
    assert.equal(await storage.users.update({ ...user, id: 'nobody', username: 'free' }, NOW + 1), false)
    assert.equal(await storage.users.update({ ...user, id: 'nobody' }, NOW + 1), false)
    same(await storage.users.find(user.id), user)
    assert.notEqual(await storage.sessions.findLive(session.idHash, NOW, 0), undefined)
    assert.equal(await storage.users.update(user, NOW + 1), true, 'one’s own name is free')
  }),
  check('of users that are renamed to one name together, exactly one gets it', async (storage) => {
    const people = await together(8, () => addUser(storage))
    const renamed = await Promise.all(people.map((user) => storage.users.update({ ...user, username: 'wanted' }, NOW + 1)))
    same(tally(renamed), { true: 1, false: 7 })
  }),
  check('a new password ends the sessions and leaves the grants', async (storage) => {
    const { user, grant } = await addGrant(storage)
    const session = await addSession(storage, user.id)
    assert.equal(await storage.users.changePassword(user.id, { passwordHash: 'new hash', endGrants: false }, NOW + 1), true)
    assert.equal(await storage.users.changePassword('nobody', { passwordHash: 'new hash', endGrants: false }, NOW + 1), false)
    same(await storage.users.find(user.id), { ...user, passwordHash: 'new hash', updatedAt: NOW + 1 })
    assert.equal(await storage.sessions.findLive(session.idHash, NOW, 0), undefined)
    assert.notEqual(await storage.grants.findLive(grant.id, 'jti', NOW), undefined)
  }),
  check('unlocking a user forgets attempts and known browsers, and nothing else', async (storage) => {
    const user = await addUser(storage)
    const session = await addSession(storage, user.id)
    for (const subject of ['account:kim', 'account:lee']) await storage.loginAttempts.count(subject, NOW, NOW + MINUTE)
    assert.equal(await storage.users.unlock(user.id, 'account:kim', NOW + 1), true)
    assert.equal(await storage.users.unlock(user.id, 'account:kim', NOW + 2), true)
    assert.equal(await storage.users.unlock('nobody', 'account:kim', NOW), false)
    same(await storage.users.find(user.id), { ...user, browsersForgottenAt: NOW + 2 })
    assert.notEqual(await storage.sessions.findLive(session.idHash, NOW, 0), undefined)
    assert.equal(await storage.loginAttempts.clear('account:kim'), undefined)
    assert.equal((await storage.loginAttempts.clear('account:lee'))?.attempts, 1)
  }),
  check('a disabled user has no session and no live grant, and is disabled once', async (storage) => {
    const { user, grant, code } = await addGrant(storage)
    const bystander = await addGrant(storage)
    const session = await addSession(storage, user.id)
    same(tally(await together(5, () => storage.users.disable(user.id, NOW + 1))), { true: 1, false: 4 })
    assert.equal(await storage.users.disable('nobody', NOW), false)
    same(await storage.users.find(user.id), { ...user, disabledAt: NOW + 1, updatedAt: NOW + 1 })
    assert.equal(await storage.sessions.findLive(session.idHash, NOW, 0), undefined)
    assert.equal(await storage.grants.findLive(grant.id, 'jti', NOW), undefined)
    assert.equal((await storage.grants.findCode(code.grantId, code.codeHash))?.grant.revokedAt, NOW + 1)
    const slippedIn = await addSession(storage, user.id)
    assert.equal(await storage.sessions.findLive(slippedIn.idHash, NOW, 0), undefined, 'of a login that was under way')
    assert.notEqual(await storage.grants.findLive(bystander.grant.id, 'jti', NOW), undefined)
  }),
  check('a role is given and taken, ends sessions, and is kept with the instant', async (storage) => {
    const user = await addUser(storage)
    const session = await addSession(storage, user.id)
    await storage.users.insert(makeUser({ origin: 'environment' }))
    assert.equal(await storage.users.changeRole(user.id, { before: undefined, after: 'operator' }, NOW + 1), true)
    same(await storage.users.find(user.id), { ...user, role: 'operator', roleChangedAt: NOW + 1 })
    assert.equal(await storage.sessions.findLive(session.idHash, NOW, 0), undefined)
    const other = await addSession(storage, user.id)
    assert.equal((await storage.sessions.findLive(other.idHash, NOW, 0))?.standing.role, 'operator')
    assert.equal(await storage.users.changeRole(user.id, { before: 'viewer', after: 'owner' }, NOW + 2), false, 'it was another role')
    assert.equal(await storage.users.changeRole('nobody', { before: undefined, after: 'owner' }, NOW + 2), false)
    assert.equal(await storage.users.changeRole(user.id, { before: 'operator', after: undefined }, NOW + 3), true)
    same(await storage.users.find(user.id), { ...user, roleChangedAt: NOW + 3 })
  }),
  check('the last owner is neither demoted nor disabled nor deleted, and of two who end each other one stays', async (storage) => {
    const { users } = storage
    const [administrator, first, second] = [makeUser({ origin: 'environment' }), await addUser(storage), await addUser(storage)]
    await users.insert(administrator)
    const demote = (id: string, before: 'owner' | undefined = 'owner') => users.changeRole(id, { before, after: undefined }, NOW)
    assert.equal(await users.disable(administrator.id, NOW), false, 'nobody else is owner')
    assert.equal(await users.delete(administrator.id, NOW), false)
    assert.equal(await demote(administrator.id, undefined), false, 'that of the configuration stays')
    for (const { id } of [first, second]) assert.equal(await users.changeRole(id, { before: undefined, after: 'owner' }, NOW), true)
    same((await users.listOwners()).map(({ id }) => id).sort(), [administrator.id, first.id, second.id].sort())
    assert.equal(await users.disable(administrator.id, NOW), true)
    same((await together(2, (index) => demote([first.id, second.id][index]!))).sort(), [false, true])
    const [left] = (await users.listOwners()).filter(({ id }) => id !== administrator.id)
    assert.equal(await demote(left!.id), false)
    assert.equal(await users.disable(left!.id, NOW), false)
    assert.equal(await users.delete(left!.id, NOW), false)
    assert.equal(await users.delete(administrator.id, NOW), true, 'who is disabled already')
  }),
  check('an enabled user can log in again, and nothing from before becomes live', async (storage) => {
    const { user, client, grant } = await addGrant(storage)
    assert.equal(await storage.users.enable(user.id, NOW), false, 'not disabled')
    await storage.users.disable(user.id, NOW + 1)
    const session = await addSession(storage, user.id)
    const slippedIn = await addGrant(storage, { user, client })
    same(tally(await together(4, () => storage.users.enable(user.id, NOW + 2))), { true: 1, false: 3 })
    assert.equal(await storage.users.enable('nobody', NOW), false)
    same(await storage.users.find(user.id), { ...user, updatedAt: NOW + 2 })
    assert.equal(await storage.sessions.findLive(session.idHash, NOW, 0), undefined)
    for (const { id } of [grant, slippedIn.grant]) assert.equal(await storage.grants.findLive(id, 'jti', NOW), undefined)
    const fresh = await addGrant(storage, { user, client })
    assert.notEqual(await storage.grants.findLive(fresh.grant.id, 'jti', NOW), undefined)
  }),
  check('deleting a user deletes sessions, consents, grants and codes', async (storage) => {
    const { user, client, code } = await addGrant(storage)
    const session = await addSession(storage, user.id)
    await storage.consents.save(consentOf(user.id, client.id), NOW)
    assert.equal(await storage.users.delete(user.id, NOW), true)
    assert.equal(await storage.users.delete(user.id, NOW), false)
    assert.equal(await storage.users.find(user.id), undefined)
    assert.equal(await storage.sessions.findLive(session.idHash, NOW, 0), undefined)
    assert.equal(await storage.consents.find(user.id, client.id, RECEIVER), undefined)
    assert.equal(await storage.grants.findCode(code.grantId, code.codeHash), undefined)
    assert.notEqual(await storage.clients.find(client.id), undefined)
  }),
]

export const sessions = [
  check('a session is found with its user until it expires, or was not seen for too long', async (storage) => {
    const user = await addUser(storage)
    const session = await addSession(storage, user.id, { lastSeenAt: NOW, expiresAt: NOW + DAY })
    const live = (now: number, idleSince: number) => storage.sessions.findLive(session.idHash, now, idleSince)
    same(await live(NOW, NOW - MINUTE), {
      session,
      user: personOf(user),
      groups: [],
      standing: { origin: user.origin, createdAt: user.createdAt, hasCodes: false, hasPasskeys: false },
    })
    assert.notEqual(await live(NOW + DAY - 1, NOW - 1), undefined)
    assert.equal(await live(NOW + DAY, NOW - 1), undefined, 'over')
    assert.equal(await live(NOW + MINUTE, NOW), undefined, 'idle')
    assert.equal(await storage.sessions.findLive('nobody', NOW, 0), undefined)
  }),
  check('a touch moves the last use forward, and never back', async (storage) => {
    const user = await addUser(storage)
    const session = await addSession(storage, user.id)
    const lastSeenAt = async () => (await storage.sessions.findLive(session.idHash, NOW, 0))?.session.lastSeenAt
    await storage.sessions.touch(session.idHash, NOW + 2)
    assert.equal(await lastSeenAt(), NOW + 2)
    await storage.sessions.touch(session.idHash, NOW + 1)
    assert.equal(await lastSeenAt(), NOW + 2)
    await storage.sessions.touch('nobody', NOW)
  }),
  check('a renewed session keeps its sid, and only has its new id', async (storage) => {
    const user = await addUser(storage)
    const earlier = await addSession(storage, user.id)
    const renewed = makeSession(user.id, { authTime: NOW + 1, createdAt: NOW + 1, lastSeenAt: NOW + 1, expiresAt: NOW + 2 * DAY })
    assert.equal(await storage.sessions.renew(earlier.idHash, renewed), true)
    same((await storage.sessions.findLive(renewed.idHash, NOW, 0))?.session, { ...renewed, sid: earlier.sid })
    assert.equal(await storage.sessions.findLive(earlier.idHash, NOW, 0), undefined)
    assert.equal(await storage.sessions.renew(earlier.idHash, renewed), false, 'once')
  }),
  check('a session is renewed for its own user only', async (storage) => {
    const [user, other] = [await addUser(storage), await addUser(storage)]
    const session = await addSession(storage, user.id)
    assert.equal(await storage.sessions.renew(session.idHash, makeSession(other.id)), false)
    assert.notEqual(await storage.sessions.findLive(session.idHash, NOW, 0), undefined)
  }),
]

export const consents = [
  check('a consent belongs to one user and one client, and the newer replaces the older', async (storage) => {
    const { user, client } = await addGrant(storage)
    const first = consentOf(user.id, client.id)
    await storage.consents.save(first, NOW)
    same(await storage.consents.find(user.id, client.id, RECEIVER), first)
    const second = { ...first, clientHash: 'another', scopes: ['openid', 'email'], resources: [] }
    await storage.consents.save(second, NOW + 1)
    same(await storage.consents.find(user.id, client.id, RECEIVER), second)
    assert.equal(await storage.consents.find(user.id, 'nobody', RECEIVER), undefined)
    assert.equal(await storage.consents.find('nobody', client.id, RECEIVER), undefined)
  }),
  check('a consent counts for one receiver, and each receiver has its own', async (storage) => {
    const { user, client } = await addGrant(storage)
    const first = consentOf(user.id, client.id)
    const other = { ...first, receiver: 'other.example', scopes: ['email'] }
    await storage.consents.save(first, NOW)
    assert.equal(await storage.consents.find(user.id, client.id, other.receiver), undefined)
    await storage.consents.save(other, NOW)
    same(await storage.consents.find(user.id, client.id, RECEIVER), first)
    same(await storage.consents.find(user.id, client.id, other.receiver), other)
  }),
  check('a live session brings along what its user has allowed the client that is asked for, and nobody else', async (storage) => {
    const { user, client } = await addGrant(storage)
    const consent = { ...consentOf(user.id, client.id), declined: ['mcp:admin'] }
    const { idHash } = await addSession(storage, user.id)
    const stranger = await addSession(storage, (await addUser(storage)).id)
    await storage.consents.save(consent, NOW)
    const asking = { clientId: client.id, receiver: RECEIVER }
    const brought = async (id = idHash, asked: typeof asking | undefined = asking) => {
      const live = await storage.sessions.findLive(id, NOW, 0, asked)
      assert.notEqual(live, undefined)
      return live?.consent
    }
    same(await brought(), consent)
    const alone = await storage.sessions.findLive(idHash, NOW, 0)
    same(await storage.sessions.findLive(idHash, NOW, 0, asking), { ...alone, consent })
    same(alone?.consent, undefined)
    assert.equal(await brought(stranger.idHash), undefined)
    assert.equal(await brought(idHash, { ...asking, receiver: 'other.example' }), undefined)
    assert.equal(await brought(idHash, { ...asking, clientId: 'another' }), undefined)
    assert.equal(await storage.sessions.findLive('nothing', NOW, 0, asking), undefined)
  }),
]

export const keys = [
  check('keys are listed by algorithm, the newest generation last', async (storage) => {
    const stored = [key({ alg: 'RS256' }), key({ generation: 10, encryptedPrivateJwk: undefined }), key({ generation: 9 })]
    for (const each of stored) assert.equal(await storage.keys.insert(each), true)
    same(await storage.keys.list(), [stored[2], stored[1], stored[0]])
  }),
  check('all keys are deleted together with what else is encrypted, and the event is kept if there were any', async (storage) => {
    await storage.keys.insert(key())
    await storage.keys.insert(key({ alg: 'RS256' }))
    await storage.keys.getOrInsertSecret('a name', 'lost')
    assert.equal(await storage.keys.clear(makeEvent({ name: 'keys.reset' })), true)
    same(await storage.keys.list(), [])
    assert.equal(await storage.keys.getOrInsertSecret('a name', 'new'), 'new')
    assert.equal(await storage.keys.clear(makeEvent({ name: 'keys.reset' })), false)
    assert.equal((await storage.auditEvents.list({ since: 0, limit: 10 })).length, 1)
  }),
  check('of nodes that make one generation of a key together, exactly one stores it', async (storage) => {
    const made = await together(6, () => storage.keys.insert(key()))
    same(tally(made), { true: 1, false: 5 })
    assert.equal((await storage.keys.list()).length, 1)
  }),
  check('of callers who revoke a key together exactly one succeeds, its private part is deleted, and other keys stay', async ({ keys }) => {
    const [stolen, other] = [key(), key({ generation: 2 })]
    for (const each of [stolen, other]) await keys.insert(each)
    same(tally(await together(6, () => keys.revoke(stolen.kid, NOW + 1))), { true: 1, false: 5 })
    assert.equal(await keys.revoke('nobody', NOW), false)
    same(await keys.list(), [{ ...stolen, encryptedPrivateJwk: undefined, revokedAt: NOW + 1 }, other])
  }),
  check('a key without its private part keeps the public one, and a deleted key keeps nothing', async ({ keys }) => {
    const [spent, deleted] = [key(), key({ generation: 2 })]
    for (const each of [spent, deleted]) await keys.insert(each)
    await together(2, () => keys.deletePrivateKey(spent.kid))
    await together(2, () => keys.delete(deleted.kid))
    same(await keys.list(), [{ ...spent, encryptedPrivateJwk: undefined }])
  }),
  check('nodes that store a secret under one name together all find the first one', async ({ keys }) => {
    let node = 0
    const found = await together(6, () => keys.getOrInsertSecret('name', `sealed ${node++}`))
    assert.equal(new Set(found).size, 1)
    assert.equal(await keys.getOrInsertSecret('name', 'later'), found[0])
    assert.equal(await keys.getOrInsertSecret('another', 'other'), 'other')
  }),
  check('a re-encrypted text only replaces the given one, where it still is', async ({ keys }) => {
    const [one, other] = [key({ encryptedPrivateJwk: 'one' }), key({ generation: 2 })]
    for (const each of [one, other]) await keys.insert(each)
    await keys.getOrInsertSecret('name', 'kept')
    for (const before of ['one', 'kept', 'gone']) await keys.reencrypt(before, `${before}, anew`)
    same(
      (await keys.list()).map((each) => each.encryptedPrivateJwk),
      ['one, anew', 'encrypted'],
    )
    assert.equal(await keys.getOrInsertSecret('name', ''), 'kept, anew')
    await keys.deletePrivateKey(one.kid)
    await keys.reencrypt('one, anew', 'back')
    same((await keys.list())[0], { ...one, encryptedPrivateJwk: undefined })
  }),
]
