/** Providers, the identities of users there, and logins that are under way: each account belongs to one user, each login counts once. */
import assert from 'node:assert/strict'
import { statement } from '#src/storage/driver.ts'
import type { User } from '#src/domain/user/user.ts'
import type { Storage } from '#src/storage/storage.ts'
import { check, same, tally, together } from '../check.ts'
import { addLink } from './links.ts'
import {
  DAY,
  MINUTE,
  NOW,
  TTL,
  addGrant,
  addIdentity,
  addProvider,
  addSession,
  addUser,
  makeAttempt,
  makeEvent,
  makeIdentity,
  makeProvider,
  makeUser,
} from '../records.ts'

const eventsOf = async ({ auditEvents }: Storage) => (await auditEvents.list({ since: 1, limit: 100 })).map(({ name }) => name).sort()

export const providers = [
  check('a provider is found unchanged, by its name, and listed by name', async (storage) => {
    const b = await addProvider(storage, { name: 'b', disabledAt: NOW })
    const a = await addProvider(storage, { name: 'a', encryptedClientSecret: undefined, settings: { domains: [], follow: false } })
    same(await storage.providers.findByName('b'), b)
    assert.equal(await storage.providers.findByName('B'), undefined)
    same(await storage.providers.list(), [a, b])
  }),
  check('of N callers who take a name together, exactly one gets it, with its event', async (storage) => {
    const inserting = () => storage.providers.insert(makeProvider({ name: 'acme' }), makeEvent({ name: 'resource.registered' }))
    same(tally(await together(10, inserting)), { true: 1, false: 9 })
    same(await eventsOf(storage), ['resource.registered'])
  }),
  check('a change counts only if nobody else changed the provider before', async (storage) => {
    const before = await addProvider(storage)
    const after = { ...before, issuer: 'https://other.example', encryptedClientSecret: 'sealed anew', disabledAt: NOW, updatedAt: NOW + 1 }
    same(tally(await together(5, () => storage.providers.update({ before, after }, makeEvent()))), { true: 1, false: 4 })
    same(await storage.providers.findByName(before.name), after)
    assert.equal((await eventsOf(storage)).length, 1)
  }),
  check('a provider is deleted with its identities and attempts, and users stay', async (storage, driver) => {
    const [gone, stays] = [await addProvider(storage), await addProvider(storage)]
    const user = await addUser(storage)
    const kept = await addIdentity(storage, user.id, stays.id)
    for (let count = 0; count < 501; count++) await addIdentity(storage, user.id, gone.id)
    await storage.providerAttempts.insert(makeAttempt(gone.id))
    assert.equal(await storage.providers.delete(gone.id, makeEvent()), true)
    assert.equal(await storage.providers.delete(gone.id, makeEvent()), false)
    same(await storage.identities.listOf(user.id), [kept])
    same(await storage.users.find(user.id), user)
    same(await driver.read(statement('select count(*) as n from provider_attempts'), []), [{ n: 0 }])
    assert.equal((await eventsOf(storage)).length, 1)
  }),
  check('what the secret sealed is forgotten when it is lost', async (storage) => {
    const provider = await addProvider(storage)
    const user = await addUser(storage)
    await addIdentity(storage, user.id, provider.id)
    await storage.keys.clear()
    assert.equal((await storage.providers.findByName(provider.name))!.encryptedClientSecret, undefined)
    assert.equal((await storage.identities.listOf(user.id))[0]!.encryptedRefreshToken, undefined)
  }),
]

