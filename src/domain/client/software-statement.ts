/**
 * Software statements (RFC 7591 sections 2.3 and 3.1.1): client metadata that a trusted issuer signed. Checks the claims;
 * crypto/foreign-signature.ts verifies the signature.
 */
import { Value } from '@sinclair/typebox/value'
import { RegistrationRequest } from '../../schemas/registration.ts'
import { err, ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'
import { isExpired, isInFuture } from '../protocol/jwt.ts'

export type StatementClaims = Readonly<Record<string, unknown>>

/**
 * Checks the claims of RFC 7519 section 4.1, all of which are optional. The error completes "software_statement ...".
 *
 * @param audience the accepted values of `aud`
 * @param now ms since the epoch
 */
export function checkStatementClaims(
  { exp, nbf, iat, aud }: StatementClaims,
  audience: readonly string[],
  now: number,
): Result<undefined, string> {
  if (exp !== undefined && isExpired(exp, now)) return err('has expired')
  for (const [name, instant] of Object.entries({ nbf, iat })) {
    if (isInFuture(instant, now)) return err(`is not valid yet (${name})`)
  }
  // RFC 7519 section 4.1.3: a server that an aud doesn't name must refuse the JWT.
  if (aud !== undefined && ![aud].flat().some((name) => audience.includes(name as string))) return err('is meant for another server (aud)')
  return ok(undefined)
}

/**
 * The request with its members replaced by the claims of the statement (RFC 7591 section 3.1.1). A claim also replaces the member
 * in other languages, and keys replace keys of either form. The error completes "software_statement ...".
 */
export function applyStatement(body: RegistrationRequest, claims: StatementClaims): Result<RegistrationRequest, string> {
  const asserted = Object.entries(claims).filter(([name, value]) => value !== null && name !== 'software_statement')
  const names = new Set(asserted.map(([name]) => subjectMatter(name)))
  const own = Object.entries(body).filter(([name]) => !names.has(subjectMatter(name)))
  const merged = Object.fromEntries([...own, ...asserted])
  const mismatch = Value.Errors(RegistrationRequest, merged).First()
  if (mismatch !== undefined) return err(`has a claim ${mismatch.path.split('/')[1]} of the wrong type or size`)
  return ok(merged as RegistrationRequest)
}

/** The name of a member without its language; `jwks` for both forms of keys. */
const subjectMatter = (name: string): string => name.replace(/#.*$/s, '').replace(/^jwks_uri$/, 'jwks')
