/** Somebody with a key, who proves to have it (RFC 9449 section 4.2). */
import { createHash } from 'node:crypto'
import { SignJWT, calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import type { JWK } from 'jose'

export interface ProofKey {
  readonly jwk: JWK
  readonly privateJwk: JWK
  /** The thumbprint by which tokens are bound to it. */
  readonly jkt: string
  /** A good proof for a request, but for what the changes say; `undefined` leaves a claim out. */
  prove(method: string, url: string, claims?: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>
}

/** @param now ms */
export async function createProofKey(now: () => number, alg = 'ES256'): Promise<ProofKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = await exportJWK(publicKey)
  let proofs = 0
  return {
    jwk,
    privateJwk: await exportJWK(privateKey),
    jkt: await calculateJwkThumbprint(jwk),
    prove: (htm, htu, claims, header) =>
      new SignJWT({ htm, htu, iat: Math.floor(now() / 1000), jti: `proof ${++proofs}`, ...claims })
        .setProtectedHeader({ typ: 'dpop+jwt', alg, jwk, ...header })
        .sign(privateKey),
  }
}

/** The claim `ath` of an access token. */
export const ath = (token: string) => ({ ath: createHash('sha256').update(token).digest('base64url') })
