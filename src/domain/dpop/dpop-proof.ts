/**
 * DPoP proofs (RFC 9449 section 4.3), which prove that the sender of a request has a key. The same rules serve this server and the
 * library for resource servers; both make sure that a proof is used once.
 */
import { EmbeddedJWK, calculateJwkThumbprint, jwtVerify } from 'jose'
import type { CryptoKey, JWSHeaderParameters, JWTPayload } from 'jose'
import { isCostlyKey } from '../client/client-keys.ts'
import { isExpired, isInFuture, parseJwtPart } from '../protocol/jwt.ts'
import { err, ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'
import { sha256 } from '../protocol/sha256.ts'
import { normalizeHttpUri } from '../protocol/uri.ts'
import { findProofKey, isProofSignedBy, keepProofKey } from './proof-keys.ts'

/** How a proof may be signed: asymmetric only (threat-model.md T11). Libraries use either name of Ed25519 (RFC 9864). */
export const DPOP_ALGS = ['ES256', 'Ed25519', 'EdDSA', 'RS256', 'PS256'] as const

/** Those that FAPI 2.0 allows (Security Profile section 5.4.1). */
export const STRICT_DPOP_ALGS = DPOP_ALGS.filter((alg) => alg !== 'RS256')

/** What a proof must match. */
export interface ProofDemand {
  readonly method: string
  /** The URL of the request, built from the configuration and never from `Host` (threat-model.md T16). Its query doesn't count. */
  readonly url: string
  /** The access token of the request, at a resource. */
  readonly accessToken?: string | undefined
  /** Whether a nonce is one of the server's recent ones; absent if the server requires none. */
  readonly isNonce?: ((nonce: string) => boolean) | undefined
  /** Whether the proof must be as FAPI 2.0 demands. */
  readonly isStrict?: boolean | undefined
}

/** A valid proof, which may be used once. */
export interface UsableProof {
  /** The thumbprint of the key (RFC 7638, SHA-256). */
  readonly jkt: string
  /** Identifies the proof for replay detection. */
  readonly replayId: string
  /** When it has certainly expired and its `replayId` can be forgotten, in ms. */
  readonly expiresAt: number
}

export interface ProofFailure {
  readonly code: 'invalid_dpop_proof' | 'use_dpop_nonce'
  /** For the client; a sentence without quotes. */
  readonly description: string
}

/** How far the client's clock may be off, in seconds. A proof counts once, so a narrower window would only lock out clients. */
const WINDOW = 5 * 60
/** How far it may be ahead where FAPI 2.0 counts, in seconds (Security Profile section 5.3.2.1). */
const STRICT_AHEAD = 60

/**
 * Verifies a proof, except that it is used for the first time.
 *
 * @param now ms
 */
export async function verifyProof(proof: string, demand: ProofDemand, now: number): Promise<Result<UsableProof, ProofFailure>> {
  const algs: readonly string[] = demand.isStrict === true ? STRICT_DPOP_ALGS : DPOP_ALGS
  const signed = await checkSignature(proof, algs, now)
  if (signed === undefined)
    return refuseProof(
      `the DPoP proof must be one JWT of the type dpop+jwt, signed with ${algs.join(', ')} by the public key in its header`,
    )
  const claims = checkClaims(signed.payload, demand, now)
  if (!claims.ok) return claims
  const { iat, jti } = claims.value
  const { jkt } = signed
  return ok({ jkt, replayId: sha256(JSON.stringify(['dpop proof', jkt, jti])), expiresAt: Math.ceil((iat + WINDOW) * 1000) + 1 })
}

/** The claims of a proof and the thumbprint of its key; `undefined` unless it is a JWT of the right kind that is signed and current. */
async function checkSignature(
  proof: string,
  algs: readonly string[],
  now: number,
): Promise<{ payload: JWTPayload; jkt: string } | undefined> {
  const [header = '', body, ...rest] = proof.split('.')
  const known = findProofKey(header)
  if (known !== undefined) {
    if (rest.length !== 1 || !algs.includes(known.alg) || !isProofSignedBy(proof, known)) return undefined
    const payload = parseJwtPart(body)
    return payload !== undefined && isCurrent(payload, now) ? { payload, jkt: known.jkt } : undefined
  }
  try {
    const options = { typ: 'dpop+jwt', algorithms: [...algs], currentDate: new Date(now) }
    const { payload, protectedHeader, key } = await jwtVerify(proof, keyInHeader, options)
    const jkt = await calculateJwkThumbprint(protectedHeader.jwk!)
    keepProofKey(header, protectedHeader.alg, jkt, key)
    return { payload, jkt }
  } catch {
    return undefined
  }
}

/** The rules of RFC 7519 section 4.1 that `jwtVerify` applies to the first proof of a key. `now` is ms. */
const isCurrent = ({ exp, nbf, iat }: JWTPayload, now: number): boolean =>
  (exp === undefined || !isExpired(exp, now, 0)) && !isInFuture(nbf, now, 0) && (iat === undefined || typeof iat === 'number')

/** @throws if the header has no public key, or one that makes verification expensive (threat-model.md T18) */
async function keyInHeader(header: JWSHeaderParameters): Promise<CryptoKey> {
  if (isCostlyKey(header.jwk ?? {})) throw new TypeError('the key costs too much')
  return EmbeddedJWK(header)
}

function checkClaims(
  { jti, htm, htu, iat, ath, nonce }: JWTPayload,
  demand: ProofDemand,
  now: number,
): Result<{ iat: number; jti: string }, ProofFailure> {
  if (typeof jti !== 'string') return refuseProof('the DPoP proof has no jti')
  if (htm !== demand.method) return refuseProof(`htm of the DPoP proof must be ${demand.method}`)
  const address = normalizeHttpUri(demand.url)
  if (typeof htu !== 'string' || address === undefined || normalizeHttpUri(htu) !== address)
    return refuseProof(`htu of the DPoP proof must be ${address}`)
  if (typeof iat !== 'number' || Math.abs(now / 1000 - iat) > WINDOW)
    return refuseProof(`iat of the DPoP proof is more than ${WINDOW / 60} minutes from now`)
  if (demand.isStrict === true && iat - now / 1000 > STRICT_AHEAD)
    return refuseProof(`iat of the DPoP proof is more than ${STRICT_AHEAD} seconds ahead`)
  if (demand.accessToken !== undefined && ath !== sha256(demand.accessToken))
    return refuseProof('ath of the DPoP proof is not the hash of the access token')
  if (demand.isNonce !== undefined && !(typeof nonce === 'string' && demand.isNonce(nonce))) {
    return err({ code: 'use_dpop_nonce', description: 'the DPoP proof must hold the nonce of the DPoP-Nonce header' })
  }
  return ok({ iat, jti })
}

export function refuseProof(description: string): { ok: false; error: ProofFailure } {
  return err({ code: 'invalid_dpop_proof', description })
}
