/**
 * A grant and what belongs to it: its code, its refresh tokens, its opaque access tokens. Instants are milliseconds since the
 * epoch; `...Hash` is a SHA-256 in base64url.
 */
import type { RequestedClaims } from '../authorization/claims-request.ts'
import type { CodeChallenge } from '../protocol/pkce.ts'
import type { AccessTokenClaims } from './access-token-claims.ts'

/** One authorization of one device: the family that a code, its refresh tokens and its access tokens belong to. */
export interface Grant {
  readonly id: string
  readonly userId: string
  readonly clientId: string
  /** The session in which it began. */
  readonly sid?: string | undefined
  /** As in a consent. */
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
  readonly nonce?: string | undefined
  /** What the person allowed to tell besides the scopes. */
  readonly claims?: RequestedClaims | undefined
  readonly authTime: number
  readonly createdAt: number
  readonly expiresAt: number
  readonly revokedAt?: number | undefined
}

/** The one code of a grant, made with it. */
export interface AuthorizationCode {
  readonly codeHash: string
  readonly grantId: string
  readonly redirectUri: string
  /** Whether the authorization request named it: then the token request must too (RFC 6749 section 4.1.3). */
  readonly redirectUriGiven: boolean
  readonly codeChallenge?: CodeChallenge | undefined
  /** The thumbprint of the key that it belongs to, if it does (RFC 9449 section 10). */
  readonly dpopJkt?: string | undefined
  readonly expiresAt: number
}

export interface RefreshToken {
  readonly tokenHash: string
  readonly grantId: string
  readonly generation: number
  readonly parentHash?: string | undefined
  /** As of a code; of public clients only. */
  readonly dpopJkt?: string | undefined
  readonly createdAt: number
  readonly expiresAt: number
  readonly usedAt?: number | undefined
}

/** An access token that is no JWT: it stands for the claims that one would carry. */
export interface AccessToken extends ClientToken {
  readonly grantId: string
}

/** The same without a grant: a client got it for itself (RFC 6749 section 4.4). */
export interface ClientToken {
  readonly tokenHash: string
  /** The registered resource that it is for: the token dies with it. */
  readonly resourceId?: string | undefined
  readonly claims: AccessTokenClaims
  readonly expiresAt: number
}
