/**
 * Verifies JWTs that others signed: client assertions, request objects and software statements (RFC 7523, RFC 9101, RFC 7591;
 * threat-model.md T10, T11). Keys and algorithms come from the registration or the configuration, never from the token.
 */
import { compactVerify, createLocalJWKSet, decodeProtectedHeader, errors } from 'jose'
import type { JSONWebKeySet } from 'jose'
import type { AssertionAlg, Jwks } from '../domain/client/client-keys.ts'
import { err, ok } from '../domain/protocol/result.ts'
import type { Result } from '../domain/protocol/result.ts'

export interface SignatureFailure {
  /** `unknown-key`: none of the keys made the signature, but a newer key set may contain the one that did. */
  readonly kind: 'unknown-key' | 'malformed'
  /** For the log. */
  readonly reason: string
}

/** @param algs the accepted algorithms */
export async function verifyForeignSignature(
  jwt: string,
  jwks: Jwks,
  algs: readonly AssertionAlg[],
): Promise<Result<undefined, SignatureFailure>> {
  try {
    const { alg, crit } = decodeProtectedHeader(jwt)
    // RFC 7515 section 4.1.11: this server supports no critical headers.
    if (crit !== undefined) return err({ kind: 'malformed', reason: 'the JWT has a crit header' })
    await verifyByAny(jwt, isEd25519(alg) ? callingIt(alg, jwks) : jwks, algs.includes('EdDSA') ? [...algs, 'Ed25519'] : [...algs])
    return ok(undefined)
  } catch (error) {
    const unknownKey = error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWSSignatureVerificationFailed
    return err({ kind: unknownKey ? 'unknown-key' : 'malformed', reason: `the signature was refused: ${(error as Error).message}` })
  }
}

/** Whether this is one of the two names of the one algorithm of such keys: RFC 9864 has the newer one. */
const isEd25519 = (alg: string | undefined): alg is string => alg === 'EdDSA' || alg === 'Ed25519'

const callingIt = (alg: string, { keys }: Jwks): Jwks => ({ keys: keys.map((key) => (isEd25519(key.alg) ? { ...key, alg } : key)) })

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
