/** Access tokens that are bound to a key, which is a thumbprint here (RFC 9449 sections 6 and 7). */
import { err, ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'

/** The `cnf` of an access token (RFC 7800). Members other than `jkt` bind it in ways that this server doesn't know. */
export interface Confirmation {
  readonly jkt: string
}

/** The authentication scheme and `token_type` of an access token. */
export type TokenScheme = 'Bearer' | 'DPoP'

export const schemeOf = (jkt: string | undefined): TokenScheme => (jkt === undefined ? 'Bearer' : 'DPoP')

/** The error description for a request without a proof, or with a proof of another key than the access token's. */
export const KEY_NOT_PROVEN = 'the access token is bound to a key that no DPoP proof was made with'

/**
 * The key that a request must prove to use an access token (RFC 9449 sections 7.1 and 7.2); `undefined` for a bearer token.
 *
 * @param scheme how the token was presented
 * @param cnf the token's confirmation, not validated
 * @returns the key, or a sentence for the client if the scheme doesn't fit the token
 */
export function keyOfAccessToken(scheme: TokenScheme, cnf: unknown): Result<string | undefined, string> {
  if (cnf === undefined) return scheme === 'Bearer' ? ok(undefined) : err('the access token is bound to no key, and is a bearer token')
  const { jkt, ...others } = Object(cnf) as Record<string, unknown>
  if (typeof jkt !== 'string' || Object.keys(others).length > 0) return err('the access token is bound in a way that is not known here')
  return scheme === 'DPoP' ? ok(jkt) : err('the access token is bound to a key, and is not a bearer token')
}
