/** Resource indicators (RFC 8707): the URI of the MCP server that a token is for. */
import { refuse } from './errors.ts'
import type { Refusal } from './errors.ts'
import { isMetadataUri, parseUri } from './uri.ts'

const MAX_LENGTH = 2048

/** An absolute URI without fragment (RFC 8707 section 2). */
export function isResource(raw: string): boolean {
  return raw.length <= MAX_LENGTH && !raw.includes('#') && parseUri(raw) !== undefined
}

/** Whether a resource may be registered: only https, or http on loopback. */
export const isResourceIdentifier = (raw: string): boolean => isResource(raw) && isMetadataUri(raw)

/**
 * The same key for all spellings of a resource. Only the slash of an empty path is optional, because clients that parse
 * `https://host` send `https://host/`. Everything else must match byte for byte.
 */
export function resourceKey(resource: string): string {
  const uri = parseUri(resource)
  return uri !== undefined && uri.pathname === '/' && uri.search === '' ? resource.replace(/\/$/, '') : resource
}

export function invalidTarget(description: string): Refusal {
  return refuse('invalid_target', description)
}
