/** Access rules for tests: each has an id of its own, and concerns everybody, unless a test says otherwise. */
import type { AccessRule } from '#src/domain/access/access-rule.ts'
import { sha256 } from '#src/domain/protocol/sha256.ts'
import { FRESH_MS } from '#src/plugins/kernel/resources.ts'
import type { Storage } from '#src/storage/storage.ts'
import { sampleClient } from './records.ts'

let made = 0

export function makeRule(resourceId: string, effect: AccessRule['effect'], changes: Partial<AccessRule> = {}): AccessRule {
  return { id: `rule-${made++}`, resourceId, effect, who: { kind: 'everybody' }, createdAt: made, ...changes }
}

/** Keeps a rule, and lets as much time pass as the server may take to notice. */
export async function addRule(
  { storage, clock }: { storage: Storage; clock: { now: number } },
  ...[resourceId, effect, changes]: Parameters<typeof makeRule>
): Promise<AccessRule> {
  const rule = makeRule(resourceId, effect, changes)
  await storage.accessRules.insert(rule)
  clock.now += FRESH_MS
  return rule
}

/** A client of an operator, which gets tokens for itself. */
export async function addMachine({ storage }: { storage: Storage }): Promise<{ client_id: string; client_secret: string }> {
  const metadata = {
    tokenEndpointAuthMethod: 'client_secret_post',
    grantTypes: ['client_credentials'],
    redirectUris: [],
    scopes: [],
  } as const
  const id = `client_machine_${made++}`
  await storage.clients.insert(sampleClient({ id, secretHash: sha256('s'), origin: 'operator', metadata }))
  return { client_id: id, client_secret: 's' }
}
