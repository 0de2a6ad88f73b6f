/**
 * Client authentication by private_key_jwt (RFC 7523 section 3; threat-model.md T10). Owns the order: first the claims, which cost
 * nothing; then the signature, by the client's keys; last the single use, so that only the client itself can spend it.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { checkAssertionClaims } from '../../domain/client/client-assertion.ts'
import type { Client } from '../../domain/client/client.ts'
import { refuseClient } from '../../domain/client/credentials.ts'
import { acceptedAlgs, isFapi } from '../../domain/client/security-profile.ts'
import type { OAuthError } from '../../domain/protocol/errors.ts'
import { unverifiedClaims } from '../../domain/protocol/jwt.ts'
import { err, ok } from '../../domain/protocol/result.ts'
import type { Result } from '../../domain/protocol/result.ts'
import { PATHS } from '../../schemas/paths.ts'
import { keysAway } from './signatures.ts'
import type { VerifySignature } from './signatures.ts'

/** The client, if the assertion is its own, and is used for the first time. */
export type VerifyAssertion = (client: Client, assertion: string, request: FastifyRequest) => Promise<Result<Client, OAuthError>>

export function createAssertionVerifier(app: FastifyInstance, { verifySignature }: { verifySignature: VerifySignature }): VerifyAssertion {
  const { issuer } = app.settings
  // RFC 9126 section 2: "the authorization server MUST accept its issuer identifier, token endpoint URL, or pushed authorization request endpoint URL".
  const audience = [issuer, issuer + PATHS.token, issuer + PATHS.pushedRequests]

  // FAPI 2.0 Security Profile section 5.3.2.1
  const strictAudience = [issuer]

  return async (client, assertion, request) => {
    const { metadata } = client
    const accepted = isFapi(metadata) ? strictAudience : audience
    const checked = checkAssertionClaims(unverifiedClaims(assertion), client.id, accepted, app.now())
    if (!checked.ok) return refuseClient(checked.error)
    const signed = await verifySignature(request, assertion, metadata, acceptedAlgs(metadata, metadata.tokenEndpointAuthSigningAlg))
    if (!signed.ok) return signed.error.mayPass ? err(keysAway(signed.error.reason)) : refuseClient(signed.error.reason)
    const { replayId, expiresAt } = checked.value
    if (await app.storage.replays.use(replayId, expiresAt)) return ok(client)
    request.log.warn({ client: client.id }, 'client assertion replayed')
    return refuseClient('the assertion was already used')
  }
}
