/** An event of the audit log as it is stored. Instants are milliseconds since the epoch. */

export type AuditEventName =
  | 'client.registered'
  | 'client.updated'
  | 'client.deleted'
  | 'client.disabled'
  | 'client.enabled'
  | 'client.secret_rotated'
  | 'client.refused'
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
  | 'user.disabled'
  | 'user.enabled'
  | 'user.unlocked'
  | 'user.deleted'
  | 'user.logged_in'
  | 'link.made'
  | 'link.revoked'
  | 'admission_rule.added'
  | 'admission_rule.deleted'
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
  | 'grant.revoked'
  | 'session.ended'
  | 'group.added'
  | 'group.deleted'
  | 'group.joined'
  | 'group.left'
  | 'access_rule.added'
  | 'access_rule.deleted'
  | 'access.denied'

export type AuditDetails = Readonly<Record<string, unknown>>

export interface AuditEvent {
  readonly id: string
  readonly at: number
  readonly name: AuditEventName
  /** `anonymous`, `client`, `operator`, `server`, `token` and the name of an initial access token, or `user` and a login name. */
  readonly actor: string
  /** IP address of the sender; absent at the command line. */
  readonly address?: string | undefined
  readonly clientId?: string | undefined
  /** Whose account it is about, for the account page. */
  readonly userId?: string | undefined
  /** Never holds a secret. */
  readonly details: Readonly<Record<string, unknown>>
}
