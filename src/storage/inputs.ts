/** What the methods of the storage take and bring, where that is more than a record. Instants are ms since the epoch. */
import type { ClientMetadata } from '../domain/client/client-metadata.ts'
import type { AccessToken, AuthorizationCode, Grant, RefreshToken } from '../domain/token/grant.ts'
import type { RegisteredClient } from '../domain/client/client.ts'
import type { Resource } from '../domain/resource/resource.ts'

/** How long what has no end of its own is kept, in seconds. */
export interface Lifetimes {
  /** Registered, but never allowed by a person. */
  readonly unusedClientTtl: number
  /** Allowed once, without any use since. */
  readonly idleClientTtl: number
  readonly auditTtl: number
}

/** A client metadata document; instants in ms. */
export interface FetchedDocument {
  readonly id: string
  readonly metadata: ClientMetadata
  readonly fetchedAt: number
  readonly freshUntil: number
}

/** An update of a client by itself (RFC 7592). `before` is the client as it was read when that was decided. */
export interface ClientUpdate {
  readonly before: RegisteredClient
  readonly after: RegisteredClient
  /** Whether people are asked anew, because what they allowed was another client. */
  readonly forgetConsents: boolean
}

/** What a resource turns into. `before` is the resource as it was read when that was decided. */
export interface ResourceUpdate {
  readonly before: Resource
  readonly after: Resource
}

/** A new secret, and until when (in ms) the one before counts as well. */
export interface SecretRotation {
  readonly secretHash: string
  readonly previousExpiresAt: number
}

/** A code or a token together with the grant that it belongs to. */
export interface CodeOfGrant {
  readonly code: AuthorizationCode
  readonly grant: Grant
}
export interface RefreshTokenOfGrant {
  readonly token: RefreshToken
  readonly grant: Grant
}

/** What a redeemed code turns into. */
export interface Redemption {
  readonly codeHash: string
  readonly grantId: string
  readonly now: number
  /** The grant's end from now on. */
  readonly grantExpiresAt: number
  readonly refreshToken?: RefreshToken | undefined
  /** Kept only if it is no JWT; so in a rotation. */
  readonly accessToken?: AccessToken | undefined
}

/** A refresh token's use, and the successor that it brings. */
export interface Rotation {
  readonly tokenHash: string
  readonly clientId: string
  readonly now: number
  readonly successor: RefreshToken
  readonly accessToken?: AccessToken | undefined
  readonly grace: GraceRule
}

/** How long a used refresh token still gets another successor, and how many one token gets in all. */
export interface GraceRule {
  readonly milliseconds: number
  /** Most successors of one token, the first one counted. */
  readonly siblings: number
}
