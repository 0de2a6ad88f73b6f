/** DPoP proofs of requests (RFC 9449). Owns nonces and single use; not what a proof must contain (domain/dpop/dpop-proof.ts). */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { dpopNonce, isDpopNonce } from '../../domain/dpop/dpop-nonce.ts'
import { refuseProof, verifyProof } from '../../domain/dpop/dpop-proof.ts'
import type { ProofDemand, ProofFailure } from '../../domain/dpop/dpop-proof.ts'
import { ok } from '../../domain/protocol/result.ts'
import type { Result } from '../../domain/protocol/result.ts'

/**
 * The thumbprint of the key that a request proves to have; `undefined` if it brings no proof.
 *
 * @param at where the proof counts
 */
export type VerifyDpopProof = (
  request: FastifyRequest,
  reply: FastifyReply,
  at: ProofPlace,
) => Promise<Result<string | undefined, ProofFailure>>

/** The endpoint by its path below the issuer or by its whole URL, and the access token that the request brings along. */
export interface ProofPlace extends Pick<ProofDemand, 'accessToken' | 'isStrict'> {
  readonly address: string
  /** Of the request that the proof is for, if that is another one. */
  readonly method?: string | undefined
}

export function createDpopVerifier(app: FastifyInstance): VerifyDpopProof {
  const { issuer, dpopNonce: nonces } = app.settings
  const keys = app.macKeys

  return async (request, reply, { address, method = request.method, ...demand }) => {
    // Several headers arrive as one, which is no proof (RFC 9449 section 4.3).
    const proof = request.headers['dpop'] as string | undefined
    if (proof === undefined) return ok(undefined)
    const now = app.now()
    if (nonces === 'on') reply.header('dpop-nonce', dpopNonce(keys[0], now))
    const isNonce = nonces === 'on' ? (nonce: string) => isDpopNonce(nonce, keys, now) : undefined
    const url = address.startsWith('/') ? issuer + address : address
    const verified = await verifyProof(proof, { ...demand, method, url, isNonce }, now)
    if (!verified.ok) return verified
    const { jkt, replayId, expiresAt } = verified.value
    if (await app.storage.replays.use(replayId, expiresAt)) return ok(jkt)
    request.log.warn('DPoP proof replayed')
    return refuseProof('the DPoP proof was already used')
  }
}
