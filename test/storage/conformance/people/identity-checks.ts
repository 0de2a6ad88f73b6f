/** Checks of identities: who is in use is asked about, by one node at a time, and what ends with an identity that fails. */
import assert from 'node:assert/strict'
import type { Identity } from '#src/domain/provider/identity.ts'
import type { Storage } from '#src/storage/storage.ts'
import { check, same, tally, together } from '../check.ts'
import {
  DAY,
  MINUTE,
  NOW,
  addFamily,
  addGrant,
  addIdentity,
  addProvider,
  addSession,
  addUser,
  makeAccessToken,
  makeEvent,
  makePersonalToken,
} from '../records.ts'

const HOUR = 60 * MINUTE
const IN_USE = { tokenLifeMs: 10 * MINUTE, idleMs: 30 * DAY }
const LATER = NOW + 20 * MINUTE

async function somebody(storage: Storage, { managed = true, ...changes }: Partial<Identity> = {}) {
  const user = await addUser(storage, { origin: managed ? 'provider' : 'operator', disabledAt: undefined })
  const provider = await addProvider(storage)
  return { user, identity: await addIdentity(storage, user.id, provider.id, { managed, ...changes }) }
}

const claimed = async ({ identityChecks }: Storage, now: number, limit = 10) =>
  (await identityChecks.claim(now, limit, IN_USE)).used.map(({ id }) => id)
const failure = (now: number) => ({ reason: 'it is gone', now, event: makeEvent({ name: 'identity.failed' }) })
const now = async ({ identities }: Storage, userId: string) => (await identities.listOf(userId))[0]!

