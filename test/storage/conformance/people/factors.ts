/** Passkeys, one-time codes and recovery codes: each is used once, on whatever node, and the last way in stays (threat-model.md T23). */
import assert from 'node:assert/strict'
import type { User } from '#src/domain/user/user.ts'
import { check, same, together } from '../check.ts'
import { addLink } from './links.ts'
import { DAY, NOW, addFactors, addIdentity, addSession, addUser, makeEvent, makePasskey, makeProvider } from '../records.ts'

const HOST = 'auth.example.com'
const NOTHING = { passkeys: [], codes: undefined, recoveryCodes: 0 }
const won = (outcomes: boolean[]) => outcomes.filter((outcome) => outcome).length

export const factors = [
  check('the factors of a user are listed, and stand in the session', async (storage) => {
    const user = await addUser(storage)
    same(await storage.factors.listOf(user.id), NOTHING)
    const passkey = await addFactors(storage, user.id)
    const listed = await storage.factors.listOf(user.id)
    same(listed.passkeys[0], { ...passkey, counter: 4, backedUp: true, lastUsedAt: NOW + 2 })
    assert.equal(listed.passkeys.length, 2)
    same(listed.codes, { userId: user.id, secret: 'sealed', lastStep: 1, createdAt: NOW })
    assert.equal(listed.recoveryCodes, 2)
    same(await storage.factors.findPasskey(passkey.id), listed.passkeys[0])
    assert.equal(await storage.factors.findPasskey('unknown'), undefined)
    const { idHash } = await addSession(storage, user.id)
    same((await storage.sessions.findLive(idHash, NOW, 0))?.standing, {
      origin: user.origin,
      createdAt: user.createdAt,
      hasCodes: true,
      hasPasskeys: true,
    })
  }),
  check('a new factor ends all sessions but the one that set it up', async (storage) => {
    const user = await addUser(storage)
    const live = async (idHash: string) => (await storage.sessions.findLive(idHash, NOW, 0)) !== undefined
    for (const add of [
      (kept: string) => storage.factors.insertPasskey(makePasskey(user.id), 20, makeEvent(), { session: kept }),
      (kept: string) =>
        storage.factors.saveCodes({ userId: user.id, secret: 's', lastStep: 1, createdAt: NOW }, makeEvent(), { session: kept }),
    ]) {
      const kept = await addSession(storage, user.id)
      const other = await addSession(storage, user.id)
      const stranger = await addSession(storage, (await addUser(storage)).id)
      await add(kept.idHash)
      same(await Promise.all([kept, other, stranger].map(({ idHash }) => live(idHash))), [true, false, true])
    }
    assert.equal((await storage.auditEvents.list({ since: 0, limit: 9 })).length, 2)
  }),
  check('a link allows one new factor, and stays if none came of it', async (storage) => {
    const user = await addUser(storage)
    const passkey = makePasskey(user.id)
    const codes = { userId: user.id, secret: 's', lastStep: 1, createdAt: NOW }
    const { tokenHash: link } = await addLink(storage, { kind: 'factor', userId: user.id, data: {} })
    await storage.factors.insertPasskey(passkey, 20)
    assert.equal(await storage.factors.insertPasskey(passkey, 20, undefined, { link }), false)
    assert.equal((await storage.links.find(link))?.usedAt, undefined, 'there was such a passkey')
    const added = await together(4, (index) =>
      index % 2 === 0
        ? storage.factors.saveCodes(codes, makeEvent(), { link })
        : storage.factors.insertPasskey(makePasskey(user.id), 20, makeEvent(), { link }),
    )
    assert.equal(won(added), 1)
    assert.equal((await storage.links.find(link))?.usedAt, NOW)
    assert.equal((await storage.auditEvents.list({ since: 0, limit: 9 })).length, 1)
    const { tokenHash: reset } = await addLink(storage, { kind: 'reset', userId: user.id, data: {} })
    assert.equal(await storage.factors.saveCodes(codes, undefined, { link: reset }), false)
  }),
  check('a passkey has one owner, and a user has only so many', async (storage) => {
    const [user, other] = [await addUser(storage), await addUser(storage)]
    const passkey = makePasskey(user.id)
    assert.equal(won(await together(4, () => storage.factors.insertPasskey(passkey, 20))), 1)
    assert.equal(await storage.factors.insertPasskey({ ...passkey, userId: other.id }, 20, makeEvent()), false)
    assert.equal(won(await together(6, () => storage.factors.insertPasskey(makePasskey(user.id), 3))), 2)
    same(await storage.auditEvents.list({ since: 0, limit: 9 }), [], 'what did not happen is no event')
  }),
  check('a counter that goes on is taken once, a smaller or equal one never, and 0 stays 0', async (storage) => {
    const user = await addUser(storage)
    const passkey = makePasskey(user.id, { counter: 3 })
    await storage.factors.insertPasskey(passkey, 20)
    const use = (counter: number) => storage.factors.usePasskey(passkey.id, { counter, backedUp: true }, NOW)
    same([await use(3), await use(2), await use(0)], [false, false, false])
    assert.equal(won(await together(5, () => use(4))), 1)
    same([await use(9), await use(8)], [true, false])
    const uncounted = makePasskey(user.id, { counter: 0 })
    await storage.factors.insertPasskey(uncounted, 20)
    const useUncounted = (counter: number) => storage.factors.usePasskey(uncounted.id, { counter, backedUp: true }, NOW)
    same([await useUncounted(0), await useUncounted(0), await useUncounted(1), await useUncounted(0)], [true, true, true, false])
    assert.equal(await storage.factors.usePasskey('unknown', { counter: 1, backedUp: true }, NOW), false)
  }),
  check('a passkey is renamed by its owner only', async (storage) => {
    const user = await addUser(storage)
    const { id } = await addFactors(storage, user.id)
    assert.equal(await storage.factors.renamePasskey((await addUser(storage)).id, id, 'Mine'), false)
    assert.equal(await storage.factors.renamePasskey(user.id, id, 'Laptop'), true)
    assert.equal((await storage.factors.findPasskey(id))?.name, 'Laptop')
  }),
  check('a passkey is deleted by its owner, unless nothing else lets them in', async (storage) => {
    const [user, other] = [await addUser(storage), await addUser(storage)]
    const { id } = await addFactors(storage, user.id)
    const ways = { passwordLogin: 'on', rpId: HOST } as const
    assert.equal(await storage.factors.deletePasskey(other.id, id, ways), 'unknown')
    assert.equal(await storage.factors.deletePasskey(user.id, id, ways, makeEvent()), 'deleted')
    assert.equal(await storage.factors.deletePasskey(user.id, id, ways), 'unknown')
    const bare = await addUser(storage, { passwordHash: '' })
    const keys = [makePasskey(bare.id, { rpId: HOST }), makePasskey(bare.id, { rpId: HOST })]
    for (const each of keys) await storage.factors.insertPasskey(each, 20)
    const deleted = await Promise.all(keys.map((each) => storage.factors.deletePasskey(bare.id, each.id, ways)))
    same(deleted.sort(), ['deleted', 'last'])
    assert.equal((await storage.auditEvents.list({ since: 0, limit: 9 })).length, 1)
  }),
  check(
    'what lets nobody in is no other way: a password or a passkey that does not count here, a provider that is off',
    async (storage) => {
      const tryIt = async (user: User, ways: Parameters<typeof storage.factors.deletePasskey>[2]) => {
        const { id } = makePasskey(user.id)
        return storage.factors.deletePasskey(user.id, id, ways)
      }
      const here = { passwordLogin: 'on', rpId: HOST } as const
      const user = await addUser(storage)
      same(
        [
          await tryIt(user, here),
          await tryIt(user, { ...here, passwordLogin: 'admin' }),
          await tryIt(user, { ...here, passwordLogin: 'off' }),
        ],
        ['unknown', 'last', 'last'],
      )
      const admin = await addUser(storage, { origin: 'environment' })
      assert.equal(await tryIt(admin, { ...here, passwordLogin: 'admin' }), 'unknown')
      const bare = await addUser(storage, { passwordHash: undefined })
      assert.equal(await tryIt(bare, here), 'last')
      await storage.factors.insertPasskey(makePasskey(bare.id, { rpId: HOST }), 20)
      same(
        [await tryIt(bare, here), await tryIt(bare, { ...here, rpId: 'other.example' }), await tryIt(bare, { ...here, rpId: undefined })],
        ['unknown', 'last', 'last'],
      )
      for (const [changes, expected] of [
        [{}, 'unknown'],
        [{ disabledAt: NOW }, 'last'],
      ] as const) {
        const linked = await addUser(storage, { passwordHash: undefined })
        const provider = makeProvider(changes)
        await storage.providers.insert(provider)
        const identity = await addIdentity(storage, linked.id, provider.id)
        assert.equal(await tryIt(linked, here), expected)
        const unlink = (id = identity.id) => storage.identities.unlink({ ...identity, id }, NOW, makeEvent(), here)
        assert.equal(await unlink(), 'last')
        await storage.factors.insertPasskey(makePasskey(linked.id, { rpId: HOST }), 20)
        same([await unlink('another'), await unlink()], ['unknown', 'deleted'])
      }
    },
  ),
  check('passkeys of another host are noticed', async (storage) => {
    assert.equal(await storage.factors.hasPasskeysOfOthers(HOST), false)
    const user = await addUser(storage)
    await storage.factors.insertPasskey(makePasskey(user.id, { rpId: HOST }), 20)
    assert.equal(await storage.factors.hasPasskeysOfOthers(HOST), false)
    for (const other of ['aaa.example', 'zzz.example']) assert.equal(await storage.factors.hasPasskeysOfOthers(other), true)
  }),
  check('the code of a step counts once, and none before it does', async (storage) => {
    const user = await addUser(storage)
    const use = (step: number) => storage.factors.useStep(user.id, step)
    assert.equal(await use(5), false)
    await storage.factors.saveCodes({ userId: user.id, secret: 's', lastStep: 4, createdAt: NOW })
    assert.equal(await use(4), false)
    assert.equal(won(await together(6, () => use(5))), 1)
    same([await use(3), await use(6)], [false, true])
    await storage.factors.saveCodes({ userId: user.id, secret: 'another', lastStep: 7, createdAt: NOW + 1 })
    same((await storage.factors.listOf(user.id)).codes, { userId: user.id, secret: 'another', lastStep: 7, createdAt: NOW + 1 })
    assert.equal(await storage.factors.deleteCodes(user.id, makeEvent()), true)
    assert.equal(await storage.factors.deleteCodes(user.id, makeEvent()), false)
  }),
  check('a recovery code counts once, for its owner, and new ones replace all', async (storage) => {
    const [user, other] = [await addUser(storage), await addUser(storage)]
    await storage.factors.saveRecoveryCodes(user.id, ['one', 'two'], NOW, makeEvent())
    assert.equal(await storage.factors.useRecoveryCode(other.id, 'one', NOW), false)
    assert.equal(won(await together(6, () => storage.factors.useRecoveryCode(user.id, 'one', NOW, makeEvent()))), 1)
    await storage.factors.saveRecoveryCodes(user.id, ['three'], NOW)
    assert.equal(await storage.factors.useRecoveryCode(user.id, 'two', NOW), false)
    assert.equal((await storage.factors.listOf(user.id)).recoveryCodes, 1)
    assert.equal((await storage.auditEvents.list({ since: 0, limit: 9 })).length, 2)
  }),
  check('a reset deletes all factors of a user and ends the sessions, once', async (storage) => {
    const [user, other] = [await addUser(storage), await addUser(storage)]
    for (const each of [user, other]) await addFactors(storage, each.id)
    const { idHash } = await addSession(storage, user.id, { expiresAt: NOW + DAY })
    assert.equal(won(await together(3, () => storage.factors.reset(user.id, NOW, makeEvent()))), 1)
    same(await storage.factors.listOf(user.id), NOTHING)
    assert.equal(await storage.sessions.findLive(idHash, NOW, 0), undefined)
    assert.equal((await storage.factors.listOf(other.id)).passkeys.length, 2)
    assert.equal((await storage.auditEvents.list({ since: 0, limit: 9 })).length, 1)
    await storage.users.delete(other.id, NOW)
    same(await storage.factors.listOf(other.id), NOTHING)
  }),
]
