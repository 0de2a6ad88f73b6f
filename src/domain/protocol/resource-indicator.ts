/** Resource indicators (RFC 8707): the MCP server that a token is for. */
import { refuse } from './errors.ts'
import type { Refusal } from './errors.ts'
import { isMetadataUri, parseUri } from './uri.ts'

const MAX_LENGTH = 2048

/** An absolute URI without fragment (RFC 8707 section 2). */
export function isResource(raw: string): boolean {
  return raw.length <= MAX_LENGTH && !raw.includes('#') && parseUri(raw) !== undefined
}

/** What may be registered: of the resources, those that are reached by https, or by http on loopback. */
export const isResourceIdentifier = (raw: string): boolean => isResource(raw) && isMetadataUri(raw)

/**
 * One key for all spellings of a resource. Only the slash on an empty path may be missing: clients that parse
 * `https://host` send `https://host/`. Everything else is byte-exact.
 */
export function resourceKey(resource: string): string {
  const uri = parseUri(resource)
  return uri !== undefined && uri.pathname === '/' && uri.search === '' ? resource.replace(/\/$/, '') : resource
}

export function invalidTarget(description: string): Refusal {
  return refuse('invalid_target', description)
}
