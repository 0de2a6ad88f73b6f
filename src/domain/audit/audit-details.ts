/** The details of audit events: what was registered or changed, and why a request was refused. Never a secret. */
import { decisions } from '../authorization/requested-access.ts'
import type { RequestedAccess } from '../authorization/requested-access.ts'
import { renderClientMetadata } from '../client/client-information.ts'
import type { RenderedMetadata } from '../client/client-information.ts'
import type { ClientMetadata } from '../client/client-metadata.ts'
import type { OAuthError } from '../protocol/errors.ts'
import type { AuditDetails } from './audit-event.ts'
import type { Client } from '../client/client.ts'
import { isCommand } from '../gate/command/command.ts'
import { showUpstream } from '../gate/command/command-line.ts'
import type { Gate } from '../gate/gate.ts'
import type { Resource } from '../resource/resource.ts'

/** Strangers choose what is registered, so the size of an event is bounded as a whole (threat-model.md T18). In bytes, as JSON. */
export const MAX_DETAILS = 1700
/** How long a value may be, in characters; shorter where the whole is too large. */
const LENGTHS = [512, 128, 32] as const

/** Details whose values are cut to a length. */
type Cut = (length: number) => AuditDetails

/**
 * What was registered, as the client reads it in the response.
 *
 * @param rendered that metadata
 */
export const registeredDetails = (metadata: ClientMetadata, rendered?: RenderedMetadata): AuditDetails =>
  fitDetails(registeredMembers(metadata, rendered))

/** The members that an update changed, each as `[before, after]` with `null` for an absent value; and whether the secret changed. */
export function changedDetails(before: Client, after: Client): AuditDetails {
  const secret = before.secretHash === after.secretHash ? {} : { client_secret: after.secretHash === undefined ? 'removed' : 'new' }
  const changed = differences(registeredMembers(before.metadata), registeredMembers(after.metadata))
  return fit((length) => ({ ...secret, ...changed(length) }))
}

export const resourceDetails = (resource: Resource): AuditDetails => fitDetails(auditMembers(resource))

/** Which resource was updated, and the members that changed, as in `changedDetails`. */
export function changedResourceDetails(before: Resource, after: Resource): AuditDetails {
  const changed = differences(auditMembers(before), auditMembers(after))
  return fit((length) => ({ resource: shortened(before.identifier, length), ...changed(length) }))
}

/** By the names that the command line uses. */
function auditMembers({
  identifier,
  name,
  scopes,
  accessTokenTtl,
  accessTokenFormat,
  accessTokenAlg,
  gate,
  groupsClaim,
  tools,
}: Resource): AuditDetails {
  return {
    resource: identifier,
    name,
    scopes: scopes.flatMap(({ name, description, translations = {}, kind, required, tools: unlocked = [] }) => [
      `${name}=${description}`,
      ...(kind === undefined ? [] : [`${name}: ${kind}`]),
      ...(required === undefined ? [] : [`${name}: required`]),
      ...unlocked.map((tool) => `${name}: ${tool}`),
      ...Object.entries(translations).map(([language, words]) => `${name}#${language}=${words}`),
    ]),
    ...(accessTokenTtl !== undefined && { token_ttl: accessTokenTtl }),
    ...(accessTokenFormat !== undefined && { token_format: accessTokenFormat }),
    ...(accessTokenAlg !== undefined && { alg: accessTokenAlg }),
    ...(tools !== undefined && { known_tools: tools.map(({ name }) => name) }),
    ...(groupsClaim !== undefined && { groups_claim: 'on' }),
    ...(gate !== undefined && gateMembers(gate)),
  }
}

/** References to secrets, never secrets. */
const gateMembers = ({ upstream, identity, headers, tools, process: rules, validatesHeaders }: Gate): AuditDetails => ({
  ...(upstream !== undefined && { [isCommand(upstream) ? 'command' : 'upstream']: showUpstream(upstream) }),
  ...(validatesHeaders !== undefined && { validates_headers: validatesHeaders }),
  ...(rules !== undefined && {
    per: rules.per,
    env: rules.env.map(({ name, value }) => `${name}=${value}`),
    ...(rules.user !== undefined && { run_as: rules.user }),
    ...(rules.directory !== undefined && { directory: rules.directory }),
  }),
  identity,
  upstream_headers: headers.map(({ name, value }) => `${name}: ${value}`),
  tools: tools.map(({ tool, scope }) => `${tool}=${scope}`),
})

function differences(old: AuditDetails, renewed: AuditDetails): Cut {
  const names = [...new Set([...Object.keys(old), ...Object.keys(renewed)])]
  const changed = names.filter((name) => JSON.stringify(old[name]) !== JSON.stringify(renewed[name]))
  return (length) =>
    Object.fromEntries(changed.map((name) => [name, [shortened(old[name] ?? null, length), shortened(renewed[name] ?? null, length)]]))
}

/** Without the software statement: anyone who has it can register clients with it. */
function registeredMembers(metadata: ClientMetadata, rendered = renderClientMetadata(metadata)): AuditDetails {
  const { software_statement: _secret, ...members } = rendered
  return { ...members, ...(metadata.securityProfile !== undefined && { security_profile: metadata.securityProfile }) }
}

/** What a user allowed or denied, and where the client's answer goes. */
export const consentDetails = (access: RequestedAccess, redirect: string): AuditDetails =>
  fitDetails({ permissions: decisions(access), resources: access.targets.map(({ identifier }) => identifier), redirect })

/** Why a request was refused, as the response says. */
export const refusedDetails = (action: string, { code, description }: OAuthError): AuditDetails =>
  fitDetails({ action, error: code, description })

/** Details from strangers' text, as they fit into an event. */
export function fitDetails(details: AuditDetails): AuditDetails {
  // No value is longer than the whole.
  return sizeOf(details) <= LENGTHS[0] ? details : fit(cutEach(details))
}

const cutEach =
  (details: AuditDetails): Cut =>
  (length) =>
    Object.fromEntries(Object.entries(details).map(([name, value]) => [name, shortened(value, length)]))

/** The longest values that fit. Where even the shortest don't, the last members are left out, and `more` says how many. */
function fit(cut: Cut): AuditDetails {
  let details: AuditDetails = {}
  for (const length of LENGTHS) {
    details = cut(length)
    if (sizeOf(details) <= MAX_DETAILS) return details
  }
  const entries = Object.entries(details)
  let count = entries.length
  const first = () => ({ ...Object.fromEntries(entries.slice(0, count)), more: entries.length - count })
  while (sizeOf(first()) > MAX_DETAILS) count -= 1
  return first()
}

const sizeOf = (details: AuditDetails): number => Buffer.byteLength(JSON.stringify(details))

function shortened(value: unknown, length: number): unknown {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  // Without half of a surrogate pair at the end.
  return text.length <= length ? value : `${text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '')}…`
}
