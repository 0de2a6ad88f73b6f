/**
 * Verifies JWTs that others signed: client assertions, request objects and software statements (RFC 7523, RFC 9101, RFC 7591;
 * threat-model.md T10, T11). Keys and algorithms come from the registration or the configuration, never from the token.
 */
import { compactVerify, createLocalJWKSet, decodeProtectedHeader, errors } from 'jose'
import type { JSONWebKeySet } from 'jose'
import { ASSERTION_ALGS } from '../domain/client/client-keys.ts'
import type { AssertionAlg, Jwks } from '../domain/client/client-keys.ts'
import { err, ok } from '../domain/protocol/result.ts'
import type { Result } from '../domain/protocol/result.ts'

export interface SignatureFailure {
  /** `unknown-key`: none of the keys made the signature, but a newer key set may contain the one that did. */
  readonly kind: 'unknown-key' | 'malformed'
  /** For the log. */
  readonly reason: string
}

/** @param alg the only accepted algorithm; `undefined` for all supported ones */
export async function verifyForeignSignature(
  jwt: string,
  jwks: Jwks,
  alg: AssertionAlg | undefined,
): Promise<Result<undefined, SignatureFailure>> {
  try {
    // RFC 7515 section 4.1.11: this server supports no critical headers.
    if (decodeProtectedHeader(jwt).crit !== undefined) return err({ kind: 'malformed', reason: 'the JWT has a crit header' })
    await verifyByAny(jwt, jwks, alg === undefined ? [...ASSERTION_ALGS] : [alg])
    return ok(undefined)
  } catch (error) {
    const unknownKey = error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWSSignatureVerificationFailed
    return err({ kind: unknownKey ? 'unknown-key' : 'malformed', reason: `the signature was refused: ${(error as Error).message}` })
  }
}

/** Without a `kid`, several keys may match, and each is tried. */
async function verifyByAny(jwt: string, jwks: Jwks, algorithms: string[]): Promise<void> {
  try {
    await compactVerify(jwt, createLocalJWKSet(jwks as JSONWebKeySet), { algorithms })
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
    for await (const key of error) {
      const verified = await compactVerify(jwt, key, { algorithms }).catch(() => undefined)
      if (verified !== undefined) return
    }
    throw new errors.JWSSignatureVerificationFailed()
  }
}
