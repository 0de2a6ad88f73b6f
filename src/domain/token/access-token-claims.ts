/** The claims of an access token (RFC 9068 section 2.2). */
import type { Confirmation } from '../dpop/dpop-token.ts'
import type { SigningAlg } from '../key/stored-key.ts'

/** The payload of an access token. Claims about a login are absent if a client got the token for itself. */
export interface AccessTokenClaims {
  readonly iss: string
  readonly sub: string
  readonly aud: string
  readonly client_id: string
  readonly scope: string
  readonly jti: string
  /** The id of the grant, so that revoking the grant revokes the token. */
  readonly gid?: string
  /** The id of the personal access token that it is, or was exchanged for: it ends with that one. */
  readonly pid?: string
  readonly auth_time?: number
  /** With `auth_time`, tells a resource whether to ask for another login (RFC 9470 section 6.1). */
  readonly acr?: string
  /** How the user logged in (RFC 8176). */
  readonly amr?: readonly string[]
  /** The user's groups, if the resource asks for them (RFC 9068 section 2.2.3.1). */
  readonly groups?: readonly string[]
  /** The algorithm of UserInfo's response, if the client registered for a signed one. */
  readonly userinfo_alg?: SigningAlg
  /** The key that the token is bound to (RFC 9449 section 6.1). */
  readonly cnf?: Confirmation
  readonly iat: number
  readonly exp: number
}
