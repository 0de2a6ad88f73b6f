/** Groups of users: who is in them, why, and that a token or a session brings them along. */
import assert from 'node:assert/strict'
import type { Group, MembershipSource } from '#src/domain/access/group.ts'
import type { Storage } from '#src/storage/storage.ts'
import { check, same, tally, together } from '../check.ts'
import { NOW, addGrant, addFamily, addSession, addUser, makeAccessToken, makeEvent, redemptionOf } from '../records.ts'

async function addGroup({ groups }: Storage, name: string, changes: Partial<Group> = {}): Promise<Group> {
  const group = { name, description: `What ${name} is for 🪐`, createdAt: NOW, ...changes }
  await groups.insert(group)
  return group
}

const join = (storage: Storage, group: string, userId: string, source: MembershipSource = 'manual', since = NOW) =>
  storage.groups.join({ group, userId, source, since })

export const groups = [
  check('a group is found with every member, is listed by its name with its users, and an unknown one is undefined', async (storage) => {
    const [staff, bare] = [await addGroup(storage, 'staff'), await addGroup(storage, 'admins', { description: '' })]
    const user = await addUser(storage)
    for (const source of ['manual', 'admission'] as const) await join(storage, 'staff', user.id, source)
    await join(storage, 'staff', (await addUser(storage)).id)
    same(await storage.groups.find('staff'), staff)
    assert.equal(await storage.groups.find('Staff'), undefined)
    same(await storage.groups.list(), [
      { group: bare, members: 0 },
      { group: staff, members: 2 },
    ])
  }),
  check('of callers that add one group together, exactly one does', async (storage) => {
    const group = { name: 'staff', description: '', createdAt: NOW }
    same(tally(await together(5, () => storage.groups.insert(group, makeEvent({ name: 'group.added' })))), { true: 1, false: 4 })
    assert.equal((await storage.auditEvents.list({ since: 0, limit: 10 })).length, 1)
  }),
  check('a user joins a group once for each reason, and leaves it for one', async (storage) => {
    await addGroup(storage, 'staff')
    const user = await addUser(storage)
    const event = () => makeEvent({ name: 'group.joined' })
    const membership = { group: 'staff', userId: user.id, source: 'manual', since: NOW } as const
    same([await storage.groups.join(membership, event()), await storage.groups.join(membership, event())], [true, false])
    assert.equal(await join(storage, 'staff', user.id, 'provider:google', NOW + 1), true)
    same(await storage.groups.listOf(user.id), [membership, { ...membership, source: 'provider:google', since: NOW + 1 }])
    same(await storage.groups.listMembers('staff', 1), [
      { ...membership, source: 'provider:google', since: NOW + 1, username: user.username },
    ])
    const leave = () => storage.groups.leave(membership, makeEvent({ name: 'group.left' }))
    same([await leave(), await leave()], [true, false])
    same(
      (await storage.groups.listOf(user.id)).map(({ source }) => source),
      ['provider:google'],
    )
    same((await storage.auditEvents.list({ since: 0, limit: 10 })).map(({ name }) => name).sort(), ['group.joined', 'group.left'])
  }),
  check('nobody joins a group that is not there, and no user who is not there joins one', async (storage) => {
    await addGroup(storage, 'staff')
    const user = await addUser(storage)
    await assert.rejects(join(storage, 'nothing', user.id))
    await assert.rejects(join(storage, 'staff', 'nobody'))
    same(await storage.groups.listMembers('staff', 10), [])
  }),
  check('a group takes its memberships along, and so does a user', async (storage) => {
    for (const name of ['staff', 'admins']) await addGroup(storage, name)
    const [user, other] = [await addUser(storage), await addUser(storage)]
    for (const { id } of [user, other]) for (const name of ['staff', 'admins']) await join(storage, name, id)
    same(tally(await together(3, () => storage.groups.delete('staff', makeEvent({ name: 'group.deleted' })))), { true: 1, false: 2 })
    assert.equal(await storage.users.delete(other.id, NOW), true)
    same(
      (await storage.groups.listMembers('admins', 10)).map(({ userId }) => userId),
      [user.id],
    )
    same(
      (await storage.groups.listOf(user.id)).map(({ group }) => group),
      ['admins'],
    )
    await addGroup(storage, 'staff')
    same(await storage.groups.listMembers('staff', 10), [], 'a group of the same name begins empty')
  }),
  check('what a source says of a user replaces what it said before, and nothing else', async (storage) => {
    for (const name of ['a', 'b', 'c', 'd']) await addGroup(storage, name)
    const user = await addUser(storage)
    await join(storage, 'a', user.id)
    const follow = (names: string[]) =>
      storage.groups.follow(user.id, 'provider:google', names, NOW, (name, group) => makeEvent({ name, details: { group } }))
    same(await follow(['b', 'c', 'unknown', 'b']), { joined: ['b', 'c'], left: [] })
    same(await follow(['c', 'a']), { joined: ['a'], left: ['b'] })
    same(await storage.groups.follow(user.id, 'admission', ['d'], NOW), { joined: ['d'], left: [] })
    same(await follow([]), { joined: [], left: ['a', 'c'] })
    same(
      (await storage.groups.listOf(user.id)).map(({ group, source }) => `${group} ${source}`),
      ['a manual', 'd admission'],
    )
    same(
      (await storage.auditEvents.list({ since: 0, limit: 10 })).map(({ name, details }) => `${name} ${String(details['group'])}`).sort(),
      ['group.joined a', 'group.joined b', 'group.joined c', 'group.left a', 'group.left b', 'group.left c'],
    )
  }),
  check('a code, a token and a session bring the groups of their user along, each once and sorted', async (storage) => {
    for (const name of ['b', 'a']) await addGroup(storage, name)
    const user = await addUser(storage)
    for (const source of ['manual', 'admission'] as const) await join(storage, 'a', user.id, source)
    await join(storage, 'b', user.id)
    const issued = await addGrant(storage, { user })
    const { grant, code } = issued
    const session = await addSession(storage, user.id)
    const { token } = await addFamily(storage, { user })
    const expected = ['a', 'b']
    same((await storage.grants.findCode(grant.id, code.codeHash))?.groups, expected)
    same((await storage.grants.findLive(grant.id, 'jti', NOW))?.groups, expected)
    same((await storage.grants.findRefreshToken(token.grantId, token.tokenHash))?.groups, expected)
    same((await storage.sessions.findLive(session.idHash, NOW, 0))?.groups, expected)
    const accessToken = makeAccessToken(grant.id)
    await storage.grants.redeem(redemptionOf(issued, { accessToken }))
    same((await storage.grants.findAccessToken(accessToken.tokenHash, NOW))?.groups, expected)
    await storage.groups.leave({ group: 'a', userId: user.id, source: 'manual' })
    same((await storage.sessions.findLive(session.idHash, NOW, 0))?.groups, expected, 'one reason is left')
    await storage.groups.leave({ group: 'a', userId: user.id, source: 'admission' })
    same((await storage.sessions.findLive(session.idHash, NOW, 0))?.groups, ['b'])
  }),
]
