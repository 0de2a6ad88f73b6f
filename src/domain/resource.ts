/** Resource indicators (RFC 8707): the MCP server that a token is for. */
import { parseUri } from './uri.ts'

const MAX_LENGTH = 2048

/** An absolute URI without fragment (RFC 8707 section 2). */
export function isResource(raw: string): boolean {
  return raw.length <= MAX_LENGTH && !raw.includes('#') && parseUri(raw) !== undefined
}

/** Two spellings of one resource: a slash on an empty path may be missing. */
function canonical(resource: string): string {
  const uri = parseUri(resource)
  return uri !== undefined && uri.pathname === '/' && uri.search === '' ? resource.replace(/\/$/, '') : resource
}

/**
 * The granted resources that a token request names; `undefined` if it names one that wasn't granted.
 *
 * @param granted as the authorization request spelled them: so they end in `aud`
 * @param requested empty means all that was granted
 */
export function narrowResources(granted: readonly string[], requested: readonly string[]): string[] | undefined {
  if (requested.length === 0) return [...granted]
  const narrowed = new Set<string>()
  for (const resource of requested) {
    const match = granted.find((candidate) => canonical(candidate) === canonical(resource))
    if (match === undefined) return undefined
    narrowed.add(match)
  }
  return [...narrowed]
}
