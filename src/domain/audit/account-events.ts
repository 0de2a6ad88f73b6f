/** The events of an account that its owner reads on the account page; each has a sentence there. */
import type { AuditEventName } from './audit-event.ts'

export const ACCOUNT_EVENTS: ReadonlySet<AuditEventName> = new Set<AuditEventName>([
  'user.added',
  'user.updated',
  'user.password_changed',
  'user.role_changed',
  'user.disabled',
  'user.enabled',
  'user.unlocked',
  'user.logged_in',
  'factor.added',
  'factor.removed',
  'recovery_codes.made',
  'recovery_code.used',
  'passkey.copied',
  'identity.linked',
  'identity.unlinked',
  'identity.failed',
  'login.failed',
  'login.limited',
  'consent.given',
  'consent.denied',
  'grant.revoked',
  'session.ended',
  'personal_token.created',
  'personal_token.revoked',
])
