/** The details of audit events: what was registered or changed, and why a request was refused. Never a secret. */
import { renderClientMetadata } from '../client/client-information.ts'
import type { ClientMetadata } from '../client/client-metadata.ts'
import type { OAuthError } from '../protocol/errors.ts'
import type { AuditDetails } from './audit-event.ts'
import type { Client } from '../client/client.ts'
import type { Resource } from '../resource/resource.ts'

/** Longest value, in characters; a longer one is cut. */
const MAX_VALUE = 512
/** Most members of one event. */
const MAX_MEMBERS = 40

/** What was registered, as the client reads it in the response. */
export const registeredDetails = (metadata: ClientMetadata): AuditDetails => bounded(registeredMembers(metadata))

/** The members that an update changed, each as `[before, after]` with `null` for an absent value; and whether the secret changed. */
export function changedDetails(before: Client, after: Client): AuditDetails {
  return {
    ...differences(registeredMembers(before.metadata), registeredMembers(after.metadata)),
    ...(before.secretHash !== after.secretHash && { client_secret: after.secretHash === undefined ? 'removed' : 'new' }),
  }
}

export const resourceDetails = (resource: Resource): AuditDetails => bounded(auditMembers(resource))

/** Which resource was updated, and the members that changed, as in `changedDetails`. */
export const changedResourceDetails = (before: Resource, after: Resource): AuditDetails => ({
  resource: before.identifier,
  ...differences(auditMembers(before), auditMembers(after)),
})

/** By the names that the command line uses. */
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

function differences(old: AuditDetails, renewed: AuditDetails): AuditDetails {
  const names = [...new Set([...Object.keys(old), ...Object.keys(renewed)])]
  const changed = names.filter((name) => JSON.stringify(old[name]) !== JSON.stringify(renewed[name]))
  return Object.fromEntries(
    changed.slice(0, MAX_MEMBERS).map((name) => [name, [shortened(old[name] ?? null), shortened(renewed[name] ?? null)]]),
  )
}

/** Without the software statement: anyone who has it can register clients with it. */
function registeredMembers(metadata: ClientMetadata): AuditDetails {
  const { software_statement: _secret, ...members } = renderClientMetadata(metadata)
  return members
}

/** Why a request was refused, as the response says. */
export const refusedDetails = (action: string, { code, description }: OAuthError): AuditDetails =>
  bounded({ action, error: code, description })

/** Strangers choose what is registered, so the size of an event is bounded (threat-model.md T18). */
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
