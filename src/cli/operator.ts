/** Audit events of what an operator does at the command line. */
import type { AuditEvent } from '../domain/audit/audit-event.ts'
import { newId } from '../crypto/random.ts'

export const operatorEvent = (told: Pick<AuditEvent, 'name' | 'clientId' | 'details'>): AuditEvent => ({
  id: newId(),
  at: Date.now(),
  actor: 'operator',
  ...told,
})
