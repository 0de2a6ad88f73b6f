/** That whoever sends an access token has the key that it is bound to (RFC 9449 section 7). Owns the single use of proofs, and this server's nonces. */
import { dpopNonce, isDpopNonce } from '../domain/dpop-nonce.ts'
import { refuseProof, verifyProof } from '../domain/dpop-proof.ts'
import type { ProofFailure } from '../domain/dpop-proof.ts'
import { ok } from '../domain/result.ts'
import type { Result } from '../domain/result.ts'
import type { VerifierOptions } from './options.ts'

/** A request whose access token came with the scheme DPoP. */
export interface DpopRequest {
  /** Its header `DPoP`; several of them joined by a comma, as Node does, are no proof. */
  readonly proof: string | undefined
  readonly method: string
  /** Path and query; the host is that of `resource`, whatever the request says. */
  readonly url: string
}

export type Possession = (token: string, jkt: string, request: DpopRequest) => Promise<Result<undefined, ProofFailure>>

/** Proofs that are remembered until they are over; the oldest goes first. */
const REMEMBERED = 100_000

export function createPossession({ resource, dpopNonceSecret: secret }: VerifierOptions, now: () => number): Possession {
  const { origin } = new URL(resource)
  const used = new Map<string, number>()

  /** Whether it is the first use. */
  function use(replayId: string, expiresAt: number, at: number): boolean {
    if ((used.get(replayId) ?? 0) > at) return false
    for (const [id, until] of used) {
      if (until > at && used.size < REMEMBERED) break
      used.delete(id)
    }
    used.set(replayId, expiresAt)
    return true
  }

  return async (accessToken, jkt, { proof, method, url }) => {
    if (proof === undefined) return refuseProof('the access token is bound to a key: a DPoP proof is required')
    const at = now()
    const isNonce = secret === undefined ? undefined : (nonce: string) => isDpopNonce(nonce, [secret], at)
    const verified = await verifyProof(proof, { method, url: origin + url, accessToken, isNonce }, at)
    if (!verified.ok) return verified
    if (verified.value.jkt !== jkt) return refuseProof('the DPoP proof was made with another key than the access token is bound to')
    return use(verified.value.replayId, verified.value.expiresAt, at) ? ok(undefined) : refuseProof('the DPoP proof was already used')
  }
}

/** The nonce to give out now, if this server demands any. */
export const currentNonce = ({ dpopNonceSecret: secret }: VerifierOptions, now: number): string | undefined => secret && dpopNonce(secret, now)
