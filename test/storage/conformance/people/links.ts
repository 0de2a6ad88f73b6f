/** One-use links: each does once what it is for, and ends with what it would change. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { Link } from '#src/domain/link/link.ts'
import type { User } from '#src/domain/user/user.ts'
import type { Storage } from '#src/storage/storage.ts'
import { check, same, tally, together } from '../check.ts'
import { DAY, MINUTE, NOW, TTL, addGrant, addSession, addUser, makeEvent, makePasskey, makeUser } from '../records.ts'

export function makeLink(changes: Partial<Link> = {}): Link {
  const data = { group: '연구팀 "\\', language: 'ko' }
  return { tokenHash: `link-${randomUUID()}`, kind: 'invitation', data, createdAt: NOW, expiresAt: NOW + MINUTE, ...changes }
}

export async function addLink(storage: Storage, changes: Partial<Link> = {}): Promise<Link> {
  const link = makeLink(changes)
  await storage.links.insert(link)
  return link
}

const resetOf = ({ id: userId }: User, changes: Partial<Link> = {}): Partial<Link> => ({ kind: 'reset', userId, data: {}, ...changes })
const NEW_PASSWORD = { passwordHash: 'new', endGrants: false }

export const links = [
  check('a link is found unchanged in any state, and there is one of each', async (storage) => {
    const { id: userId } = await addUser(storage)
    for (const link of [makeLink(), makeLink({ kind: 'address', userId, address: 'Helen@example.com', data: {} })]) {
      const event = makeEvent()
      await storage.links.insert(link, event)
      same(await storage.links.find(link.tokenHash), link)
      await assert.rejects(storage.links.insert(link, makeEvent({ name: 'link.revoked' })))
    }
    assert.equal(await storage.links.find('nothing'), undefined)
    same(tally((await storage.auditEvents.list({ since: 0, limit: 9 })).map(({ name }) => name)), { [makeEvent().name]: 2 })
    await assert.rejects(storage.links.insert(makeLink({ userId: 'nobody' })))
  }),
  check('of N callers with one invitation, exactly one makes a user, and the link knows which', async (storage) => {
    const { tokenHash } = await addLink(storage)
    const people = Array.from({ length: 12 }, () => makeUser())
    const outcomes = await together(12, (index) => storage.links.redeemInvitation(tokenHash, people[index]!, NOW, { event: makeEvent() }))
    same(tally(outcomes), { done: 1, gone: 11 })
    const winner = people[outcomes.indexOf('done')]!
    same(await storage.users.list(), [winner])
    const found = await storage.links.find(tokenHash)
    same([found?.usedAt, found?.userId], [NOW, winner.id])
    assert.equal((await storage.auditEvents.list({ since: 0, limit: 20 })).length, 1)
  }),
  check('who is invited into a group is in it from the first moment, if it is still there', async (storage) => {
    const { groups, links } = storage
    await groups.insert({ name: 'guests', description: '', createdAt: NOW })
    for (const [group, joined] of [
      ['guests', 1],
      ['gone', 0],
      [undefined, 0],
    ] as const) {
      const { tokenHash } = await addLink(storage, { data: { group } })
      const user = makeUser()
      const event = makeEvent({ name: 'group.joined' })
      assert.equal(await links.redeemInvitation(tokenHash, user, NOW, { joined: event }), 'done')
      same(await groups.listOf(user.id), joined === 0 ? [] : [{ group, userId: user.id, source: 'manual', since: NOW }])
      const events = await storage.auditEvents.list({ since: 0, limit: 9 })
      assert.equal(events.filter(({ id }) => id === event.id).length, joined)
    }
  }),
  check('an invitation whose name is taken stays, and makes a user under another one', async (storage) => {
    const { tokenHash } = await addLink(storage)
    const { username } = await addUser(storage)
    assert.equal(await storage.links.redeemInvitation(tokenHash, makeUser({ username }), NOW, { event: makeEvent() }), 'taken')
    assert.equal((await storage.links.find(tokenHash))?.usedAt, undefined)
    assert.equal((await storage.auditEvents.list({ since: 0, limit: 9 })).length, 0)
    assert.equal(await storage.links.redeemInvitation(tokenHash, makeUser(), NOW), 'done')
  }),
  check('an invitation to a passkey makes the user with it, or neither of them', async (storage) => {
    const { links, factors, users } = storage
    const { tokenHash } = await addLink(storage)
    const { id: other } = await addUser(storage)
    await factors.insertPasskey(makePasskey(other, { id: 'of another' }), 1)
    const user = makeUser({ passwordHash: undefined })
    const by = (id: string) => ({ event: makeEvent(), passkey: makePasskey(user.id, { id }) })
    assert.equal(await links.redeemInvitation(tokenHash, user, NOW, by('of another')), 'taken')
    assert.equal(await users.find(user.id), undefined)
    assert.equal((await storage.auditEvents.list({ since: 0, limit: 9 })).length, 0)
    assert.equal(await links.redeemInvitation(tokenHash, user, NOW, by('new')), 'done')
    same(await users.find(user.id), user)
    same((await factors.listOf(user.id)).passkeys, [makePasskey(user.id, { id: 'new' })])
    assert.equal((await storage.auditEvents.list({ since: 0, limit: 9 })).length, 1)
  }),
  check('of N invitations with one name, exactly one makes the user', async (storage) => {
    const invitations = await together(6, () => addLink(storage))
    const redeem = (index: number) => storage.links.redeemInvitation(invitations[index]!.tokenHash, makeUser({ username: 'helen' }), NOW)
    same(tally(await together(6, redeem)), { done: 1, taken: 5 })
    assert.equal((await storage.links.list({ now: NOW, limit: 9 })).length, 5)
  }),
  check('a link counts until it expires, and for what it is', async (storage) => {
    const user = await addUser(storage)
    const [invitation, reset] = [await addLink(storage), await addLink(storage, resetOf(user))]
    const address = await addLink(storage, { kind: 'address', userId: user.id, address: 'helen@example.org' })
    for (const now of [NOW + MINUTE, NOW + DAY]) {
      assert.equal(await storage.links.redeemInvitation(invitation.tokenHash, makeUser(), now), 'gone')
      assert.equal(await storage.links.redeemReset(reset.tokenHash, NEW_PASSWORD, now), false)
      assert.equal(await storage.links.confirmAddress(address.tokenHash, now), false)
    }
    for (const { tokenHash } of [reset, address]) assert.equal(await storage.links.redeemInvitation(tokenHash, makeUser(), NOW), 'gone')
    for (const { tokenHash } of [invitation, address]) assert.equal(await storage.links.redeemReset(tokenHash, NEW_PASSWORD, NOW), false)
    for (const { tokenHash } of [invitation, reset]) assert.equal(await storage.links.confirmAddress(tokenHash, NOW), false)
    assert.equal(await storage.links.redeemReset(reset.tokenHash, NEW_PASSWORD, NOW + MINUTE - 1), true)
  }),
  check('of N callers with one reset, exactly one sets the password; sessions end, and grants if asked to', async (storage) => {
    for (const endGrants of [false, true]) {
      const user = await addUser(storage)
      const { grant } = await addGrant(storage, { user })
      const session = await addSession(storage, user.id)
      const [link, other] = [await addLink(storage, resetOf(user)), await addLink(storage, resetOf(user))]
      const redeem = (index: number) =>
        storage.links.redeemReset(link.tokenHash, { passwordHash: `new ${index}`, endGrants }, NOW, makeEvent())
      const outcomes = await together(8, redeem)
      same(tally(outcomes), { true: 1, false: 7 })
      assert.equal((await storage.users.find(user.id))?.passwordHash, `new ${outcomes.indexOf(true)}`)
      assert.equal(await storage.sessions.findLive(session.idHash, NOW, 0), undefined)
      assert.equal((await storage.grants.findLive(grant.id, 'jti', NOW)) === undefined, endGrants)
      assert.equal(await storage.links.find(other.tokenHash), undefined, 'other resets of the user')
    }
  }),
  check('an address is confirmed once, for a user who is enabled', async (storage) => {
    const user = await addUser(storage, { email: 'old@example.com', emailVerified: false })
    const link = await addLink(storage, { kind: 'address', userId: user.id, address: 'new@example.com', data: {} })
    same(tally(await together(6, () => storage.links.confirmAddress(link.tokenHash, NOW, makeEvent()))), { true: 1, false: 5 })
    const { email, emailVerified, updatedAt } = (await storage.users.find(user.id))!
    same({ email, emailVerified, updatedAt }, { email: 'new@example.com', emailVerified: true, updatedAt: NOW })
  }),
  check('links of a user end with the account, and resets with the password', async (storage) => {
    const left = async (change: (user: User) => Promise<unknown>) => {
      const user = await addUser(storage, { email: 'helen@example.com' })
      const made = {
        reset: await addLink(storage, resetOf(user)),
        mailed: await addLink(storage, resetOf(user, { address: 'helen@example.com' })),
        address: await addLink(storage, { kind: 'address', userId: user.id, address: 'helen@example.com' }),
        used: await addLink(storage),
      }
      await storage.links.redeemInvitation(made.used.tokenHash, makeUser(), NOW)
      await change(user)
      const found = await Promise.all(
        Object.entries(made).map(async ([name, { tokenHash }]) => [name, await storage.links.find(tokenHash)]),
      )
      return found.filter(([, link]) => link !== undefined).map(([name]) => name)
    }
    const { users } = storage
    same(await left(({ id }) => users.disable(id, NOW)), ['used'])
    same(
      await left(async ({ id }) => [await users.disable(id, NOW), await addLink(storage, { userId: id }), await users.enable(id, NOW)]),
      ['used'],
    )
    same(await left(({ id }) => users.delete(id, NOW)), ['used'])
    same(await left(({ id }) => users.changePassword(id, NEW_PASSWORD, NOW)), ['address', 'used'])
    const { id: taken } = await addUser(storage, { username: 'taken' })
    same(await left((user) => users.update({ ...user, username: 'taken', email: undefined }, NOW)), ['reset', 'mailed', 'address', 'used'])
    same(await left((user) => users.update({ ...user, email: 'other@example.com' }, NOW)), ['reset', 'used'])
    same(await left((user) => users.update({ ...user, email: undefined }, NOW)), ['reset', 'used'])
    same(await left((user) => users.updateOwn({ ...user, email: 'other@example.com' }, NOW)), ['reset', 'used'])
    same(await left((user) => users.updateOwn(user, NOW)), ['reset', 'mailed', 'address', 'used'])
    same(await left((user) => users.update({ ...user, profile: { name: 'H' } }, NOW)), ['reset', 'mailed', 'address', 'used'])
    assert.notEqual(await users.find(taken), undefined)
  }),
  check('the invitation for an address is the newest that counts, and one takes the place of another once', async (storage) => {
    const { links } = storage
    const first = await addLink(storage, { address: 'Helen@Example.com', createdAt: NOW - 2 })
    const second = await addLink(storage, { address: 'helen@example.com', createdAt: NOW - 1 })
    await addLink(storage, { address: 'other@example.com' })
    await addLink(storage, { kind: 'address', address: 'helen@example.com' })
    same(await links.findInvitation('helen@example.com', NOW), second)
    const renewed = (expiresAt: number) => makeLink({ address: 'helen@example.com', expiresAt })
    same(tally(await together(6, (index) => links.replace(second.tokenHash, renewed(NOW + index + 1)))), { true: 1, false: 5 })
    assert.equal(await links.find(second.tokenHash), undefined)
    same(await links.findInvitation('helen@example.com', NOW + 6), first)
    assert.equal(await links.findInvitation('helen@example.com', NOW + MINUTE), undefined)
    await links.redeemInvitation(first.tokenHash, makeUser(), NOW)
    assert.equal(await links.replace(first.tokenHash, renewed(NOW + 1)), false, 'a used one is not replaced')
  }),
  check('links that count are listed with the names of their users', async (storage) => {
    const user = await addUser(storage, { username: 'helen' })
    const invitation = await addLink(storage, { expiresAt: NOW + 2 })
    const reset = await addLink(storage, resetOf(user, { expiresAt: NOW + 1 }))
    const used = await addLink(storage)
    await storage.links.redeemInvitation(used.tokenHash, makeUser(), NOW)
    await addLink(storage, { expiresAt: NOW })
    const [first, second] = [{ link: invitation }, { link: reset, username: 'helen' }]
    same(await storage.links.list({ now: NOW, limit: 9 }), [first, second])
    same(await storage.links.list({ now: NOW, limit: 1 }), [first])
  }),
  check('an unused link is revoked once, and an expired one swept, used or not', async (storage) => {
    const [link, used] = [await addLink(storage), await addLink(storage)]
    await storage.links.redeemInvitation(used.tokenHash, makeUser(), NOW)
    same(tally(await together(4, () => storage.links.delete(link.tokenHash, makeEvent()))), { true: 1, false: 3 })
    assert.equal(await storage.links.delete(used.tokenHash, makeEvent()), false)
    assert.equal((await storage.auditEvents.list({ since: 0, limit: 9 })).length, 1)
    await addLink(storage, { expiresAt: NOW + MINUTE })
    await addLink(storage, { expiresAt: NOW + MINUTE + 1 })
    assert.equal(await storage.sweep(NOW + MINUTE - 1, 10, TTL), 0)
    assert.equal(await storage.sweep(NOW + MINUTE, 10, TTL), 2)
  }),
]
