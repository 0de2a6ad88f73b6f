/** Codes and refresh tokens that belong to a key count with a proof of that key alone (RFC 9449 sections 5 and 10). Keys are their thumbprints. */
import type { AuthorizationParameters } from '../../schemas/authorization.ts'
import { isPublicClient } from '../client/client-metadata.ts'
import { refuse } from '../protocol/errors.ts'
import type { OAuthError } from '../protocol/errors.ts'
import type { Client } from '../client/client.ts'
import { ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'

/** RFC 9449 section 10.1: the proof of a pushed request says the code's key as well as `dpop_jkt` does; where both are, they say the same. */
export function bindRequest(parameters: AuthorizationParameters, proven: string | undefined): Result<AuthorizationParameters, OAuthError> {
  if (proven === undefined) return ok(parameters)
  if (![undefined, proven].includes(parameters.dpop_jkt))
    return refuse('invalid_request', 'dpop_jkt is not the thumbprint of the key of the DPoP proof')
  return ok({ ...parameters, dpop_jkt: proven })
}

/**
 * Whether a code or a refresh token may be used.
 *
 * @param boundTo the key that it belongs to, if it does
 * @param proven the key of the request's proof, if there is one
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

/** The key that a refresh token belongs to. RFC 9449 section 5: a client that authenticates may change its key, and is bound by that already. */
export const refreshTokenKey = (client: Client, proven: string | undefined): string | undefined =>
  isPublicClient(client) ? proven : undefined
