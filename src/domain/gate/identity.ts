/** What an upstream learns of the user: as headers, or as the claims of a signed assertion. */
import { formatScope } from '../protocol/scope.ts'
import type { AccessTokenClaims } from '../token/access-token-claims.ts'
import type { UserProfile } from '../user/user.ts'

/** Long enough for one request to arrive, in seconds. */
export const ASSERTION_TTL = 60

/** Carries the assertion where the operator uses `Authorization` for something else. */
export const ASSERTION_HEADER = 'x-solar-assertion'

interface Known {
  readonly claims: AccessTokenClaims
  readonly user: UserProfile | undefined
}

/** Nobody but us may say so, and only who proved to read mail there has the address; the user must have allowed it. */
function emailOf({ claims, user }: Known): string | undefined {
  const email = user?.emailVerified === true ? user.email : undefined
  if (email === undefined || !claims.scope.split(' ').includes('email')) return undefined
  return /^[\x21-\x7e]+$/.test(email) ? email : undefined
}

export function identityHeaders(known: Known): Record<string, string> {
  const { sub, client_id: clientId, scope } = known.claims
  const email = emailOf(known)
  return {
    'x-auth-subject': sub,
    'x-auth-client': clientId,
    'x-auth-scope': scope,
    ...(email !== undefined && { 'x-auth-email': email }),
  }
}

/**
 * @param audience the upstream's address
 * @param now ms
 */
export function assertionClaims(known: Known, { issuer, audience, jti }: { issuer: string; audience: string; jti: string }, now: number) {
  const { sub, client_id, scope } = known.claims
  const email = emailOf(known)
  const iat = Math.floor(now / 1000)
  const about = { sub, client_id, scope: formatScope(scope.split(' ').filter(Boolean)), ...(email !== undefined && { email }) }
  return { iss: issuer, aud: audience, ...about, jti, iat, exp: iat + ASSERTION_TTL }
}
