/** What of an event is for the command line of the machine alone: where requests go, which program runs, and references to secrets. */
import type { AuditDetails, AuditEvent } from './audit-event.ts'

export const NOT_SHOWN = 'set, not shown'

/** Of an MCP server behind the gate (audit-details.ts). */
const OF_GATE = ['upstream', 'command', 'env', 'run_as', 'directory', 'upstream_headers']

/**
 * The details as people and programs read them over the network: that these are set, or that they changed, without their values.
 *
 * @param isPrivateIssuer whether the issuer of a provider is one that only this machine or its network reaches
 */
export function networkDetails(
  { name, details }: Pick<AuditEvent, 'name' | 'details'>,
  isPrivateIssuer: (issuer: string) => boolean,
): AuditDetails {
  const isHidden = (member: string, value: unknown): boolean =>
    (name.startsWith('resource.') && OF_GATE.includes(member) && JSON.stringify(value) !== '[]') ||
    (name.startsWith('provider.') &&
      member === 'issuer' &&
      [value].flat().some((each) => typeof each === 'string' && isPrivateIssuer(each)))
  return Object.fromEntries(Object.entries(details).map(([member, value]) => [member, isHidden(member, value) ? NOT_SHOWN : value]))
}
