/** What operations need besides their arguments. They know no process, no environment, and no clock of their own. */
import type { AuditEvent } from '../domain/audit/audit-event.ts'
import type { Program } from '../domain/management/program.ts'
import type { Actor } from '../domain/user/role.ts'
import type { Config } from '../config/config.ts'
import type { Storage } from '../storage/storage.ts'

export interface OperationContext {
  /** Who does it: what they may change depends on their role, and events have their name. */
  readonly actor: Actor
  readonly storage: Storage
  /** The time in ms. */
  readonly now: () => number
  readonly newId: () => string
  /** An id that sorts by its time, for records of which there will be many. */
  readonly newRecordId: (now: number) => string
  readonly newSecret: () => string
  readonly newPersonalToken: () => string
  /** The secret that encrypts private keys; called only by operations that need it. */
  readonly secret: () => string
  /** What runs; absent where the server is part of another program. */
  readonly program?: Program | undefined
  readonly config: Pick<
    Config,
    | 'accessDefault'
    | 'admit'
    | 'adminUsername'
    | 'clients'
    | 'clientSecretOverlap'
    | 'databaseUrl'
    | 'issuer'
    | 'locales'
    | 'mailFrom'
    | 'personalTokenMaxTtl'
    | 'personalTokens'
    | 'secondFactor'
    | 'secretPrevious'
    | 'securityProfile'
    | 'serviceName'
    | 'sessionIdleTtl'
    | 'smtpUrl'
  >
}

/** An audit event of what the actor does. */
export const operatorEvent = (
  { actor, newId, now }: Pick<OperationContext, 'actor' | 'newId' | 'now'>,
  event: Pick<AuditEvent, 'name' | 'clientId' | 'userId' | 'details'>,
): AuditEvent => ({
  id: newId(),
  at: now(),
  actor: actor.name,
  ...(actor.address !== undefined && { address: actor.address }),
  ...event,
})

/** When sessions are live: now, and not idle for too long. */
export function liveAt({ now, config }: OperationContext): { now: number; idleSince: number } {
  const at = now()
  return { now: at, idleSince: at - config.sessionIdleTtl * 1000 }
}
