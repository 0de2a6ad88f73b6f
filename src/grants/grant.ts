/** What a grant type is: one file, one handler. The endpoint has authenticated the client and checked the shape. */
import type { GrantType } from '../domain/client/client-metadata.ts'
import type { OAuthError } from '../domain/protocol/errors.ts'
import type { Client } from '../domain/client/client.ts'
import type { ResourceRegistry } from '../domain/resource/resource-registry.ts'
import type { Result } from '../domain/protocol/result.ts'
import type { Jwt } from '../crypto/jwt.ts'
import type { TokenRequest, TokenResponse } from '../schemas/token.ts'
import type { Storage } from '../storage/storage.ts'

/** Lifetimes are seconds. */
export interface GrantSettings {
  readonly issuer: string
  readonly accessTokenTtl: number
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
  /** The thumbprint of the key that the request proves to have (RFC 9449): what is issued is bound to it. */
  readonly dpopJkt: string | undefined
  newSecret(): string
  newId(): string
  /** The `sub` by which a client knows a user. */
  subjectOf(client: Client, userId: string): string
}

export interface GrantHandler {
  readonly type: GrantType
  /** Exchanges what the form holds for tokens, or says why not (RFC 6749 section 5.2). */
  exchange(form: TokenRequest, client: Client, context: GrantContext, now: number): Promise<Result<TokenResponse, OAuthError>>
}
