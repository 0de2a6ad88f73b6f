/** The interface of a grant type; each has a file with a handler. The endpoint authenticates the client and validates the form. */
import type { AuditEvent } from '../domain/audit/audit-event.ts'
import type { GrantType } from '../domain/client/client-metadata.ts'
import type { OAuthError } from '../domain/protocol/errors.ts'
import type { MacKeys } from '../domain/protocol/mac.ts'
import type { Client } from '../domain/client/client.ts'
import type { ResourceRegistry } from '../domain/resource/resource-registry.ts'
import type { Grant } from '../domain/token/grant.ts'
import type { Result } from '../domain/protocol/result.ts'
import type { Jwt } from '../crypto/jwt.ts'
import type { TokenRequest, TokenResponse } from '../schemas/token.ts'
import type { Storage } from '../storage/storage.ts'

/** Lifetimes are seconds. */
export interface GrantSettings {
  readonly issuer: string
  readonly accessTokenTtl: number
  /** The longest life of a JWT of somebody who came by a provider; undefined for any. */
  readonly providedJwtTtl?: number | undefined
  readonly accessTokenFormat: 'jwt' | 'opaque'
  readonly refreshTokenTtl: number
  readonly refreshTokenIdleTtl: number
  readonly refreshGraceTtl: number
}

export interface GrantContext {
  readonly storage: Storage
  readonly jwt: Jwt
  readonly registry: ResourceRegistry
  readonly settings: GrantSettings
  /** Thumbprint of the key that the request's DPoP proof proves (RFC 9449): issued tokens are bound to it. */
  readonly dpopJkt: string | undefined
  /** Where the request came from, for its user to read. */
  readonly network: string
  /** Derive refresh tokens from their predecessors. */
  readonly macKeys: MacKeys
  /** The event that a family of tokens begins, for the storage to keep with it; undefined if it is not to be kept. */
  noteIssued(grant: Grant, username: string): AuditEvent | undefined
  /** The family began: the code was still good. */
  countIssued(): void
  /** A family of tokens ended, because somebody used a code or a token again. */
  noteReplayed(grant: Grant): void
  newSecret(): string
  newId(): string
  /** Makes pairwise subjects. */
  readonly subjectKey: Buffer
}

export interface GrantHandler {
  readonly type: GrantType
  /** Returns a token response, or an error of RFC 6749 section 5.2. `now` is ms. */
  exchange(form: TokenRequest, client: Client, context: GrantContext, now: number): Promise<Result<TokenResponse, OAuthError>>
}
