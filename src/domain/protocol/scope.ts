/** Scope strings (RFC 6749 section 3.3), what a client gets of what it asks, and permissions. */

/** The scopes this server knows by itself; those of registered resources come on top. */
export const BUILT_IN_SCOPES = ['openid', 'profile', 'email', 'address', 'phone', 'offline_access'] as const

const SCOPE_TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]+$/

/** The distinct scope tokens of a space-delimited string, in order; what breaks the grammar is left out. */
export function parseScope(raw: string | undefined): string[] {
  return [...new Set((raw ?? '').split(' '))].filter((token) => SCOPE_TOKEN.test(token))
}

export const formatScope = (scopes: readonly string[]): string => scopes.join(' ')

/**
 * What an authorization request may get: unknown scopes are dropped, no scope at all means everything that the
 * client registered.
 *
 * @param requested the request's scope tokens, empty when it named none
 * @param registered the client's registered scope tokens; empty means all supported
 * @param supported every scope that can be granted to this request
 * @param beyond those of them that a client may ask for without having registered them
 */
export function grantableScopes(
  requested: readonly string[],
  registered: readonly string[],
  supported: readonly string[],
  beyond: readonly string[] = ['offline_access'],
): string[] {
  const allowed = registered.length === 0 ? supported : supported.filter((scope) => registered.includes(scope))
  if (requested.length === 0) return [...allowed]
  return requested.filter((scope) => allowed.includes(scope) || (beyond.includes(scope) && supported.includes(scope)))
}

/** Whether every scope of `part` is in `whole`. */
export const isSubset = (part: readonly string[], whole: readonly string[]): boolean => part.every((scope) => whole.includes(scope))

/** A permission is what a person allows: `SCOPE`, or `SCOPE URI` for a scope of a resource. */
export const permissionAt = (scope: string, identifier: string): string => `${scope} ${identifier}`

/** The scopes of permissions, each once. */
export const permittedScopes = (permissions: readonly string[]): string[] => [
  ...new Set(permissions.map((permission) => permission.split(' ')[0]!)),
]
