import { factorChanges } from '#src/domain/user/username.ts'
import { verifyPassword } from '#src/crypto/password.ts'
import { addUser, changePassword, checkNewUser } from '#src/operations/users/user-credentials.ts'
import { resetFactors } from '#src/operations/users/factors.ts'
import { userJson } from '#src/operations/users/user-json.ts'
import {
  deleteUser,
  disableUser,
  enableUser,
  findSharers,
  findUser,
  listUsers,
  unlockUser,
  updateUser,
} from '#src/operations/users/users.ts'
import { NOW, addFactors, addGrant, addUser as insertUser, makeUser } from '#test/storage/conformance/records.ts'
import type { Storage } from '#src/storage/storage.ts'
import { checkChanges, problemOf, valueOf } from './scene.ts'
import type { Scene, Suite } from './scene.ts'

const PASSWORD = 'geheim und lang'

export const users: Suite = async (t, open) => {
  await t.test('an operator adds a user, finds it by any spelling, and has it in the list', async (t) => {
    const { context } = await open()
    const user = valueOf(
      await addUser(context, { username: ' Helen', password: PASSWORD, email: 'helen@example.com', phone: '+82 2 123 4567' }),
    )
    t.match(user, {
      username: 'helen',
      origin: 'operator',
      email: 'helen@example.com',
      emailVerified: true,
      profile: { phoneNumber: '+82 2 123 4567', phoneNumberVerified: true },
      createdAt: NOW,
      updatedAt: NOW,
    })
    t.ok(await verifyPassword(PASSWORD, user.passwordHash))
    t.match(valueOf(await findUser(context, 'HELEN ')), user)
    t.match(valueOf(await listUsers(context)), [user])
    t.notMatch(JSON.stringify(userJson(user)), /argon2/)
  })

  await t.test('a user who cannot be is refused with a problem, before and after the password was typed', async (t) => {
    const { context, storage } = await open()
    await insertUser(storage, { username: 'helen' })
    const refused = [
      [{ username: 'Helen' }, { kind: 'conflict', message: 'helen already exists.' }],
      [{ username: 'ADMIN' }, { kind: 'conflict', message: /ADMIN_USERNAME/ }],
      [{ username: 'a b' }, { kind: 'invalid', message: /^A login name must/ }],
      [
        { username: 'paris', email: 'nowhere' },
        { kind: 'invalid', message: 'email must be an e-mail address, but is "nowhere".', argument: { name: 'email', value: 'nowhere' } },
      ],
      [
        { username: 'paris', website: 'paris.example' },
        { kind: 'invalid', argument: { name: 'website' } },
      ],
      [
        { username: 'paris', street: ' ' },
        { kind: 'invalid', message: 'street is empty: leave it out.' },
      ],
    ] as const
    for (const [said, problem] of refused) {
      t.match(problemOf(await checkNewUser(context, said)), problem)
      t.match(problemOf(await addUser(context, { ...said, password: PASSWORD })), problem)
    }
    const { message } = problemOf(await addUser(context, { username: 'paris', password: 'short' }))
    t.equal(message, 'password must have at least 12 characters; this one has 5.')
    for (const password of ['qwertyuiop12', 'observatory.2026', 'Solar System 1', 'paris.paris.1'])
      t.match(
        problemOf(await addUser(context, { username: 'paris', password })),
        { kind: 'invalid', argument: { name: 'password' } },
        password,
      )
    t.equal(valueOf(await checkNewUser(context, { username: 'Paris' })), 'paris')
    t.equal(valueOf(await listUsers(context)).length, 1)
  })

  await t.test('of two who add the same user at once, one does', async (t) => {
    const { context } = await open()
    const both = await Promise.all([1, 2].map(() => addUser(context, { username: 'helen', password: PASSWORD })))
    t.strictSame(both.map(({ ok }) => ok).sort(), [false, true])
    t.match(problemOf(both.find(({ ok }) => !ok)!), { kind: 'conflict', message: 'helen already exists.' })
  })

  await t.test('a user is changed, disabled, enabled and deleted, once each', async (t) => {
    const { context } = await open()
    const user = valueOf(await addUser(context, { username: 'helen', password: PASSWORD }))
    const now = async () => valueOf(await findUser(context, 'helen'))
    valueOf(await updateUser(context, user, { nickname: 'Nell', country: undefined }))
    t.match(await now(), { profile: { nickname: 'Nell' } })
    t.match(problemOf(await updateUser(context, user, {})), { kind: 'invalid', message: 'There is nothing to change.' })
    t.match(problemOf(await updateUser(context, user, { country: undefined })), { message: 'There is nothing to change.' })
    t.match(problemOf(await updateUser(context, user, { birthdate: 'soon' })), { kind: 'invalid', argument: { name: 'birthdate' } })
    valueOf(await changePassword(context, user, { password: 'another long one' }))
    t.ok(await verifyPassword('another long one', (await now()).passwordHash))
    t.match(problemOf(await changePassword(context, user, { password: 'short' })), { kind: 'invalid', argument: { name: 'password' } })
    valueOf(await disableUser(context, user))
    t.match(problemOf(await disableUser(context, user)), { kind: 'conflict', message: 'helen is already disabled.' })
    valueOf(await enableUser(context, user))
    t.match(problemOf(await enableUser(context, user)), { kind: 'conflict', message: 'helen is not disabled.' })
    valueOf(await deleteUser(context, user))
    t.match(problemOf(await findUser(context, 'Helen')), { kind: 'not-found', message: 'There is no user helen.' })
    const gone = { kind: 'conflict', message: 'Someone else changed or deleted helen in the meantime.' } as const
    t.match(problemOf(await deleteUser(context, user)), gone)
    t.match(problemOf(await updateUser(context, user, { name: 'x' })), gone)
    t.match(problemOf(await changePassword(context, user, { password: PASSWORD })), gone)
    t.match(problemOf(await unlockUser(context, user)), gone)
  })

  const helen = async ({ context }: Scene) => valueOf(await addUser(context, { username: 'helen', password: PASSWORD }))
  const lookAt = (storage: Storage) => storage.users.findByUsername('helen')
  await checkChanges(t, open, {
    'adding a user': {
      prepare: async () => (context) => addUser(context, { username: 'helen', password: PASSWORD, phone: '+82 2 123 4567' }),
      event: { name: 'user.added', details: { user: 'helen' } },
      look: lookAt,
    },
    'changing a user': {
      prepare: async (scene) => {
        const user = await helen(scene)
        return (context) => updateUser(context, user, { phone: '+82 2 123 4567', nickname: 'Nell', email: undefined })
      },
      event: { name: 'user.updated', details: { user: 'helen', changed: ['phone', 'nickname'] } },
      look: lookAt,
    },
    'changing a password': {
      prepare: async (scene) => {
        const user = await helen(scene)
        return (context) => changePassword(context, user, { password: 'another long one' })
      },
      event: { name: 'user.password_changed', details: { user: 'helen', grants_ended: false } },
      look: lookAt,
    },
    'disabling a user': {
      prepare: async (scene) => {
        const user = await helen(scene)
        return (context) => disableUser(context, user)
      },
      event: { name: 'user.disabled', details: { user: 'helen' } },
      look: lookAt,
    },
    'enabling a user': {
      prepare: async (scene) => {
        const user = await helen(scene)
        await disableUser(scene.context, user)
        return (context) => enableUser(context, user)
      },
      event: { name: 'user.enabled', details: { user: 'helen' } },
      look: lookAt,
    },
    'unlocking a user': {
      prepare: async (scene) => {
        const user = await helen(scene)
        return (context) => unlockUser(context, user)
      },
      event: { name: 'user.unlocked', details: { user: 'helen' } },
      look: lookAt,
    },
    'deleting a user': {
      prepare: async (scene) => {
        const user = await helen(scene)
        return (context) => deleteUser(context, user)
      },
      event: { name: 'user.deleted', details: { user: 'helen' } },
      look: lookAt,
    },
  })

  await t.test('a new password ends what was allowed with the old one, if the operator says so', async (t) => {
    const { context, storage } = await open()
    const user = valueOf(await addUser(context, { username: 'helen', password: PASSWORD }))
    const { grant } = await addGrant(storage, { user })
    const isLive = async () => (await storage.grants.findLive(grant.id, 'jti', NOW)) !== undefined
    valueOf(await changePassword(context, user, { password: 'another long one' }))
    t.ok(await isLive())
    valueOf(await changePassword(context, user, { password: 'yet another long one', endGrants: true }))
    t.notOk(await isLive())
  })

  await t.test('a user whose factors were reset hears of it, and one who has none is told so', async (t) => {
    const { context, storage } = await open()
    const user = valueOf(await addUser(context, { username: 'helen' }))
    t.equal(user.passwordHash, undefined)
    t.match(problemOf(await resetFactors(context, user)), { kind: 'conflict', message: 'helen has no passkey and no codes.' })
    await addFactors(storage, user.id)
    valueOf(await resetFactors(context, user))
    t.match(await storage.loginAttempts.clear(factorChanges(user.id)), { attempts: 1 })
  })

  await t.test('an operator learns who else has an e-mail address', async (t) => {
    const { context } = await open()
    for (const [username, email] of [
      ['a', 'x@e.example'],
      ['b', 'X@E.example'],
      ['c', 'y@e.example'],
      ['d', undefined],
    ] as const)
      valueOf(await addUser(context, { username, password: PASSWORD, email }))
    t.strictSame(await findSharers(context, 'x@E.example', 'b'), ['a'])
    t.strictSame(await findSharers(context, 'x@e.example', 'c'), ['a', 'b'])
    t.strictSame(await findSharers(context, 'z@e.example', 'c'), [])
  })

  await t.test('address and password of the administrator are those of the configuration', async (t) => {
    const { context, storage } = await open()
    const admin = makeUser({ username: 'admin', origin: 'environment' })
    await storage.users.insert(admin)
    t.match(problemOf(await updateUser(context, admin, { email: 'x@example.com' })), { kind: 'conflict', message: /ADMIN_EMAIL/ })
    t.match(problemOf(await changePassword(context, admin, { password: PASSWORD })), { kind: 'conflict', message: /ADMIN_PASSWORD/ })
    valueOf(await updateUser(context, admin, { nickname: 'boss' }))
    t.match(userJson(valueOf(await findUser(context, 'admin'))), { administrator: true, nickname: 'boss' })
  })
}
