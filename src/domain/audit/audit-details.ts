/** What is told of a change, so that an operator can see later who did it. Never a secret: only what is registered, and why not. */
import { renderClientMetadata } from '../client/client-information.ts'
import type { ClientMetadata } from '../client/client-metadata.ts'
import type { OAuthError } from '../protocol/errors.ts'
import type { AuditDetails } from './audit-event.ts'
import type { Client } from '../client/client.ts'
import type { Resource } from '../resource/resource.ts'

/** Longest value that is kept as it is, in characters; of a longer one its beginning is. */
const MAX_VALUE = 512
/** Most members of one event. */
const MAX_MEMBERS = 40

/** What was registered, as the client was told. */
export const registeredDetails = (metadata: ClientMetadata): AuditDetails => bounded(registeredMembers(metadata))

/** The members that an update changed, each with its value before and after, `null` where there was none; and whether the secret changed. */
export function changedDetails(before: Client, after: Client): AuditDetails {
  return {
    ...differences(registeredMembers(before.metadata), registeredMembers(after.metadata)),
    ...(before.secretHash !== after.secretHash && { client_secret: after.secretHash === undefined ? 'removed' : 'new' }),
  }
}

/** What was registered of a resource. */
export const resourceDetails = (resource: Resource): AuditDetails => bounded(auditMembers(resource))

/** Which resource was updated, and its members that changed, before and after. */
export const changedResourceDetails = (before: Resource, after: Resource): AuditDetails => ({
  resource: before.identifier,
  ...differences(auditMembers(before), auditMembers(after)),
})

/** As an operator says it at the command line. */
function auditMembers({ identifier, name, scopes, accessTokenTtl, accessTokenFormat, accessTokenAlg }: Resource): AuditDetails {
  return {
    resource: identifier,
    name,
    scopes: scopes.map((scope) => `${scope.name}=${scope.description}`),
    ...(accessTokenTtl !== undefined && { token_ttl: accessTokenTtl }),
    ...(accessTokenFormat !== undefined && { token_format: accessTokenFormat }),
    ...(accessTokenAlg !== undefined && { alg: accessTokenAlg }),
  }
}

/** The members that aren't the same, each with its value before and after, `null` where there was none. */
function differences(old: AuditDetails, renewed: AuditDetails): AuditDetails {
  const names = [...new Set([...Object.keys(old), ...Object.keys(renewed)])]
  const changed = names.filter((name) => JSON.stringify(old[name]) !== JSON.stringify(renewed[name]))
  return Object.fromEntries(
    changed.slice(0, MAX_MEMBERS).map((name) => [name, [shortened(old[name] ?? null), shortened(renewed[name] ?? null)]]),
  )
}

/** A software statement registers other clients, too, for who has it. */
function registeredMembers(metadata: ClientMetadata): AuditDetails {
  const { software_statement: _secret, ...members } = renderClientMetadata(metadata)
  return members
}

/** What was refused, as the sender was told. */
export const refusedDetails = (action: string, { code, description }: OAuthError): AuditDetails =>
  bounded({ action, error: code, description })

/** Strangers choose what is registered: an event stays small whatever that is (threat-model.md T18). */
function bounded(details: AuditDetails): AuditDetails {
  return Object.fromEntries(
    Object.entries(details)
      .slice(0, MAX_MEMBERS)
      .map(([name, value]) => [name, shortened(value)]),
  )
}

function shortened(value: unknown): unknown {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length <= MAX_VALUE ? value : `${text.slice(0, MAX_VALUE)}…`
}
