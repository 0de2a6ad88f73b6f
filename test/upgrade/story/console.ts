/** An operator has the console open. */
import { PEOPLE } from './people.ts'
import type { Server } from './timeline.ts'

/** @returns the hash of its cookie */
export async function openConsole({ storage }: Pick<Server, 'storage'>): Promise<string> {
  const now = Date.now()
  const { id: userId } = (await storage.users.findByUsername(PEOPLE.admin.username))!
  const [listed] = await storage.sessions.list({ userId, now, idleSince: 0, limit: 1 })
  const hash = 'the hash of a cookie of the console'
  await storage.sessions.saveConsole(listed!.session.idHash, hash, now)
  return hash
}
