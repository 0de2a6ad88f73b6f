import {
  addGroup,
  deleteGroup,
  groupJson,
  joinGroup,
  leaveGroup,
  listGroups,
  memberJson,
  showGroup,
} from '#src/operations/access/groups.ts'
import { showUser } from '#src/operations/users/users.ts'
import { NOW, addUser } from '#test/storage/conformance/records.ts'
import { checkChanges, checkRefused, valueOf } from './scene.ts'
import type { Suite } from './scene.ts'

export const groups: Suite = async (t, open) => {
  await checkChanges(t, open, {
    'adding a group': {
      prepare: async () => (context) => addGroup(context, { name: 'staff', description: 'All\u202e of us' }),
      event: { name: 'group.added', details: { group: 'staff', description: 'All of us' } },
      look: ({ groups }) => groups.list(),
    },
    'deleting a group': {
      prepare: async ({ context }) => {
        const group = valueOf(await addGroup(context, { name: 'staff' }))
        return (context) => deleteGroup(context, group)
      },
      event: { name: 'group.deleted', details: { group: 'staff' } },
      look: ({ groups }) => groups.list(),
    },
    'putting a user into a group': {
      prepare: async ({ context, storage }) => {
        await addUser(storage, { username: 'helen' })
        valueOf(await addGroup(context, { name: 'staff' }))
        return (context) => joinGroup(context, 'staff', 'HELEN')
      },
      event: { name: 'group.joined', details: { group: 'staff', user: 'helen', source: 'manual' } },
      look: ({ groups }) => groups.listMembers('staff', 10),
    },
    'taking a user out of a group': {
      prepare: async ({ context, storage }) => {
        await addUser(storage, { username: 'helen' })
        valueOf(await addGroup(context, { name: 'staff' }))
        valueOf(await joinGroup(context, 'staff', 'helen'))
        return (context) => leaveGroup(context, 'staff', 'helen')
      },
      event: { name: 'group.left', details: { group: 'staff', user: 'helen', source: 'manual' } },
      look: ({ groups }) => groups.listMembers('staff', 10),
    },
  })

  await t.test('an operator sees who is in which group, and why', async (t) => {
    const { context, storage } = await open()
    const helen = await addUser(storage, { username: 'helen' })
    const group = valueOf(await addGroup(context, { name: 'staff', description: 'All of us' }))
    await storage.groups.join({ group: 'staff', userId: helen.id, source: 'admission', since: NOW })
    valueOf(await joinGroup(context, 'staff', 'helen'))
    t.strictSame(valueOf(await listGroups(context)), [{ group, members: 1 }])
    const shown = valueOf(await showGroup(context, 'staff'))
    t.match(shown, { group, more: false })
    t.strictSame(shown.members.map(({ source }) => source).sort(), ['admission', 'manual'])
    t.strictSame(groupJson(group), { name: 'staff', description: 'All of us', created_at: new Date(NOW).toISOString() })
    t.match(memberJson(shown.members[0]!), { user: 'helen', sub: helen.id, since: new Date(NOW).toISOString() })
    t.strictSame(valueOf(await showUser(context, 'helen')).groups, ['staff'])
    t.match(valueOf(await leaveGroup(context, 'staff', 'helen')), { user: { username: 'helen' }, still: ['admission'] })
  })

  await t.test('what cannot be is refused, and changes nothing', async (t) => {
    const scene = await open()
    const { context, storage } = scene
    const helen = await addUser(storage, { username: 'helen' })
    const group = valueOf(await addGroup(context, { name: 'staff' }))
    const other = valueOf(await addGroup(context, { name: 'admins' }))
    valueOf(await joinGroup(context, 'staff', 'helen'))
    await storage.groups.join({ group: 'admins', userId: helen.id, source: 'provider:google', since: NOW })
    await storage.groups.delete('gone')
    await checkRefused(t, scene, [
      [addGroup(context, { name: 'a b' }), { kind: 'invalid', message: /^"a b" is not a name for a group/ }],
      [addGroup(context, { name: 'staff' }), { kind: 'conflict', message: 'The group staff already exists.' }],
      [showGroup(context, 'nothing'), { kind: 'not-found', message: 'There is no group nothing.' }],
      [joinGroup(context, 'nothing', 'helen'), { kind: 'not-found', message: 'There is no group nothing.' }],
      [joinGroup(context, 'staff', 'nobody'), { kind: 'not-found', message: 'There is no user nobody.' }],
      [joinGroup(context, 'staff', 'helen'), { kind: 'conflict', message: 'helen is in staff already.' }],
      [leaveGroup(context, 'nothing', 'helen'), { kind: 'not-found' }],
      [leaveGroup(context, 'staff', 'nobody'), { kind: 'not-found' }],
      [leaveGroup(context, 'admins', 'helen'), { kind: 'conflict', message: /because of provider:google, and nobody put helen there/ }],
      [deleteGroup(context, { ...group, name: 'gone' }), { kind: 'conflict' }],
    ])
    valueOf(await deleteGroup(context, other))
    await checkRefused(t, scene, [[leaveGroup(context, 'admins', 'helen'), { kind: 'not-found' }]])
    valueOf(await leaveGroup(context, 'staff', 'helen'))
    await checkRefused(t, scene, [[leaveGroup(context, 'staff', 'helen'), { kind: 'conflict', message: 'helen is not in staff.' }]])
  })

  await t.test('of a large group the latest are shown, and that there are more', async (t) => {
    const { context, storage } = await open()
    valueOf(await addGroup(context, { name: 'all' }))
    const members = Array.from({ length: 1001 }, (_, index) => ({
      group: 'all',
      userId: 'somebody',
      source: 'manual' as const,
      since: NOW + index,
      username: `user ${index}`,
    }))
    const groups = { ...storage.groups, listMembers: async (_: string, limit: number) => members.slice(0, limit) }
    const shown = valueOf(await showGroup({ ...context, storage: { ...storage, groups } }, 'all'))
    t.strictSame([shown.members.length, shown.more], [1000, true])
  })
}