export const identities = [
  check('an identity is found unchanged, by all three parts of its account', async (storage) => {
    const [provider, other] = [await addProvider(storage), await addProvider(storage)]
    const identity = await addIdentity(storage, (await addUser(storage)).id, provider.id)
    const { providerId, issuer, subject } = identity
    same(await storage.identities.find({ providerId, issuer, subject }), identity)
    assert.equal(await storage.identities.find({ providerId: other.id, issuer, subject }), undefined)
    assert.equal(await storage.identities.find({ providerId, issuer: 'https://other.example', subject }), undefined)
    assert.equal(await storage.identities.find({ providerId, issuer, subject: subject.toUpperCase() }), undefined)
  }),
  check('of N users to whom an account is linked together, exactly one has it, with the event', async (storage) => {
    const provider = await addProvider(storage)
    const users = await Promise.all(Array.from({ length: 8 }, () => addUser(storage)))
    const linking = users.map(({ id }) => storage.identities.link(makeIdentity(id, provider.id, { subject: 'one' }), makeEvent()))
    same(tally(await Promise.all(linking)), { true: 1, false: 7 })
    assert.equal((await eventsOf(storage)).length, 1)
  }),
  check('of N logins that let an account in together, exactly one makes the user', async (storage) => {
    const provider = await addProvider(storage)
    const admitting = () => {
      const user = makeUser({ origin: 'provider', passwordHash: undefined })
      return storage.identities.admit(user, makeIdentity(user.id, provider.id, { subject: 'one', managed: true }), [makeEvent()])
    }
    same(tally(await together(8, admitting)), { admitted: 1, known: 7 })
    const [user, ...others] = await storage.users.list()
    same(others, [])
    same([user!.origin, user!.passwordHash], ['provider', undefined])
    assert.equal((await eventsOf(storage)).length, 1)
    const taken = makeUser({ username: user!.username })
    assert.equal(await storage.identities.admit(taken, makeIdentity(taken.id, provider.id), []), 'name taken')
  }),
  check('of N logins with one invitation, exactly one makes a user, in its group; what makes nobody leaves it', async (storage) => {
    const provider = await addProvider(storage)
    await storage.groups.insert({ name: 'guests', description: '', createdAt: NOW })
    const { tokenHash } = await addLink(storage, { data: { group: 'guests' } })
    const admit = (changes: Partial<User>, subject: string) => {
      const user = makeUser({ passwordHash: undefined, ...changes })
      const invitation = { tokenHash, joined: makeEvent({ name: 'group.joined' }) }
      return storage.identities.admit(user, makeIdentity(user.id, provider.id, { subject, managed: true }), [makeEvent()], invitation)
    }
    const { username } = await addUser(storage)
    const known = await addIdentity(storage, (await addUser(storage)).id, provider.id)
    assert.equal(await admit({ username }, 'zero'), 'name taken')
    assert.equal(await admit({}, known.subject), 'known')
    same([(await storage.links.find(tokenHash))?.usedAt, (await eventsOf(storage)).length], [undefined, 0])
    const outcomes = await together(8, (index) => admit({ username: `guest${index}` }, `subject ${index}`))
    same(tally(outcomes), { admitted: 1, gone: 7 })
    const [guest, ...others] = (await storage.users.list()).filter((user) => user.username.startsWith('guest'))
    same(others, [])
    same((await storage.links.find(tokenHash))?.userId, guest!.id)
    same(
      (await storage.groups.listOf(guest!.id)).map(({ group, source }) => [group, source]),
      [['guests', 'manual']],
    )
    same(tally(await eventsOf(storage)), { [makeEvent().name]: 1, 'group.joined': 1 })
    assert.equal(await admit({}, 'later'), 'gone')
  }),
  check('a login keeps what the provider says now; names follow if asked to, and sessions stay', async (storage) => {
    const provider = await addProvider(storage)
    const user = await addUser(storage)
    const session = await addSession(storage, user.id)
    const identity = await addIdentity(storage, user.id, provider.id)
    const claims = { ...identity.claims, name: 'Helen' }
    assert.equal(await storage.identities.logIn({ id: identity.id, claims }, undefined, NOW + 1), true)
    const later = { lastLoginAt: NOW + 1, lastUsedAt: NOW + 1, lastCheckedAt: NOW + 1 }
    same(await storage.identities.listOf(user.id), [{ ...identity, ...later, claims }])
    const follow = { userId: user.id, profile: { name: 'Helen' }, email: undefined, emailVerified: false }
    await storage.identities.logIn({ id: identity.id, claims, encryptedRefreshToken: 'anew' }, follow, NOW + 2, makeEvent())
    assert.equal((await storage.identities.listOf(user.id))[0]!.encryptedRefreshToken, 'anew')
    const { userId: _, ...followed } = follow
    same(await storage.users.find(user.id), { ...user, ...followed, updatedAt: NOW + 2 })
    assert.ok(await storage.sessions.findLive(session.idHash, NOW + 2, 0))
    await storage.identities.logIn({ id: identity.id, claims }, { ...follow, email: 'h@example.com', emailVerified: true }, NOW + 3)
    same((await storage.users.find(user.id))!.email, 'h@example.com')
    assert.equal(await storage.identities.logIn({ id: 'gone', claims }, follow, NOW + 3, makeEvent()), false)
    assert.equal((await eventsOf(storage)).length, 1)
  }),
  check('a login ends what had failed', async (storage, driver) => {
    const identity = await addIdentity(storage, (await addUser(storage)).id, (await addProvider(storage)).id)
    await driver.write({
      kind: 'single',
      call: {
        statement: statement("update identities set unreachable_since = $2, failed_at = $2, failure = 'gone' where id = $1"),
        parameters: [identity.id, NOW],
      },
    })
    const [failed] = await storage.identities.listOf(identity.userId)
    same([failed!.unreachableSince, failed!.failedAt, failed!.failure], [NOW, NOW, 'gone'])
    await storage.identities.logIn(identity, undefined, NOW)
    same(await storage.identities.listOf(identity.userId), [identity])
  }),
  check('an identity that is unlinked ends the sessions and grants that came of it, and no others', async (storage) => {
    const provider = await addProvider(storage)
    const user = await addUser(storage)
    const [gone, stays] = [await addIdentity(storage, user.id, provider.id), await addIdentity(storage, user.id, provider.id)]
    const sessions = await Promise.all(
      [gone.id, stays.id, undefined].map((identityId) => addSession(storage, user.id, { identityId, providerSid: identityId && 'there' })),
    )
    same(await storage.sessions.findLive(sessions[0]!.idHash, NOW, 0).then((found) => found?.session), sessions[0])
    const grants = await Promise.all([gone.id, stays.id, undefined].map((identityId) => addGrant(storage, { user, grant: { identityId } })))
    assert.equal((await storage.grants.find(grants[0]!.grant.id, NOW))!.grant.identityId, gone.id)
    assert.equal(await storage.identities.unlink({ ...gone, userId: 'somebody else' }, NOW, makeEvent()), 'unknown')
    same(tally(await together(5, () => storage.identities.unlink(gone, NOW, makeEvent()))), { deleted: 1, unknown: 4 })
    same(await storage.identities.listOf(user.id), [stays])
    const live = await Promise.all(sessions.map(({ idHash }) => storage.sessions.findLive(idHash, NOW, 0)))
    same(
      live.map((each) => each !== undefined),
      [false, true, true],
    )
    const granted = await Promise.all(grants.map(({ grant }) => storage.grants.find(grant.id, NOW)))
    same(
      granted.map((each) => each !== undefined),
      [false, true, true],
    )
    assert.equal((await eventsOf(storage)).length, 1)
  }),
  check('identities go with their user', async (storage) => {
    const provider = await addProvider(storage)
    const user = await addUser(storage)
    const { issuer, subject } = await addIdentity(storage, user.id, provider.id)
    await storage.users.delete(user.id, NOW)
    assert.equal(await storage.identities.find({ providerId: provider.id, issuer, subject }), undefined)
    await assert.rejects(storage.identities.link(makeIdentity(user.id, provider.id), makeEvent()))
  }),
  check('users are found by an address in any case, those first of whom it is known, however many say it is theirs', async (storage) => {
    const email = 'Helen.K@Example.com'
    for (let index = 0; index < 10; index++) await addUser(storage, { email, emailVerified: false, createdAt: NOW + index })
    const late = await addUser(storage, { email: email.toLowerCase(), emailVerified: true, createdAt: NOW + 30, updatedAt: NOW + 30 })
    const user = await addUser(storage, { email, emailVerified: true, createdAt: NOW + 20, updatedAt: NOW + 20 })
    await addUser(storage, { email: undefined })
    const found = await storage.users.findByEmail('helen.k@example.com')
    same(found.slice(0, 2), [user, late])
    assert.equal(found.length, 10)
    same(await storage.users.findByEmail('helen@example.com'), [])
  }),
]

