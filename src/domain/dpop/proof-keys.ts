/**
 * The keys of DPoP proofs that verified before. A client sends the same header with each of its proofs, so a proof whose header is
 * known needs only its signature checked, and that in this thread: Web Crypto, which jose uses, costs more than the signature (ADR 8).
 */
import { KeyObject, constants, verify } from 'node:crypto'
import type { VerifyKeyObjectInput } from 'node:crypto'
import type { CryptoKey } from 'jose'

/** A header that was checked: its key is public, affordable and fits the algorithm. */
export interface ProofKey {
  readonly alg: string
  /** The thumbprint of the key (RFC 7638, SHA-256). */
  readonly jkt: string
  readonly key: KeyObject
}

/** How many keys are kept, oldest out first, and the longest header that is worth its memory: one with an RSA key of 4096 bits has room. */
const MAX_KEYS = 1000
const MAX_HEADER = 2048

const known = new Map<string, ProofKey>()

/** @param header the first part of a proof, as it was sent */
export const findProofKey = (header: string): ProofKey | undefined => known.get(header)

/** Keeps the key of a proof that `jose` verified. */
export function keepProofKey(header: string, alg: string, jkt: string, key: CryptoKey): void {
  if (header.length > MAX_HEADER) return
  known.set(header, { alg, jkt, key: KeyObject.from(key) })
  if (known.size > MAX_KEYS) known.delete(known.keys().next().value!)
}

/** Whether the key of its header signed a proof. */
export function isProofSignedBy(proof: string, { alg, key }: ProofKey): boolean {
  const end = proof.lastIndexOf('.')
  const { digest, options } = how(alg)
  return verify(digest, Buffer.from(proof.slice(0, end)), { key, ...options }, Buffer.from(proof.slice(end + 1), 'base64url'))
}

function how(alg: string): { digest: string | null; options: Omit<VerifyKeyObjectInput, 'key'> } {
  switch (alg) {
    case 'ES256':
      return { digest: 'sha256', options: { dsaEncoding: 'ieee-p1363' } }
    case 'RS256':
      return { digest: 'sha256', options: {} }
    case 'PS256':
      return { digest: 'sha256', options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST } }
    default:
      return { digest: null, options: {} } // Ed25519, by either of its names
  }
}
