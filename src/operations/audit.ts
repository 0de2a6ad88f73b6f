/** The audit log: who changed what. */
import type { AuditEvent, AuditEventName } from '../domain/audit/audit-event.ts'
import { ok } from '../domain/protocol/result.ts'
import type { OperationContext } from './context.ts'
import { parseLimit } from './limits.ts'
import type { Outcome } from './outcome.ts'

const LIMITS = { usual: 50, max: 10_000 }

export interface EventQuery {
  readonly clientId?: string | undefined
  /** The earliest instant, in ms. */
  readonly since?: number | undefined
  readonly limit?: number | undefined
}

/** The newest events first. */
export async function listEvents(
  { storage }: OperationContext,
  { clientId, since = 0, limit: asked }: EventQuery,
): Promise<Outcome<AuditEvent[]>> {
  const limit = parseLimit(asked, LIMITS)
  return limit.ok ? ok(await storage.auditEvents.list({ clientId, since, limit: limit.value })) : limit
}

/** What is kept under an earlier name. */
const RENAMED: Partial<Record<AuditEventName, string>> = {
  'registration_token.created': 'initial_access_token.created',
  'registration_token.deleted': 'initial_access_token.deleted',
}

/** The name of an event as people and programs read it: the storage keeps the names that it always had. */
export const eventName = (name: AuditEventName): string => RENAMED[name] ?? name

/** An event as programs read it. */
export function eventJson({ at, name, actor, address, clientId, userId, details }: AuditEvent) {
  return { at: new Date(at).toISOString(), event: eventName(name), actor, address, client_id: clientId, sub: userId, details }
}
