/** Codes and refresh tokens that are bound to a key need a DPoP proof with that key (RFC 9449 sections 5 and 10). Keys are thumbprints. */
import type { AuthorizationParameters } from '../../schemas/authorization.ts'
import { isPublicClient } from '../client/client-metadata.ts'
import { refuse } from '../protocol/errors.ts'
import type { OAuthError } from '../protocol/errors.ts'
import type { Client } from '../client/client.ts'
import { ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'

/** RFC 9449 section 10.1: the proof of a pushed request binds the code like `dpop_jkt`; if both are there, they must agree. */
export function bindRequest(parameters: AuthorizationParameters, proven: string | undefined): Result<AuthorizationParameters, OAuthError> {
  if (proven === undefined) return ok(parameters)
  if (![undefined, proven].includes(parameters.dpop_jkt))
    return refuse('invalid_request', 'dpop_jkt is not the thumbprint of the key of the DPoP proof')
  return ok({ ...parameters, dpop_jkt: proven })
}

/**
 * Whether a request may use a code or a refresh token; the error is `invalid_grant`.
 *
 * @param boundTo the key that it is bound to, if any
 * @param proven the key of the request's DPoP proof, if any
 */
export function checkBinding(boundTo: string | undefined, proven: string | undefined): Result<undefined, OAuthError> {
  if (boundTo === undefined || boundTo === proven) return ok(undefined)
  return refuse(
    'invalid_grant',
    proven === undefined
      ? 'the code or token belongs to a key: a DPoP proof is required'
      : 'the code or token belongs to another key than that of the DPoP proof',
  )
}

/** The key to bind a refresh token to. RFC 9449 section 5: the token of a client that authenticates is bound by that already. */
export const refreshTokenKey = (client: Client, proven: string | undefined): string | undefined =>
  isPublicClient(client) ? proven : undefined
