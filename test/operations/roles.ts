import type { Role } from '#src/domain/user/role.ts'
import { unlinkUser } from '#src/operations/users/identities.ts'
import { resetFactors } from '#src/operations/users/factors.ts'
import { makeFactorLink, makeResetLink, revokeLink } from '#src/operations/users/links.ts'
import { revokePersonalToken } from '#src/operations/users/personal-tokens.ts'
import { changeRole } from '#src/operations/users/roles.ts'
import { changePassword } from '#src/operations/users/user-credentials.ts'
import { deleteUser, disableUser, enableUser, unlockUser, updateUser } from '#src/operations/users/users.ts'
import type { OperationContext } from '#src/operations/context.ts'
import type { User } from '#src/domain/user/user.ts'
import { NOW, addUser, makePasskey, makePersonalToken } from '#test/storage/conformance/records.ts'
import { checkChanges, checkRefused, problemOf, valueOf } from './scene.ts'
import type { Scene, Suite } from './scene.ts'

const as = (context: OperationContext, role: Role): OperationContext => ({
  ...context,
  actor: { name: 'user jo', role, atMachine: false, address: '203.0.113.7' },
})

async function addWithRole({ context, storage }: Scene, username: string, role?: Role): Promise<User> {
  const user = await addUser(storage, { username })
  if (role !== undefined) valueOf(await changeRole(context, user, role))
  return (await storage.users.find(user.id))!
}

export const roles: Suite = async (t, open) => {
  await t.test('an owner gives and takes roles, and nobody else does', async (t) => {
    const scene = await open()
    const { context, storage } = scene
    await addUser(storage, { username: 'admin', origin: 'environment' })
    const helen = await addWithRole(scene, 'helen')
    await checkRefused(t, scene, [
      [changeRole(as(context, 'operator'), helen, 'viewer'), { kind: 'forbidden', message: 'Only owners give and take roles.' }],
      [changeRole(as(context, 'viewer'), helen, 'viewer'), { kind: 'forbidden' }],
      [changeRole(context, helen, 'admin'), { kind: 'invalid', argument: { name: 'role', value: 'admin' } }],
      [changeRole(context, helen, 'none'), { kind: 'conflict', message: 'helen has no role already.' }],
      [changeRole(context, (await storage.users.findAdministrator())!, 'viewer'), { kind: 'conflict', message: /ADMIN_USERNAME/ }],
    ])
    valueOf(await changeRole(as(context, 'owner'), helen, 'operator'))
    const [event] = await scene.events()
    t.match(event, {
      name: 'user.role_changed',
      actor: 'user jo',
      address: '203.0.113.7',
      userId: helen.id,
      details: { user: 'helen', role: [null, 'operator'] },
    })
    t.match(problemOf(await changeRole(context, helen, 'viewer')), { kind: 'conflict', message: /^Someone else changed/ }, 'a stale record')
    const now = (await storage.users.find(helen.id))!
    t.equal(problemOf(await changeRole(context, now, 'operator')).message, 'helen is operator already.')
    valueOf(await changeRole(context, now, 'none'))
    t.match(await storage.users.find(helen.id), { role: undefined, roleChangedAt: NOW })
  })

  await t.test('the last owner stays', async (t) => {
    const scene = await open()
    const { context } = scene
    const helen = await addWithRole(scene, 'helen', 'owner')
    const last = { kind: 'conflict', message: 'helen is the last owner: give somebody else that role first.' } as const
    await checkRefused(t, scene, [
      [changeRole(context, helen, 'viewer'), last],
      [disableUser(context, helen), last],
      [deleteUser(context, helen), last],
    ])
    await addWithRole(scene, 'paris', 'owner')
    valueOf(await disableUser(context, helen))
  })

  await t.test('an operator changes nothing of an owner: neither credentials nor factors, identities, links or the account', async (t) => {
    const scene = await open()
    const { context, storage } = scene
    const owner = await addWithRole(scene, 'helen', 'owner')
    await addWithRole(scene, 'paris', 'owner')
    await storage.factors.insertPasskey(makePasskey(owner.id), 9)
    const { link } = valueOf(await makeResetLink(context, owner))
    const token = makePersonalToken(owner.id)
    await storage.personalTokens.insert(token)
    const jo = as(context, 'operator')
    const refused = { kind: 'forbidden', message: 'helen is owner: that takes the same role.' } as const
    await checkRefused(t, scene, [
      [updateUser(jo, owner, { email: 'jo@example.com' }), refused],
      [changePassword(jo, owner, { password: 'a password of jo' }), refused],
      [resetFactors(jo, owner), refused],
      [makeFactorLink(jo, owner), refused],
      [unlinkUser(jo, owner, 'google'), refused],
      [makeResetLink(jo, owner), refused],
      [revokeLink(jo, link.tokenHash), refused],
      [revokePersonalToken(jo, token.id), refused],
      [disableUser(jo, owner), refused],
      [enableUser(jo, owner), refused],
      [unlockUser(jo, owner), refused],
      [deleteUser(jo, owner), refused],
    ])
    t.equal((await storage.factors.listOf(owner.id)).passkeys.length, 1)
    const other = as(context, 'owner')
    for (const done of [resetFactors(other, owner), revokeLink(other, link.tokenHash), revokePersonalToken(other, token.id)])
      t.match(await done, { ok: true })
    t.equal(problemOf(await resetFactors(other, owner)).message, 'helen has no passkey and no codes.')
  })

  await checkChanges(t, open, {
    'giving a role': {
      async prepare({ storage }) {
        const helen = await addUser(storage, { username: 'helen' })
        return (context) => changeRole(context, helen, 'viewer')
      },
      event: { name: 'user.role_changed', details: { user: 'helen', role: [null, 'viewer'] } },
      look: ({ users }) => users.findByUsername('helen'),
    },
    'deleting the factors of a user': {
      async prepare({ storage }) {
        const helen = await addUser(storage, { username: 'helen' })
        await storage.factors.insertPasskey(makePasskey(helen.id), 9)
        return (context) => resetFactors(context, helen)
      },
      event: { name: 'factor.removed', details: { user: 'helen', factor: 'all' } },
      look: async ({ users, factors }) => factors.listOf((await users.findByUsername('helen'))!.id),
    },
  })
}
