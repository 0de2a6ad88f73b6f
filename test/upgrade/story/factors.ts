/** What people log in with besides a password. */
import type { AuditEventName } from '#src/domain/audit/audit-event.ts'
import { addFactors } from '#test/storage/conformance/records.ts'
import { PEOPLE } from './people.ts'
import type { Server } from './timeline.ts'

/** Of somebody who is disabled already, so that nobody is asked for more. */
export async function setUpFactors({ storage }: Pick<Server, 'storage'>): Promise<void> {
  const user = (await storage.users.findByUsername(PEOPLE.oscar.username))!
  const at = Date.now()
  const eventOf = (name: AuditEventName) =>
    ({ id: `event ${name}`, at, name, actor: `user ${user.username}`, userId: user.id, details: { user: user.username } }) as const
  const { id } = await addFactors(storage, user.id)
  await storage.factors.saveCodes({ userId: user.id, secret: 'sealed', lastStep: 1, createdAt: at }, eventOf('factor.added'))
  await storage.factors.deleteCodes(user.id, eventOf('factor.removed'))
  await storage.factors.saveCodes({ userId: user.id, secret: 'sealed', lastStep: 1, createdAt: at })
  await storage.factors.saveRecoveryCodes(user.id, ['four', 'five'], at, eventOf('recovery_codes.made'))
  await storage.factors.useRecoveryCode(user.id, 'four', at, eventOf('recovery_code.used'))
  if (!(await storage.factors.usePasskey(id, { counter: 1, backedUp: true }, at)))
    await storage.auditEvents.insert(eventOf('passkey.copied'))
}