export const identityChecks = [
  check('an identity is due nine minutes after the login, and of N nodes one asks about it', async (storage) => {
    const { user, identity } = await somebody(storage)
    assert.deepEqual(await claimed(storage, LATER), [], 'nothing came of it yet')
    await addSession(storage, user.id, { identityId: identity.id, lastSeenAt: NOW + 1 })
    assert.deepEqual(await claimed(storage, NOW + 9 * MINUTE - 1), [])
    const outcomes = await together(6, () => claimed(storage, NOW + 9 * MINUTE))
    same(outcomes.flat(), [identity.id])
    assert.deepEqual(await claimed(storage, NOW + 10 * MINUTE - 1), [])
    assert.deepEqual(await claimed(storage, NOW + 10 * MINUTE), [identity.id], 'again, because nobody said how it went')
  }),
  check('at most as many are taken as are asked for', async (storage) => {
    for (let count = 0; count < 3; count++) {
      const { user, identity } = await somebody(storage)
      await addSession(storage, user.id, { identityId: identity.id, lastSeenAt: NOW + 1 })
    }
    assert.equal((await claimed(storage, LATER, 2)).length, 2)
    assert.equal((await claimed(storage, LATER, 2)).length, 1)
  }),
  check('an identity that nothing has used since its check rests until something does', async (storage) => {
    const { user, identity } = await somebody(storage)
    const session = await addSession(storage, user.id, { identityId: identity.id, lastSeenAt: NOW + 1, expiresAt: NOW + DAY })
    assert.deepEqual(await claimed(storage, LATER), [identity.id])
    assert.equal(await storage.identityChecks.confirm(identity, identity, LATER), true)
    same(await storage.identityChecks.claim(LATER + 9 * MINUTE, 10, IN_USE), { due: 1, used: [] })
    same(await storage.identityChecks.claim(LATER + HOUR, 10, IN_USE), { due: 0, used: [] })
    await storage.sessions.touch(session.idHash, LATER + HOUR)
    assert.deepEqual(await claimed(storage, LATER + HOUR), [identity.id], 'at once, because the check is old')
  }),
  check('a login by any way is checked at the provider that let somebody in', async (storage) => {
    const { user, identity } = await somebody(storage)
    const { idHash } = await addSession(storage, user.id)
    same((await storage.sessions.findLive(idHash, NOW, 0))!.session.identityId, identity.id)
    const other = await somebody(storage, { managed: false })
    const session = await addSession(storage, other.user.id)
    same((await storage.sessions.findLive(session.idHash, NOW, 0))!.session.identityId, undefined)
    await storage.sessions.renew(session.idHash, { ...session, idHash: 'renewed', identityId: other.identity.id, lastSeenAt: NOW + 1 })
    assert.deepEqual((await claimed(storage, LATER)).includes(other.identity.id), true)
  }),
  check('a grant is in use while its tokens may be, and a refresh says whether the identity rests', async (storage) => {
    const { user, identity } = await somebody(storage)
    const { grant, token } = await addFamily(storage, { user, grant: { identityId: identity.id } })
    const resting = async () => (await storage.grants.findRefreshToken(grant.id, token.tokenHash))!.restingIdentityId
    assert.equal(await resting(), identity.id)
    await storage.identityChecks.touch(identity.id, LATER)
    assert.equal(await resting(), undefined)
    assert.deepEqual(await claimed(storage, LATER), [identity.id])
    await storage.identityChecks.confirm(identity, identity, NOW + 2 * HOUR)
    assert.deepEqual(await claimed(storage, NOW + 3 * HOUR), [], 'its tokens are over')
    assert.equal(await resting(), identity.id)
  }),
  check('a grant with an opaque token that lives is in use, and one without an identity rests with nobody', async (storage) => {
    const { user, identity } = await somebody(storage, { lastCheckedAt: NOW + HOUR })
    const { grant } = await addFamily(storage, { user, grant: { identityId: identity.id } })
    await storage.identityChecks.touch(identity.id, NOW + HOUR)
    const { token } = await addFamily(storage, { user })
    same((await storage.grants.findRefreshToken(token.grantId, token.tokenHash))!.restingIdentityId, undefined)
    assert.ok(grant.id)
    assert.ok(makeAccessToken(grant.id).expiresAt > NOW)
    assert.deepEqual(await claimed(storage, NOW + HOUR + 9 * MINUTE), [])
  }),
  check('what a provider says is kept unless another token came, and reaching it again forgets that it was silent', async (storage) => {
    const { user, identity } = await somebody(storage)
    const claims = { ...identity.claims, email: 'new@example.com' }
    assert.equal(await storage.identityChecks.countUnreachable(identity.id, NOW + 1), NOW + 1)
    assert.equal(await storage.identityChecks.countUnreachable(identity.id, NOW + 2), NOW + 1)
    assert.equal(await storage.identityChecks.confirm({ ...identity, encryptedRefreshToken: 'old' }, { claims }, LATER), false)
    assert.equal(await storage.identityChecks.confirm(identity, { claims, encryptedRefreshToken: 'next' }, LATER), true)
    same(await now(storage, user.id), {
      ...identity,
      claims,
      encryptedRefreshToken: 'next',
      lastCheckedAt: LATER,
      lastUsedAt: LATER,
    })
    same(await storage.identityChecks.findToken(identity.id), { encryptedRefreshToken: 'next', lastLoginAt: NOW })
    assert.equal(await storage.identityChecks.findToken('gone'), undefined)
    assert.equal(await storage.identityChecks.countUnreachable('gone', NOW), undefined)
    const bare = await somebody(storage, { encryptedRefreshToken: undefined })
    assert.equal(await storage.identityChecks.confirm(bare.identity, { claims }, LATER), true)
    same(await storage.identityChecks.findToken(bare.identity.id), { encryptedRefreshToken: undefined, lastLoginAt: NOW })
    assert.equal(await storage.identityChecks.end(bare.identity, failure(LATER)), true)
  }),
  check('of N nodes that find a managed user gone, one ends everything, and nobody lets them in but the provider', async (storage) => {
    const { user, identity } = await somebody(storage)
    const session = await addSession(storage, user.id, { identityId: identity.id })
    const other = await addSession(storage, user.id, { identityId: 'another' })
    const { grant } = await addGrant(storage, { user })
    const tokens = [makePersonalToken(user.id), makePersonalToken(user.id)]
    await storage.personalTokens.insert(tokens[0]!)
    assert.ok(await storage.personalTokens.find(tokens[0]!.tokenHash, LATER))
    const outcomes = await together(5, () => storage.identityChecks.end(identity, failure(LATER)))
    same(tally(outcomes), { true: 1, false: 4 })
    for (const { idHash } of [session, other]) assert.equal(await storage.sessions.findLive(idHash, LATER, 0), undefined)
    assert.equal(await storage.grants.find(grant.id, LATER), undefined)
    const barred = (await storage.users.find(user.id))!
    same([barred.disabledAt, barred.barredBy], [LATER, identity.id])
    const failed = await now(storage, user.id)
    same([failed.failedAt, failed.failure, failed.encryptedRefreshToken], [LATER, 'it is gone', undefined])
    assert.equal(await storage.identityChecks.confirm(failed, failed, LATER), false)
    await storage.identityChecks.touch(identity.id, LATER)
    assert.deepEqual(await claimed(storage, LATER + HOUR), [])

    const made = await addSession(storage, user.id, { identityId: identity.id })
    await storage.personalTokens.insert(tokens[1]!)
    await storage.identities.logIn({ ...identity, id: identity.id }, undefined, LATER + 1)
    const back = (await storage.users.find(user.id))!
    same([back.disabledAt, back.barredBy], [undefined, undefined])
    assert.equal(await storage.sessions.findLive(made.idHash, LATER + 1, 0), undefined, 'made while the user was barred')
    for (const { tokenHash } of tokens) assert.equal(await storage.personalTokens.find(tokenHash, LATER), undefined)
  }),
  check('whom an operator disables, no provider lets in, and an operator may let in somebody who is barred', async (storage) => {
    const { user, identity } = await somebody(storage)
    await storage.identityChecks.end(identity, failure(LATER))
    assert.equal(await storage.users.disable(user.id, LATER + 1), true)
    assert.equal(await storage.users.disable(user.id, LATER + 2), false)
    await storage.identities.logIn(identity, undefined, LATER + 3)
    same((await storage.users.find(user.id))!.disabledAt, LATER + 1)
    await storage.users.enable(user.id, LATER + 4)
    await storage.identityChecks.end({ ...identity, encryptedRefreshToken: 'sealed' }, failure(LATER + HOUR))
    assert.equal(await storage.users.enable(user.id, LATER + HOUR), true)
    same((await storage.users.find(user.id))!.barredBy, undefined)
  }),
  check('of somebody whom an operator made, only what came of the identity ends', async (storage) => {
    const { user, identity } = await somebody(storage, { managed: false })
    const gone = await addSession(storage, user.id, { identityId: identity.id, expiresAt: NOW + DAY })
    const stays = await addSession(storage, user.id, { expiresAt: NOW + DAY })
    const [ended, kept] = [
      await addGrant(storage, { user, grant: { identityId: identity.id, expiresAt: NOW + DAY } }),
      await addGrant(storage, { user, grant: { expiresAt: NOW + DAY } }),
    ]
    assert.equal(await storage.identityChecks.end(identity, failure(LATER)), true)
    assert.equal(await storage.sessions.findLive(gone.idHash, LATER, 0), undefined)
    assert.ok(await storage.sessions.findLive(stays.idHash, LATER, 0))
    assert.equal(await storage.grants.find(ended.grant.id, LATER), undefined)
    assert.ok(await storage.grants.find(kept.grant.id, LATER))
    same((await storage.users.find(user.id))!.disabledAt, undefined)
  }),
  check('with an account at a provider, the groups go that it gave, whatever ends it, and no others', async (storage) => {
    const { groups, identities, identityChecks, providers } = storage
    for (const name of ['staff', 'guests']) await groups.insert({ name, description: '', createdAt: NOW })
    for (const end of ['failed', 'unlinked', 'deleted'] as const) {
      const [provider, other, user] = [await addProvider(storage), await addProvider(storage), await addUser(storage)]
      const identity = await addIdentity(storage, user.id, provider.id)
      for (const source of ['admission', 'manual', `provider:${provider.id}`, `provider:${other.id}`] as const)
        await groups.join({ group: 'staff', userId: user.id, source, since: NOW })
      if (end === 'failed') assert.equal(await identityChecks.end(identity, failure(LATER)), true)
      if (end === 'unlinked') assert.equal(await identities.unlink(identity, LATER, makeEvent()), 'deleted')
      if (end === 'deleted') assert.equal(await providers.delete(provider.id), true)
      same(
        (await groups.listOf(user.id)).map(({ source }) => source),
        ['manual', `provider:${other.id}`],
      )
    }
  }),
  check('another token, and a login within the last minute, win against a failure', async (storage) => {
    const { identity } = await somebody(storage)
    assert.equal(await storage.identityChecks.end({ ...identity, encryptedRefreshToken: 'old' }, failure(LATER)), false)
    assert.equal(await storage.identityChecks.end(identity, failure(NOW + MINUTE - 1)), false)
    assert.equal(await storage.identityChecks.end(identity, failure(NOW + MINUTE)), true)
  }),
  check('refresh tokens are read in steps, and encrypted anew unless another one came', async (storage) => {
    const { identities, identityChecks } = storage
    const [one, two] = [await somebody(storage), await somebody(storage)].map(({ identity }) => identity.id).sort() as [string, string]
    await somebody(storage, { encryptedRefreshToken: undefined })
    const sealed = (id: string) => ({ id, encryptedRefreshToken: 'sealed' })
    same(await identities.listTokens('', 9), [sealed(one), sealed(two)])
    same(await identities.listTokens('', 1), [sealed(one)])
    same(await identities.listTokens(one, 9), [sealed(two)])
    assert.equal(await identities.replaceToken(one, 'another', 'new'), false)
    const outcomes = await together(3, () => identities.replaceToken(one, 'sealed', 'new'))
    same(tally(outcomes), { true: 1, false: 2 })
    same((await identityChecks.findToken(one))!.encryptedRefreshToken, 'new')
  }),
  check('a provider ends the sessions that it names, or all that came of it', async (storage) => {
    const { user, identity } = await somebody(storage)
    const ids = ['a', 'b', undefined]
    const sessions = await Promise.all(ids.map((providerSid) => addSession(storage, user.id, { identityId: identity.id, providerSid })))
    const live = async () =>
      (await Promise.all(sessions.map(({ idHash }) => storage.sessions.findLive(idHash, NOW, 0)))).map((each) => each !== undefined)
    const end = (sid?: string) => storage.identityChecks.endSessions(identity, sid, NOW, makeEvent({ name: 'session.ended' }))
    const find = (providerId: string, sid: string) => storage.identityChecks.findBySession(providerId, sid)
    assert.equal((await find(identity.providerId, 'a'))!.id, identity.id)
    assert.equal(await find(identity.providerId, 'none'), undefined)
    assert.equal(await find('another provider', 'a'), undefined)
    assert.equal(await end('none'), 0)
    assert.equal(await end('a'), 1)
    same(await live(), [false, true, true])
    assert.equal(await end(), 2)
    same(await live(), [false, false, false])
    assert.equal((await storage.auditEvents.list({ since: NOW - DAY, limit: 9 })).filter(({ name }) => name === 'session.ended').length, 2)
  }),
]
