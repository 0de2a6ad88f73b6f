/**
 * A grant, with its code, its refresh tokens and its opaque access tokens, as they are stored. Instants are milliseconds since the
 * epoch; `...Hash` is a SHA-256 in base64url.
 */
import type { Authentication } from '../authorization/authentication.ts'
import type { RequestedClaims } from '../authorization/claims-request.ts'
import type { CodeChallenge } from '../protocol/pkce.ts'
import type { AccessTokenClaims } from './access-token-claims.ts'

/** One authorization of one installation of a client: the family of a code, its refresh tokens and its access tokens. */
export interface Grant extends Authentication {
  readonly id: string
  readonly userId: string
  /** The identity by which the user was logged in. */
  readonly identityId?: string | undefined
  readonly clientId: string
  /** The session in which it began. */
  readonly sid?: string | undefined
  /** In which the client knows the user (client/subject.ts), whatever it registers later. */
  readonly sector?: string | undefined
  /** Permissions, as in a consent. */
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
  readonly nonce?: string | undefined
  /** Claims that the user allowed by name, besides the scopes. */
  readonly claims?: RequestedClaims | undefined
  readonly authTime: number
  readonly createdAt: number
  readonly expiresAt: number
  readonly revokedAt?: number | undefined
}

/** The code of a grant; each grant has exactly one. */
export interface AuthorizationCode {
  readonly codeHash: string
  readonly grantId: string
  readonly redirectUri: string
  /** Whether the authorization request named the redirect URI: then the token request must, too (RFC 6749 section 4.1.3). */
  readonly redirectUriGiven: boolean
  readonly codeChallenge?: CodeChallenge | undefined
  /** Thumbprint of the key that the code is bound to, if any (RFC 9449 section 10). */
  readonly dpopJkt?: string | undefined
  readonly expiresAt: number
}

export interface RefreshToken {
  readonly tokenHash: string
  readonly grantId: string
  readonly generation: number
  readonly parentHash?: string | undefined
  /** As for a code; only for public clients. */
  readonly dpopJkt?: string | undefined
  readonly createdAt: number
  readonly expiresAt: number
  readonly usedAt?: number | undefined
  /** The network that asked for it. */
  readonly network?: string | undefined
}

/** An opaque access token, with the claims that a JWT would carry. */
export interface AccessToken extends ClientToken {
  readonly grantId: string
}

/** An opaque access token without a grant, which a client got for itself (RFC 6749 section 4.4). */
export interface ClientToken {
  readonly tokenHash: string
  /** The registered resource that the token is for. Deleting the resource ends the token. */
  readonly resourceId?: string | undefined
  readonly claims: AccessTokenClaims
  readonly expiresAt: number
}
