/**
 * Software statements (RFC 7591 sections 2.3 and 3.1.1): metadata that a trusted issuer has signed. Pure claims; the signature
 * is judged by crypto/foreign-signature.ts.
 */
import { Value } from '@sinclair/typebox/value'
import { RegistrationRequest } from '../../schemas/registration.ts'
import { err, ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'
import { isExpired, isInFuture } from '../protocol/jwt.ts'

export type StatementClaims = Readonly<Record<string, unknown>>

/**
 * Judges the claims of RFC 7519 section 4.1 that are there; the error completes "software_statement ...".
 *
 * @param audience names by which this server may be meant
 * @param now milliseconds since the epoch
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
  // RFC 7519 section 4.1.3: whoever isn't named in an aud that is there must refuse.
  if (aud !== undefined && ![aud].flat().some((name) => audience.includes(name as string))) return err('is meant for another server (aud)')
  return ok(undefined)
}

/**
 * The request with the statement's claims in the place of its own members (RFC 7591 section 3.1.1); the error completes
 * "software_statement ...". What the issuer says can't be said otherwise in another language, nor by the other way to name keys.
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

/** What a member is about: the same in every language, and keys are keys. */
const subjectMatter = (name: string): string => name.replace(/#.*$/s, '').replace(/^jwks_uri$/, 'jwks')