export const providerAttempts = [
  check('of N callers who take an attempt together, exactly one gets it', async (storage) => {
    const attempt = makeAttempt((await addProvider(storage)).id)
    await storage.providerAttempts.insert(attempt)
    const outcomes = await together(15, () => storage.providerAttempts.take(attempt, NOW))
    same(
      outcomes.filter((each) => each !== undefined),
      [attempt],
    )
  }),
  check('another browser, another provider and a late one get nothing, and take nothing', async (storage) => {
    const attempt = makeAttempt((await addProvider(storage)).id)
    await storage.providerAttempts.insert(attempt)
    for (const other of [{ browserHash: 'other' }, { providerId: 'other' }, { handleHash: 'other' }])
      assert.equal(await storage.providerAttempts.take({ ...attempt, ...other }, NOW), undefined)
    assert.equal(await storage.providerAttempts.take(attempt, NOW + MINUTE), undefined)
    await storage.providerAttempts.delete({ ...attempt, browserHash: 'other' })
    same(await storage.providerAttempts.take(attempt, NOW + MINUTE - 1), attempt)
  }),
  check('an attempt can be given up, needs its provider, and is swept once it is over', async (storage) => {
    const [given, over] = await Promise.all([1, 2].map(async () => makeAttempt((await addProvider(storage)).id)))
    await storage.providerAttempts.insert(given!)
    await storage.providerAttempts.insert(over!)
    await assert.rejects(storage.providerAttempts.insert(makeAttempt('no provider')))
    await storage.providerAttempts.delete(given!)
    assert.equal(await storage.providerAttempts.take(given!, NOW), undefined)
    assert.equal(await storage.sweep(NOW + MINUTE - 1, 10, TTL), 0)
    assert.equal(await storage.sweep(NOW + MINUTE, 10, TTL), 1)
    assert.equal(await storage.sweep(NOW + DAY, 10, TTL), 0)
  }),
]
