import t from 'tap'
import { PASSWORD_LOGIN } from '#src/domain/authorization/authentication.ts'
import { bootstrapAdmin } from '#src/process/bootstrap-admin.ts'
import { hashPassword, verifyPassword } from '#src/crypto/password.ts'
import { addOwner } from '#test/storage/conformance/records.ts'
import type { Storage } from '#src/storage/storage.ts'
import { openPrepared } from '#test/support/memory-storage.ts'

const CONFIGURED = { adminUsername: 'Admin', adminPassword: 'admin123', adminEmail: 'admin@example.com' }
const NOW = 1_800_000_000_000

async function started(
  t: { teardown(fn: () => unknown): unknown },
  named: Parameters<typeof bootstrapAdmin>[1] = CONFIGURED,
): Promise<Storage> {
  const storage = await openPrepared()
  t.teardown(() => storage.close())
  await bootstrapAdmin(storage, named, NOW)
  return storage
}

/** Starts a session of the administrator; the function says whether it is still alive. */
async function logIn({ users, sessions }: Storage): Promise<() => Promise<boolean>> {
  const { id } = (await users.findAdministrator())!
  await sessions.insert({
    idHash: 'session',
    sid: 'sid',
    userId: id,
    ...PASSWORD_LOGIN,
    authTime: NOW,
    createdAt: NOW,
    lastSeenAt: NOW,
    expiresAt: NOW + 1000,
  })
  return async () => (await sessions.findLive('session', NOW, NOW - 1000)) !== undefined
}

t.test('the first start creates the administrator, whose e-mail address counts as verified', async (t) => {
  const { users } = await started(t)
  const user = (await users.findByUsername('admin'))!
  t.match(user, { origin: 'environment', email: 'admin@example.com', emailVerified: true, createdAt: NOW })
  t.ok(await verifyPassword('admin123', user.passwordHash))
  t.notMatch(user.passwordHash, 'admin123')
})

t.test('a start with nothing changed keeps the administrator and its sessions', async (t) => {
  const storage = await started(t)
  const before = await storage.users.list()
  const alive = await logIn(storage)
  await bootstrapAdmin(storage, CONFIGURED, NOW + 1)
  t.same(await storage.users.list(), before)
  t.ok(await alive())
})

for (const [what, change] of [
  ['name', { adminUsername: 'helen' }],
  ['password', { adminPassword: 'another one' }],
  ['address', { adminEmail: 'helen@example.com' }],
  ['address, now none,', { adminEmail: undefined }],
] as const) {
  t.test(`a changed ${what} changes the same user and ends its sessions`, async (t) => {
    const storage = await started(t)
    const before = (await storage.users.findAdministrator())!
    const alive = await logIn(storage)
    const { adminEmail, ...rest } = { ...CONFIGURED, ...change }
    const named = adminEmail === undefined ? rest : { ...rest, adminEmail }
    await bootstrapAdmin(storage, named, NOW + 1)
    const [user, ...others] = await storage.users.list()
    t.same(others, [])
    t.match(user, {
      id: before.id,
      username: named.adminUsername.toLowerCase(),
      email: adminEmail,
      emailVerified: adminEmail !== undefined,
    })
    t.ok(await verifyPassword(named.adminPassword, user!.passwordHash))
    t.notOk(await alive())
    const [event, ...more] = await storage.auditEvents.list({ since: 0, limit: 9 })
    t.strictSame(more, [])
    t.match(event, {
      at: NOW + 1,
      actor: 'server',
      name: /^user\.(updated|password_changed)$/,
      details: { user: named.adminUsername.toLowerCase() },
    })
  })
}

t.test("no start makes an administrator out of another user's account", async (t) => {
  const refused = {
    name: 'StorageRefused',
    message: /^The user helen exists already and is not the administrator: set ADMIN_USERNAME to another name, or delete that user\.$/,
  }
  const storage = await started(t)
  const helen = {
    id: 'h',
    username: 'helen',
    passwordHash: await hashPassword('a password'),
    origin: 'operator',
    profile: {},
    emailVerified: false,
    createdAt: NOW,
    updatedAt: NOW,
  } as const
  await storage.users.insert(helen)
  await t.rejects(bootstrapAdmin(storage, { ...CONFIGURED, adminUsername: 'helen' }, NOW), refused)
  await addOwner(storage)
  await storage.users.delete((await storage.users.findAdministrator())!.id, NOW)
  await t.rejects(bootstrapAdmin(storage, { ...CONFIGURED, adminUsername: 'helen' }, NOW), refused)
  t.match(await storage.users.findByUsername('helen'), { id: 'h', origin: 'operator' })
})

t.test('two nodes that start at the same moment create one administrator', async (t) => {
  const storage = await openPrepared()
  t.teardown(() => storage.close())
  await Promise.all([bootstrapAdmin(storage, CONFIGURED, NOW), bootstrapAdmin(storage, CONFIGURED, NOW)])
  t.equal((await storage.users.list()).length, 1)
})
