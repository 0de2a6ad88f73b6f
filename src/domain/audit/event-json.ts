/** An audit event as people and programs read it. */
import type { AuditEvent, AuditEventName } from './audit-event.ts'

/** What is kept under an earlier name. */
const RENAMED: Partial<Record<AuditEventName, string>> = {
  'registration_token.created': 'initial_access_token.created',
  'registration_token.deleted': 'initial_access_token.deleted',
}

/** The name of an event as people and programs read it: the storage keeps the names that it always had. */
export const eventName = (name: AuditEventName): string => RENAMED[name] ?? name

/** An event as programs read it. */
export function eventJson({ id, at, name, actor, address, clientId, userId, details, times, lastAt }: AuditEvent) {
  return {
    id,
    at: new Date(at).toISOString(),
    event: eventName(name),
    actor,
    address,
    client_id: clientId,
    sub: userId,
    details,
    times,
    last_at: lastAt === undefined ? undefined : new Date(lastAt).toISOString(),
  }
}
