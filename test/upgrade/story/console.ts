/** An operator has the console open, and somebody without a role was refused there: no server of the story has a console. */
import type { AuditEventName } from '#src/domain/audit/audit-event.ts'
import { PEOPLE } from './people.ts'
import type { Server } from './timeline.ts'

/** @returns the hash of its cookie */
export async function openConsole({ storage }: Pick<Server, 'storage'>): Promise<string> {
  const now = Date.now()
  const { id: userId } = (await storage.users.findByUsername(PEOPLE.admin.username))!
  const [listed] = await storage.sessions.list({ userId, now, idleSince: 0, limit: 1 })
  const hash = 'the hash of a cookie of the console'
  await storage.sessions.saveConsole(listed!.session.idHash, hash, now)
  const eventOf = (name: AuditEventName, user: string, more: object) =>
    ({ id: `event ${name}`, at: now, name, actor: `user ${user}`, details: { user, ...more } }) as const
  await storage.auditEvents.insert(eventOf('console.opened', PEOPLE.admin.username, { role: 'owner' }))
  await storage.auditEvents.insert(eventOf('console.refused', PEOPLE.helen.username, { denial: 'no role' }))
  return hash
}
