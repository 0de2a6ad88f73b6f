/** What the server remembers. Instants are milliseconds since the epoch; `...Hash` is a SHA-256 in base64url. */
import type { AuthorizationParameters } from '../schemas/authorization.ts'
import type { AuditEventName } from './audit.ts'
import type { AccessTokenClaims } from './claims.ts'
import type { RequestedClaims } from './claims-request.ts'
import type { ClientMetadata } from './client-metadata.ts'
import type { CodeChallenge } from './pkce.ts'
import type { Profile } from './profile.ts'
import type { RegistrationPolicy } from './registration-policy.ts'

/** A client's use is noted at most this often, in ms: enough to tell who is idle. */
export const CLIENT_USED_INTERVAL_MS = 86_400_000

/** A client. `origin` tells whether it may be swept: what a person made is never. `document`: its id is the URL of its metadata. */
export interface Client {
  readonly id: string
  /** Absent for public clients. */
  readonly secretHash?: string | undefined
  /** The secret before, which counts as well until then. */
  readonly previousSecretHash?: string | undefined
  readonly previousSecretExpiresAt?: number | undefined
  readonly metadata: ClientMetadata
  readonly origin: 'registration' | 'person' | 'document'
  /** By which a client manages its own registration (RFC 7592); the one before counts until this one is used. */
  readonly registrationTokenHash?: string | undefined
  readonly previousRegistrationTokenHash?: string | undefined
  /** What bounds the metadata, now and at every update (THREATS T12). */
  readonly policy?: RegistrationPolicy | undefined
  readonly createdAt: number
  /** When the document was fetched, and until when it needn't be fetched again. */
  readonly documentFetchedAt?: number | undefined
  readonly documentFreshUntil?: number | undefined
  readonly lastUsedAt?: number | undefined
  /** When a person first allowed it, or it first got a token for itself. */
  readonly authorizedAt?: number | undefined
  readonly disabledAt?: number | undefined
  /** Whoever registers the same gets this very client: nobody may manage it (domain/shared-client.ts). */
  readonly shared?: boolean | undefined
}

/** A person who can log in. `id` is the `sub` of tokens and never changes. */
export interface User {
  readonly id: string
  readonly username: string
  readonly passwordHash: string
  /** `environment`: the administrator whom the configuration names. */
  readonly origin: 'environment' | 'person'
  readonly profile: Profile
  readonly email?: string | undefined
  readonly emailVerified: boolean
  readonly disabledAt?: number | undefined
  readonly createdAt: number
  readonly updatedAt: number
}

/** Who somebody is, for all that happens once they are logged in. */
export type Person = Pick<User, 'id' | 'username' | 'profile' | 'email' | 'emailVerified' | 'updatedAt'>

/** A logged-in browser. */
export interface Session {
  readonly idHash: string
  /** The name by which clients know it (OpenID Connect Back-Channel Logout section 2.1): kept when its person logs in again. */
  readonly sid: string
  readonly userId: string
  readonly authTime: number
  readonly createdAt: number
  readonly lastSeenAt: number
  /** The absolute end; the idle end follows from `lastSeenAt`. */
  readonly expiresAt: number
}

/** What a person allowed a client before. A scope of a resource stands there with the resource: `permissions()`. */
export interface Consent {
  readonly userId: string
  readonly clientId: string
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
}

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

/** Somebody to be told when a session ends: a client that took part in it (OpenID Connect Back-Channel Logout section 2.3). */
export interface LogoutNotice {
  readonly sid: string
  readonly clientId: string
  readonly userId: string
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

/** A device that waits for a person, or did (RFC 8628). */
export interface DeviceAuthorization {
  readonly deviceCodeHash: string
  /** The id that its grant will have. */
  readonly grantId: string
  readonly userCodeHash: string
  readonly clientId: string
  /** What it asked for, as it came. */
  readonly parameters: { readonly scope?: string | undefined; readonly resource?: string | string[] | undefined }
  readonly createdAt: number
  readonly expiresAt: number
  readonly decision?: 'allowed' | 'denied' | undefined
}

/** An authorization request that a client pushed (RFC 9126), under the hash of the `request_uri` that it got for it. */
export interface PushedRequest {
  readonly requestUriHash: string
  readonly clientId: string
  readonly parameters: AuthorizationParameters
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

/** What a client may do at a resource, in the words of whoever runs it. */
export interface ResourceScope {
  readonly name: string
  readonly description: string
}

/** A resource server that a person registered: an MCP server. What is absent is as the server's settings say. */
export interface Resource {
  /** By which it authenticates for introspection. */
  readonly id: string
  readonly secretHash: string
  /** The URI that resource indicators name (RFC 8707), and that ends in `aud`. */
  readonly identifier: string
  readonly name: string
  readonly scopes: readonly ResourceScope[]
  /** Seconds. */
  readonly accessTokenTtl?: number | undefined
  readonly accessTokenFormat?: 'jwt' | 'opaque' | undefined
  readonly accessTokenAlg?: StoredKey['alg'] | undefined
  readonly createdAt: number
  readonly updatedAt: number
}

/** How our tokens may be signed. */
export type SigningAlg = 'ES256' | 'RS256' | 'PS256' | 'EdDSA'

/** A signing key as it is kept: the private part encrypted. */
export interface StoredKey {
  readonly kid: string
  readonly alg: SigningAlg
  readonly generation: number
  readonly publicJwk: string
  /** Absent once the key never signs again. */
  readonly encryptedPrivateJwk?: string | undefined
  readonly createdAt: number
  /** From when on it signs; until its successor does. */
  readonly activeAt: number
  /** From when on nobody may trust it. */
  readonly revokedAt?: number | undefined
}

/** What an operator hands out to those who may register (RFC 7591 section 1.2). */
export interface InitialAccessToken {
  /** How people call it; there is one of each name. */
  readonly name: string
  readonly tokenHash: string
  readonly policy: RegistrationPolicy
  /** How many clients may still be registered by it; absent: any number. */
  readonly usesLeft?: number | undefined
  readonly createdAt: number
  readonly expiresAt?: number | undefined
}

/** Who changed what, and from where. */
export interface AuditEvent {
  readonly id: string
  readonly at: number
  readonly name: AuditEventName
  /** `anonymous`, `client`, `operator`, `server`, or `token` and the name of an initial access token. */
  readonly actor: string
  /** The sender's address, where there is one. */
  readonly address?: string | undefined
  readonly clientId?: string | undefined
  /** Members and their values, never a secret. */
  readonly details: Readonly<Record<string, unknown>>
}
