/** Which rule about clients is in force (the setting CLIENTS), as each start finds it. */
import type { Config } from '../config/config.ts'
import type { Storage } from '../storage/storage.ts'

/** Clients that one transaction looks at: few enough that nobody waits for it. */
const BATCH = 500

/**
 * When approvals begin, what people use already is approved: clients with a live grant. If this ends halfway, the next start begins again; nodes
 * that do it at the same time approve the same ones.
 *
 * @returns how many were approved
 */
export async function followClientRule({ clients }: Storage, { clients: rule }: Pick<Config, 'clients'>, now: number): Promise<number> {
  const before = await clients.findRule()
  if (before === rule) return 0
  let approved = 0
  if (rule === 'approve') {
    for (let after = ''; ;) {
      const batch = await clients.approveLive({ after, limit: BATCH }, now)
      if (batch === undefined) break
      after = batch.last
      approved += batch.count
    }
  }
  await clients.saveRule(rule, now)
  return approved
}
