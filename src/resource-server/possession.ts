/** Checks that the sender of an access token has the key that it is bound to (RFC 9449 section 7). Owns this server's nonces. */
import { KEY_NOT_PROVEN } from '../domain/dpop/dpop-token.ts'
import { dpopNonce, isDpopNonce } from '../domain/dpop/dpop-nonce.ts'
import { refuseProof, verifyProof } from '../domain/dpop/dpop-proof.ts'
import type { ProofFailure } from '../domain/dpop/dpop-proof.ts'
import { err, ok } from '../domain/protocol/result.ts'
import type { Result } from '../domain/protocol/result.ts'
import type { VerifierOptions } from './options.ts'
import { createUsedProofs } from './used-proofs.ts'

/** A request that uses the scheme DPoP. */
export interface DpopRequest {
  /** Its header `DPoP`. Node joins several of them by a comma, which is no valid proof. */
  readonly proof: string | undefined
  readonly method: string
  /** Path and query. The host is always that of `resource`. */
  readonly url: string
}

export type Possession = (
  token: string,
  jkt: string,
  request: DpopRequest,
) => Promise<Result<undefined, { code: ProofFailure['code'] | 'invalid_token'; description: string }>>

const notProven = err({ code: 'invalid_token' as const, description: KEY_NOT_PROVEN })

export function createPossession({ resource, dpopNonceSecret: secret }: VerifierOptions, now: () => number): Possession {
  const { origin } = new URL(resource)
  const use = createUsedProofs()

  return async (accessToken, jkt, { proof, method, url }) => {
    if (proof === undefined) return notProven
    const at = now()
    const isNonce = secret === undefined ? undefined : (nonce: string) => isDpopNonce(nonce, [secret], at)
    const verified = await verifyProof(proof, { method, url: origin + url, accessToken, isNonce }, at)
    if (!verified.ok) return verified
    if (verified.value.jkt !== jkt) return notProven
    return use(verified.value.replayId, verified.value.expiresAt, at, jkt)
      ? ok(undefined)
      : refuseProof('the DPoP proof was already used, or its key has used too many')
  }
}

/** The current nonce, if this server requires one. */
export const currentNonce = ({ dpopNonceSecret: secret }: VerifierOptions, now: number): string | undefined =>
  secret && dpopNonce(secret, now)
