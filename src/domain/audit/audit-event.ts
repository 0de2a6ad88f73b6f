/** An event of the audit log as it is stored. Instants are milliseconds since the epoch. */

export type AuditEventName =
  | 'client.registered'
  | 'client.updated'
  | 'client.deleted'
  | 'client.disabled'
  | 'client.enabled'
  | 'client.secret_rotated'
  | 'client.refused'
  | 'client.approved'
  | 'client.turned_away'
  | 'clients.approved'
  | 'clients.swept'
  | 'key.made'
  | 'key.revoked'
  | 'keys.reset'
  | 'registration_token.created'
  | 'registration_token.deleted'
  | 'resource.registered'
  | 'resource.updated'
  | 'resource.secret_rotated'
  | 'resource.deleted'
  | 'user.added'
  | 'user.updated'
  | 'user.password_changed'
  | 'user.role_changed'
  | 'user.disabled'
  | 'user.enabled'
  | 'user.unlocked'
  | 'user.deleted'
  | 'user.logged_in'
  | 'link.made'
  | 'link.revoked'
  | 'identity.failed'
  | 'admission_rule.added'
  | 'admission_rule.deleted'
  | 'factor.added'
  | 'factor.removed'
  | 'recovery_codes.made'
  | 'recovery_code.used'
  | 'passkey.copied'
  | 'login.failed'
  | 'login.limited'
  | 'login.refused'
  | 'identity.linked'
  | 'identity.unlinked'
  | 'provider.added'
  | 'provider.updated'
  | 'provider.enabled'
  | 'provider.disabled'
  | 'provider.deleted'
  | 'consent.given'
  | 'consent.denied'
  | 'grant.issued'
  | 'grant.replayed'
  | 'grant.revoked'
  | 'session.ended'
  | 'personal_token.created'
  | 'personal_token.revoked'
  | 'group.added'
  | 'group.deleted'
  | 'group.joined'
  | 'group.left'
  | 'access_rule.added'
  | 'access_rule.deleted'
  | 'access.denied'
  | 'console.opened'
  | 'console.refused'
  | 'tool.called'
  | 'tool.denied'

export type AuditDetails = Readonly<Record<string, unknown>>

export interface AuditEvent {
  readonly id: string
  readonly at: number
  readonly name: AuditEventName
  /** `anonymous`, `client` (and its id, if it manages the server), `operator`, `server`, `token` and the name of an initial access token, or `user` and a login name. */
  readonly actor: string
  /** IP address of the sender; absent at the command line. */
  readonly address?: string | undefined
  readonly clientId?: string | undefined
  /** Whose account it is about, for the account page. */
  readonly userId?: string | undefined
  /** Never holds a secret. */
  readonly details: Readonly<Record<string, unknown>>
  /** How often it happened, and when last, if that is more than once: `at` and the details are those of the first time. */
  readonly times?: number | undefined
  readonly lastAt?: number | undefined
}

/** What finds an event, and orders events. */
export type EventKey = Pick<AuditEvent, 'at' | 'id'>

/**
 * Failures and refusals are counted: strangers can cause any number of them (threat-model.md T18). A user who says no at the consent page
 * has made a decision, and each decision is an event of its own.
 */
export const isCounted = ({ name, actor }: Pick<AuditEvent, 'name' | 'actor'>): boolean =>
  name === 'consent.denied' ? !actor.startsWith('user ') : /\.(failed|limited|refused|denied|replayed)$/.test(name)
/** For how long the same failure is one event, in ms. */
export const COUNTED_FOR_MS = 600_000
