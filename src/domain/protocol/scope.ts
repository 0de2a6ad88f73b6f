/** Scope strings (RFC 6749 section 3.3), which scopes a client gets, and permissions. */

import { refuse } from './errors.ts'
import type { OAuthError } from './errors.ts'
import { ok } from './result.ts'
import type { Result } from './result.ts'

/** The scopes of this server; registered resources add theirs. */
export const BUILT_IN_SCOPES = ['openid', 'profile', 'email', 'address', 'phone', 'offline_access'] as const

const SCOPE_TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]+$/

/** Whether a string follows the grammar; it may be empty, and have more spaces than needed. */
export const isScope = (raw: string): boolean => raw.split(' ').every((token) => token === '' || SCOPE_TOKEN.test(token))

/**
 * The scope tokens of a request. What can't be read must not pass for nothing, which has the widest meaning: everything (RFC 6749
 * sections 3.3 and 5.2).
 */
export function parseRequestedScope(raw: string | undefined): Result<string[], OAuthError> {
  if (raw !== undefined && !isScope(raw)) return refuse('invalid_scope', 'scope must be words of visible ASCII between single spaces')
  return ok(parseScope(raw))
}

/** The distinct scope tokens of a space-delimited string, in order. Drops what violates the grammar. */
export function parseScope(raw: string | undefined): string[] {
  return [...new Set((raw ?? '').split(' '))].filter((token) => SCOPE_TOKEN.test(token))
}

export const formatScope = (scopes: readonly string[]): string => scopes.join(' ')

/**
 * The scopes that a request can be granted. Unknown ones are dropped; a request without scopes gets all that the client registered.
 *
 * @param requested the request's scope tokens
 * @param registered the client's registered scope tokens; empty for all supported ones
 * @param supported every scope that can be granted to this request
 * @param beyond supported scopes that need no registration
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

/** A permission, which is what a user allows: `SCOPE`, or `SCOPE URI` for a scope of a resource. */
export const permissionAt = (scope: string, identifier: string): string => `${scope} ${identifier}`

/** The distinct scopes of permissions. */
export const permittedScopes = (permissions: readonly string[]): string[] => [
  ...new Set(permissions.map((permission) => permission.split(' ')[0]!)),
]
