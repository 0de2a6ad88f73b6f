/** Creates or updates the administrator that the configuration names, at every start. */
import type { AuditEvent } from '../domain/audit/audit-event.ts'
import { canonicalUsername } from '../domain/user/username.ts'
import type { Config } from '../config/config.ts'
import { hashPassword, verifyPassword } from '../crypto/password.ts'
import { newId } from '../crypto/random.ts'
import { StorageRefused } from '../storage/storage.ts'
import type { Storage } from '../storage/storage.ts'

type ConfiguredAdmin = Pick<Config, 'adminUsername' | 'adminPassword' | 'adminEmail'> & {
  /** Whether a password that there is already stays. */
  readonly keepsPassword?: boolean
}

/**
 * Creates the administrator, or applies what changed in the configuration. A change ends the administrator's sessions.
 *
 * @param hash for tests, how to hash the password
 * @throws {StorageRefused} if the name already belongs to another user
 */
export async function bootstrapAdmin({ users }: Storage, configured: ConfiguredAdmin, now: number, hash = hashPassword): Promise<void> {
  const username = canonicalUsername(configured.adminUsername)
  const email = configured.adminEmail
  const taken = () =>
    new StorageRefused(
      `The user ${username} exists already and is not the administrator: set ADMIN_USERNAME to another name, or delete that user.`,
    )

  const eventOf = (name: AuditEvent['name'], details: AuditEvent['details']): AuditEvent => ({
    id: newId(),
    at: now,
    name,
    actor: 'server',
    details: { user: username, ...details },
  })

  const found = await users.findAdministrator()
  if (found === undefined) {
    const passwordHash = await hash(configured.adminPassword)
    const user = {
      id: newId(),
      username,
      passwordHash,
      origin: 'environment',
      profile: {},
      email,
      emailVerified: email !== undefined,
      createdAt: now,
      updatedAt: now,
    } as const
    // Another node may have created it at the same moment.
    if (!(await users.insert(user)) && (await users.findByUsername(username))?.origin !== 'environment') throw taken()
    return
  }
  if (found.username !== username || found.email !== email) {
    const changed = { id: found.id, username, profile: found.profile, email, emailVerified: email !== undefined }
    const event = eventOf('user.updated', {
      changed: [...(found.username === username ? [] : ['username']), ...(found.email === email ? [] : ['email'])],
    })
    if (!(await users.update(changed, now, event))) throw taken()
  }
  if (configured.keepsPassword !== true && !(await verifyPassword(configured.adminPassword, found.passwordHash))) {
    await users.changePassword(
      found.id,
      { passwordHash: await hash(configured.adminPassword), endGrants: false },
      now,
      eventOf('user.password_changed', { grants_ended: false }),
    )
  }
}
