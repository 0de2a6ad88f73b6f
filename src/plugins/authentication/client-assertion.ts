/**
 * Decorates `app.verifyAssertion()`: private_key_jwt (RFC 7523 section 3; threat-model.md T10). Owns the order: claims, which cost
 * nothing; the signature, with the client's keys; the single use, which only the client itself can spend.
 */
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { checkAssertionClaims } from '../../domain/client/client-assertion.ts'
import { refuseClient } from '../../domain/client/credentials.ts'
import type { OAuthError } from '../../domain/protocol/errors.ts'
import type { Client } from '../../domain/client/client.ts'
import { ok } from '../../domain/protocol/result.ts'
import type { Result } from '../../domain/protocol/result.ts'
import { unverifiedClaims } from '../../domain/protocol/jwt.ts'
import { PATHS } from '../../schemas/paths.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The client, if the assertion is its own, and is used for the first time. */
    verifyAssertion(client: Client, assertion: string, request: FastifyRequest): Promise<Result<Client, OAuthError>>
  }
}

const clientAssertion: FastifyPluginAsync = async (app) => {
  const { issuer } = app.settings
  // RFC 9126 section 2: "the authorization server MUST accept its issuer identifier, token endpoint URL, or pushed authorization request endpoint URL".
  const audience = [issuer, issuer + PATHS.token, issuer + PATHS.pushedRequests]

  app.decorate('verifyAssertion', async (client, assertion, request) => {
    const checked = checkAssertionClaims(unverifiedClaims(assertion) ?? {}, client.id, audience, app.now())
    if (!checked.ok) return refuseClient(checked.error)
    const signed = await app.verifySignature(assertion, client.metadata, client.metadata.tokenEndpointAuthSigningAlg)
    if (!signed.ok) return refuseClient(signed.error)
    const { replayId, expiresAt } = checked.value
    if (await app.storage.replays.use(replayId, expiresAt)) return ok(client)
    request.log.warn({ client: client.id }, 'client assertion replayed')
    return refuseClient('the assertion was already used')
  })
}
export default fp(clientAssertion, { name: 'client-assertion', dependencies: ['settings', 'storage', 'clock', 'signatures'] })
