/**
 * Decorates `app.verifyAssertion()`: private_key_jwt (RFC 7523 section 3; THREATS T10). Owns the order: claims, which cost
 * nothing; the signature, with the client's keys; the single use, which only the client itself can spend.
 */
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { assertionClaims, checkAssertionClaims } from '../../domain/client-assertion.ts'
import type { Jwks } from '../../domain/client-keys.ts'
import { refuseClient } from '../../domain/credentials.ts'
import type { OAuthError } from '../../domain/errors.ts'
import type { Client } from '../../domain/records.ts'
import { err, ok } from '../../domain/result.ts'
import type { Result } from '../../domain/result.ts'
import { createRemoteKeys } from '../../fetch/remote-keys.ts'
import { verifyAssertionSignature } from '../../keys/client-assertion.ts'
import { PATHS } from '../../schemas/paths.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The client, if the assertion is its own, and is used for the first time. */
    verifyAssertion(client: Client, assertion: string, request: FastifyRequest): Promise<Result<Client, OAuthError>>
  }
}

const clientAssertion: FastifyPluginAsync = async (app) => {
  const { issuer } = app.settings
  const audience = { issuer, tokenEndpoint: issuer + PATHS.token }
  const remoteKeys = createRemoteKeys(app.safeFetch, app.now)

  app.decorate('verifyAssertion', async (client, assertion, request) => {
    const checked = checkAssertionClaims(assertionClaims(assertion) ?? {}, client.id, audience, app.now())
    if (!checked.ok) return refuseClient(checked.error)
    const signed = await verifySignature(client, assertion)
    if (!signed.ok) return refuseClient(signed.error)
    const { replayId, expiresAt } = checked.value
    if (await app.storage.replays.use(replayId, expiresAt)) return ok(client)
    request.log.warn({ client: client.id }, 'client assertion replayed')
    return refuseClient('the assertion was already used')
  })

  /** By the keys that are known; if none of them fits, once more by the keys as they are now. */
  async function verifySignature({ metadata }: Client, assertion: string): Promise<Result<undefined, string>> {
    const { jwks, jwksUri, tokenEndpointAuthSigningAlg: alg } = metadata
    const keys = await keysOf(jwks, jwksUri, false)
    if (!keys.ok) return keys
    const first = await verifyAssertionSignature(assertion, keys.value, alg)
    if (first.ok) return ok(undefined)
    if (first.error.kind !== 'unknown-key' || jwksUri === undefined) return err(first.error.reason)
    const renewed = await keysOf(jwks, jwksUri, true)
    if (!renewed.ok) return renewed
    const second = renewed.value === keys.value ? first : await verifyAssertionSignature(assertion, renewed.value, alg)
    return second.ok ? ok(undefined) : err(second.error.reason)
  }

  async function keysOf(jwks: Jwks | undefined, uri: string | undefined, renew: boolean): Promise<Result<Jwks, string>> {
    if (jwks !== undefined) return ok(jwks)
    if (uri === undefined) return err('the client has no keys')
    const keys = await remoteKeys.get(uri, renew)
    return keys.ok ? keys : err(`${uri}: ${keys.error.reason}`)
  }
}
export default fp(clientAssertion, { name: 'client-assertion', dependencies: ['settings', 'storage', 'clock', 'clients'] })
