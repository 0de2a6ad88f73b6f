/** The claims of an access token (RFC 9068 section 2.2). */
import type { Confirmation } from '../dpop/dpop-token.ts'
import type { SigningAlg } from '../key/stored-key.ts'

/** The payload of an access token. What tells about a person is absent where a client got it for itself. */
export interface AccessTokenClaims {
  readonly iss: string
  readonly sub: string
  readonly aud: string
  readonly client_id: string
  readonly scope: string
  readonly jti: string
  /** The grant, so that revocation reaches the token. */
  readonly gid?: string
  readonly auth_time?: number
  /** Tells a resource, with `auth_time`, whether to ask for another login (RFC 9470 section 6.1). */
  readonly acr?: string
  /** How UserInfo answers to this token, where its client registered for a signed answer. */
  readonly userinfo_alg?: SigningAlg
  /** The key that it is bound to (RFC 9449 section 6.1). */
  readonly cnf?: Confirmation
  readonly iat: number
  readonly exp: number
}
