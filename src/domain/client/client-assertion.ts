/**
 * The claims of client assertions (RFC 7523 section 3, OpenID Connect Core section 9; threat-model.md T10).
 * crypto/foreign-signature.ts verifies the signature, and the storage makes sure that each is used once.
 */
import { err, ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'
import { sha256 } from '../protocol/sha256.ts'
import { CLOCK_SKEW, isExpired, isInFuture, unverifiedClaims } from '../protocol/jwt.ts'

/** RFC 7523 section 2.2. */
export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** A valid assertion, which may be used once. */
export interface UsableAssertion {
  /** Identifies the assertion for replay detection. */
  readonly replayId: string
  /** When it has certainly expired and its `replayId` can be forgotten, in ms. */
  readonly expiresAt: number
}

/** How long an assertion may live, in seconds. */
const MAX_LIFETIME = 60 * 60
const MAX_JTI = 256

/** The `sub` of an assertion, which isn't verified yet. */
export function assertionSubject(assertion: string): string | undefined {
  const subject = unverifiedClaims(assertion)?.['sub']
  return typeof subject === 'string' && subject !== '' ? subject : undefined
}

/**
 * Checks the claims; the error is a sentence for the log.
 *
 * @param claims `undefined` if they can't be read: refused like another client's
 * @param audience the accepted values of `aud`; a single one must be the whole claim, as a string
 * @param now ms since the epoch
 */
export function checkAssertionClaims(
  claims: Readonly<Record<string, unknown>> | undefined,
  clientId: string,
  audience: readonly string[],
  now: number,
): Result<UsableAssertion, string> {
  const { iss, sub, aud, jti, exp, iat, nbf } = claims ?? {}
  if (iss !== clientId || sub !== clientId) return err('iss and sub of the assertion must be the client_id')
  if (!isOneAudience(aud, audience))
    return err(`aud of the assertion must be ${audience.length > 1 ? 'one of ' : ''}${audience.join(', ')}, and nothing else`)
  if (typeof exp !== 'number' || isExpired(exp, now)) return err('the assertion has expired, or has no exp')
  if (isInFuture(exp - MAX_LIFETIME, now)) return err('exp of the assertion is more than an hour ahead')
  if (isInFuture(iat, now) || (typeof iat === 'number' && iat < now / 1000 - MAX_LIFETIME - CLOCK_SKEW))
    return err('iat of the assertion is in the future, or more than an hour ago')
  if (isInFuture(nbf, now)) return err('nbf of the assertion is in the future')
  if (typeof jti !== 'string' || jti === '' || jti.length > MAX_JTI) return err('the assertion has no jti, or one that is too long')
  const replayId = sha256(JSON.stringify(['client assertion', clientId, jti]))
  return ok({ replayId, expiresAt: Math.ceil((exp + CLOCK_SKEW) * 1000) })
}

/**
 * A string, or an array of exactly one: another audience could replay the assertion here (CVE-2025-27370). FAPI 2.0 Security Profile
 * section 5.3.2.1, where only the issuer counts, takes no array.
 */
function isOneAudience(aud: unknown, audience: readonly string[]): boolean {
  const single: unknown = Array.isArray(aud) && aud.length === 1 && audience.length > 1 ? aud[0] : aud
  return typeof single === 'string' && audience.includes(single)
}
