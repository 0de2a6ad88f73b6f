/**
 * Verifies JWTs that others sign, with keys given by value or by address (RFC 7517; threat-model.md T2, T10, T11). Owns when keys are
 * fetched again; not the cryptography (crypto/foreign-signature.ts).
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { verifyForeignSignature } from '../../crypto/foreign-signature.ts'
import { ASSERTION_ALGS } from '../../domain/client/client-keys.ts'
import type { AssertionAlg, ClientKeys, Jwks } from '../../domain/client/client-keys.ts'
import { OAuthError } from '../../domain/protocol/errors.ts'
import { err, ok } from '../../domain/protocol/result.ts'
import type { Result } from '../../domain/protocol/result.ts'
import { createRemoteKeys } from '../../fetch/remote-keys.ts'
import type { SafeFetch } from '../../fetch/safe-fetch.ts'
import type { WaitOutside } from '../kernel/outside-lane.ts'
import { createFetchLimit } from '../kernel/rate-limits.ts'

export interface SignatureFailure {
  /** For the log. */
  readonly reason: string
  /** The keys could not be had now: nothing is known about the signature. */
  readonly mayPass: boolean
}

/**
 * Whether one of the keys signed it. Tries the keys that are known, then those that are at their address now.
 *
 * @param request that brought it
 * @param algs that count; absent: any that is supported
 * @throws {OAuthError} 429 if the sender has named too many key sets that are new to us
 */
export type VerifySignature = (
  request: FastifyRequest,
  jwt: string,
  keys: Pick<ClientKeys, 'jwks' | 'jwksUri'>,
  algs?: readonly AssertionAlg[],
) => Promise<Result<undefined, SignatureFailure>>

interface Needs {
  readonly safeFetch: SafeFetch
  readonly waitOutside: WaitOutside
}

export function createSignatureVerifier(app: FastifyInstance, { safeFetch, waitOutside }: Needs): VerifySignature {
  const remoteKeys = createRemoteKeys(safeFetch, app.now)
  const isOverLimit = createFetchLimit(app)

  const verifySignature: VerifySignature = async (request, jwt, { jwks, jwksUri }, algs = ASSERTION_ALGS) => {
    const keys = jwks === undefined ? await fetchKeys(request, jwksUri, false) : ok(jwks)
    if (!keys.ok) return keys
    const first = await verifyForeignSignature(jwt, keys.value, algs)
    if (first.ok) return ok(undefined)
    if (first.error.kind !== 'unknown-key' || jwksUri === undefined) return err({ reason: first.error.reason, mayPass: false })
    const renewed = await fetchKeys(request, jwksUri, true)
    if (!renewed.ok) return renewed
    const second = renewed.value === keys.value ? first : await verifyForeignSignature(jwt, renewed.value, algs)
    return second.ok ? ok(undefined) : err({ reason: second.error.reason, mayPass: false })
  }

  async function fetchKeys(request: FastifyRequest, uri: string | undefined, renew: boolean): Promise<Result<Jwks, SignatureFailure>> {
    if (uri === undefined) return err({ reason: 'the client has no keys', mayPass: false })
    const keys = await remoteKeys.get(uri, renew, async (fetch, isKnown) => {
      // A set that we know is fetched once a minute at most.
      if (!isKnown && (await isOverLimit(request))) {
        throw new OAuthError('temporarily_unavailable', 'too many key sets were asked for from this address: try again later', {
          status: 429,
        })
      }
      return waitOutside(request, uri, fetch)
    })
    return keys.ok ? keys : err({ reason: `${uri}: ${keys.error.reason}`, mayPass: keys.error.mayPass })
  }

  return verifySignature
}

/**
 * The error where keys could not be had. It is no refusal, so that a client keeps its registration.
 *
 * @param which of the keys, as a part of a sentence
 */
export const keysAway = (detail: string, which = 'at jwks_uri'): OAuthError =>
  new OAuthError('temporarily_unavailable', `the keys ${which} could not be fetched: try again later`, { detail })
