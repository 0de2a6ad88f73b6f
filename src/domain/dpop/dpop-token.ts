/** Access tokens that are bound to a key, named by its thumbprint (RFC 9449 sections 6 and 7). */
import { err, ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'

/** The `cnf` of an access token (RFC 7800); other members than `jkt` are other ways of binding, which nobody checks here. */
export interface Confirmation {
  readonly jkt: string
}

/** How an access token is presented, and what its `token_type` is. */
export type TokenScheme = 'Bearer' | 'DPoP'

export const schemeOf = (jkt: string | undefined): TokenScheme => (jkt === undefined ? 'Bearer' : 'DPoP')

/** What a client is told whose request proves no key, or another one than that of its access token. */
export const KEY_NOT_PROVEN = 'the access token is bound to a key that no DPoP proof was made with'

/**
 * The key that has to be proven for an access token to count as it was presented (RFC 9449 sections 7.1 and 7.2); `undefined`
 * for a bearer token. The error is a sentence for the client.
 */
export function keyOfAccessToken(scheme: TokenScheme, cnf: unknown): Result<string | undefined, string> {
  if (cnf === undefined) return scheme === 'Bearer' ? ok(undefined) : err('the access token is bound to no key, and is a bearer token')
  const { jkt, ...others } = Object(cnf) as Record<string, unknown>
  if (typeof jkt !== 'string' || Object.keys(others).length > 0) return err('the access token is bound in a way that is not known here')
  return scheme === 'DPoP' ? ok(jkt) : err('the access token is bound to a key, and is not a bearer token')
}
