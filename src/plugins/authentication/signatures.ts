/**
 * Verifies JWTs that others sign, with keys given by value or by address (RFC 7517; threat-model.md T2, T10, T11). Owns when keys are
 * fetched again; not the cryptography (crypto/foreign-signature.ts).
 */
import type { FastifyInstance } from 'fastify'
import { verifyForeignSignature } from '../../crypto/foreign-signature.ts'
import type { AssertionAlg, ClientKeys, Jwks } from '../../domain/client/client-keys.ts'
import { err, ok } from '../../domain/protocol/result.ts'
import type { Result } from '../../domain/protocol/result.ts'
import { createRemoteKeys } from '../../fetch/remote-keys.ts'
import type { SafeFetch } from '../../fetch/safe-fetch.ts'

/**
 * Whether one of the keys signed it. Tries the keys that are known, then those that are at their address now. The error is for the log.
 *
 * @param alg the only algorithm that counts; absent: any that is supported
 */
export type VerifySignature = (
  jwt: string,
  keys: Pick<ClientKeys, 'jwks' | 'jwksUri'>,
  alg?: AssertionAlg,
) => Promise<Result<undefined, string>>

export function createSignatureVerifier(app: FastifyInstance, { safeFetch }: { safeFetch: SafeFetch }): VerifySignature {
  const remoteKeys = createRemoteKeys(safeFetch, app.now)

  async function verifySignature(...[jwt, { jwks, jwksUri }, alg]: Parameters<VerifySignature>): ReturnType<VerifySignature> {
    const keys = await keysOf(jwks, jwksUri, false)
    if (!keys.ok) return keys
    const first = await verifyForeignSignature(jwt, keys.value, alg)
    if (first.ok) return ok(undefined)
    if (first.error.kind !== 'unknown-key' || jwksUri === undefined) return err(first.error.reason)
    const renewed = await keysOf(jwks, jwksUri, true)
    if (!renewed.ok) return renewed
    const second = renewed.value === keys.value ? first : await verifyForeignSignature(jwt, renewed.value, alg)
    return second.ok ? ok(undefined) : err(second.error.reason)
  }

  async function keysOf(jwks: Jwks | undefined, uri: string | undefined, renew: boolean): Promise<Result<Jwks, string>> {
    if (jwks !== undefined) return ok(jwks)
    if (uri === undefined) return err('the client has no keys')
    const keys = await remoteKeys.get(uri, renew)
    return keys.ok ? keys : err(`${uri}: ${keys.error.reason}`)
  }

  return verifySignature
}
