/** What an upstream learns of the user: as headers, or as the claims of a signed assertion. */
import { namedGroups } from '../access/group.ts'
import { formatScope } from '../protocol/scope.ts'
import type { AccessTokenClaims } from '../token/access-token-claims.ts'
import type { Resource } from '../resource/resource.ts'
import type { UserProfile } from '../user/user.ts'

/** Long enough for one request to arrive, in seconds. */
export const ASSERTION_TTL = 60

/** Carries the assertion where the operator uses `Authorization` for something else. */
export const ASSERTION_HEADER = 'x-solar-assertion'

interface Known {
  readonly claims: AccessTokenClaims
  readonly user: UserProfile | undefined
  readonly groups: readonly string[]
}

/** Nobody but us may say so, and only who proved to read mail there has the address; the user must have allowed it. */
function emailOf({ claims, user }: Known): string | undefined {
  const email = user?.emailVerified === true ? user.email : undefined
  if (email === undefined || !claims.scope.split(' ').includes('email')) return undefined
  return /^[\x21-\x7e]+$/.test(email) ? email : undefined
}

/** @param resource decides whether the upstream learns of groups */
export function identityHeaders(known: Known, resource: Pick<Resource, 'groupsClaim'>): Record<string, string> {
  const { sub, client_id: clientId, scope } = known.claims
  const email = emailOf(known)
  const groups = namedGroups(resource, known.groups)
  return {
    'x-auth-subject': sub,
    'x-auth-client': clientId,
    'x-auth-scope': scope,
    ...(email !== undefined && { 'x-auth-email': email }),
    ...(groups !== undefined && { 'x-auth-groups': groups.join(',') }),
  }
}

/**
 * @param audience the upstream's address
 * @param now ms
 */
export function assertionClaims(
  known: Known,
  { issuer, audience, jti, resource }: { issuer: string; audience: string; jti: string; resource: Pick<Resource, 'groupsClaim'> },
  now: number,
) {
  const { sub, client_id, scope } = known.claims
  const email = emailOf(known)
  const iat = Math.floor(now / 1000)
  const groups = namedGroups(resource, known.groups)
  const about = { sub, client_id, scope: formatScope(scope.split(' ').filter(Boolean)), ...(email !== undefined && { email }) }
  return { iss: issuer, aud: audience, ...about, ...(groups !== undefined && { groups }), jti, iat, exp: iat + ASSERTION_TTL }
}
