/** Codes and refresh tokens that belong to a key count with a proof of that key alone (RFC 9449 sections 5 and 10). Keys are their thumbprints. */
import { isPublicClient } from './client-metadata.ts'
import { OAuthError } from './errors.ts'
import type { Client } from './records.ts'
import { err, ok } from './result.ts'
import type { Result } from './result.ts'

/**
 * Whether a code or a refresh token may be used.
 *
 * @param boundTo the key that it belongs to, if it does
 * @param proven the key of the request's proof, if there is one
 */
export function checkBinding(boundTo: string | undefined, proven: string | undefined): Result<undefined, OAuthError> {
  if (boundTo === undefined || boundTo === proven) return ok(undefined)
  return err(new OAuthError('invalid_grant', proven === undefined ? 'it belongs to a key: a DPoP proof is required' : 'it belongs to another key than the one of the DPoP proof'))
}

/** The key that a refresh token belongs to. RFC 9449 section 5: a client that authenticates may change its key, and is bound by that already. */
export const refreshTokenKey = (client: Client, proven: string | undefined): string | undefined => (isPublicClient(client) ? proven : undefined)
