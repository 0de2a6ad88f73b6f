/** Parameters and results of the stores that aren't records themselves. Instants are milliseconds since the epoch. */
import type { RequestedClaims } from '../domain/authorization/claims-request.ts'
import type { Link } from '../domain/link/link.ts'
import type { AuditEvent, EventKey } from '../domain/audit/audit-event.ts'
import type { ClientMetadata } from '../domain/client/client-metadata.ts'
import type { AccessToken, AuthorizationCode, Grant, RefreshToken } from '../domain/token/grant.ts'
import type { Client, OperatorClient, RegisteredClient } from '../domain/client/client.ts'
import type { Provider } from '../domain/provider/provider.ts'
import type { Resource } from '../domain/resource/resource.ts'
import type { Consent } from '../domain/authorization/consent.ts'
import type { PersonalToken } from '../domain/token/personal-token.ts'
import type { Standing } from '../domain/user/factors.ts'
import type { Role } from '../domain/user/role.ts'
import type { Session } from '../domain/user/session.ts'
import type { User, UserProfile } from '../domain/user/user.ts'

/** How long records without an expiry are kept, in seconds. */
export interface Lifetimes {
  /** Clients that registered, but that no user ever allowed. */
  readonly unusedClientTtl: number
  /** Clients that a user allowed, since their last use. */
  readonly idleClientTtl: number
  readonly auditTtl: number
}

/** A client metadata document. */
export interface FetchedDocument {
  readonly id: string
  readonly metadata: ClientMetadata
  readonly fetchedAt: number
  readonly freshUntil: number
}

/** An update of a client by itself (RFC 7592) or by an operator. `before` is the client that the update is based on. */
export interface ClientUpdate {
  readonly before: RegisteredClient | OperatorClient
  readonly after: RegisteredClient | OperatorClient
  /** Whether the client became another one than an operator has approved: then it waits again. */
  readonly isOther?: boolean
}

/** Where a client is among those that were looked for. */
export interface ClientKey {
  readonly key: string
  readonly createdAt: number
  readonly id: string
}

/** A client that was looked for, with the key by which it was found. */
export interface FoundClient {
  readonly client: Client
  readonly key: string
}

/** At most `limit` clients with ids behind `after`. */
export interface LiveBatch {
  readonly after: string
  readonly limit: number
}

/** What was approved in a batch of clients, the last of which is `last`. */
export interface ApprovedLive {
  readonly last: string
  readonly count: number
}

/** An update of a resource. `before` is the resource that the update is based on. */
export interface ResourceUpdate {
  readonly before: Resource
  readonly after: Resource
}

/** A change of a provider. `before` is the provider that the change is based on. */
export interface ProviderUpdate {
  readonly before: Provider
  readonly after: Provider
}

/** What of a user follows the provider. */
export interface FollowedUser extends Pick<User, 'profile' | 'email' | 'emailVerified'> {
  readonly userId: string
}

/** A link, and the name of the user whom it is for, if it has one. */
export interface ListedLink {
  readonly link: Link
  readonly username: string | undefined
}

/** A user's new password. */
export interface PasswordChange {
  readonly passwordHash: string
  /** Whether the apps that somebody allowed with the old password end, too. */
  readonly endGrants: boolean
  /** The session in which the user changes it, which goes on. */
  readonly keptSession?: string | undefined
}

/** The role of a user, if any, before and after. */
export interface RoleChange {
  readonly before: Role | undefined
  readonly after: Role | undefined
  /** The resource at which the role counts: the user's grants for it end. */
  readonly management?: string | undefined
}

/** What lets people in here: for whom passwords do, and the host whose passkeys count. */
export interface WaysIn {
  readonly passwordLogin: 'on' | 'admin' | 'off'
  readonly rpId: string | undefined
}

/** How a new factor was set up: the session goes on, the link is used up. */
export interface SetUpBy {
  readonly session?: string | undefined
  readonly link?: string | undefined
}

/** A new secret, and until when the previous one stays valid. */
export interface SecretRotation {
  readonly secretHash: string
  readonly previousExpiresAt: number
}

/** How many devices may wait for a user at once. */
export interface WaitingRoom {
  readonly perClient: number
  readonly perNetwork: number
}

/** A code or token with its grant, and the groups of its user at this moment, sorted. */
export interface CodeOfGrant {
  readonly code: AuthorizationCode
  readonly grant: Grant
  readonly username: string
  readonly groups: readonly string[]
}
export interface RefreshTokenOfGrant {
  readonly token: RefreshToken
  readonly grant: Grant
  /** The identity that the grant came of, if it rests: it is to be touched. */
  readonly restingIdentityId?: string | undefined
  /** Where the code of its grant went; empty for a device. */
  readonly redirectUri?: string | undefined
  readonly groups: readonly string[]
}

/** What is behind an access token, as long as its grant is live. */
export interface LiveGrant {
  readonly user: UserProfile
  /** Those of the user at this moment, sorted. */
  readonly groups: readonly string[]
  readonly claims: RequestedClaims | undefined
}

/** What is behind an access token, and the token itself if it was looked for by its hash. */
export interface LiveToken extends LiveGrant {
  readonly token?: AccessToken | undefined
}

/** The caller that asks about an access token, in any state, and what is behind the token, if it is live. */
export interface Asked<A> {
  readonly asker: A | undefined
  readonly live?: LiveToken | undefined
}

/** Which access token: a JWT by what it says, an opaque one by its hash. */
export type AccessTokenKey = { readonly grantId: string; readonly jti: string } | { readonly tokenHash: string }

/** The use of a pushed request, which is remembered for as long as a page that shows it may come back. */
export interface PushedUse {
  readonly requestUriHash: string
  readonly rememberedUntil: number
}

/** The redemption of a code, and the tokens to store for it. */
export interface Redemption {
  readonly codeHash: string
  readonly grantId: string
  readonly now: number
  /** The new end of the grant. */
  readonly grantExpiresAt: number
  readonly refreshToken?: RefreshToken | undefined
  /** Only an opaque token; as in a rotation. */
  readonly accessToken?: AccessToken | undefined
  /** What the audit keeps of it. */
  readonly event?: AuditEvent | undefined
}

/** The use of a refresh token, and the tokens to store for it. */
export interface Rotation {
  readonly tokenHash: string
  readonly clientId: string
  readonly now: number
  readonly successor: RefreshToken
  readonly accessToken?: AccessToken | undefined
  /** Hashes of the successor that an earlier `SECRET` would have made. */
  readonly earlierSuccessors: readonly string[]
  /** How long after its first use a token answers with its successor again. */
  readonly graceMs: number
}

/** A live grant with the names of its user and its client. */
export interface ListedGrant {
  readonly grant: Grant
  readonly username: string
  readonly client: Pick<Client, 'id' | 'metadata' | 'origin'>
  /** When its newest refresh token was issued; undefined if it has none. */
  readonly refreshedAt?: number | undefined
  /** From which network the client asked for it. */
  readonly refreshedFrom?: string | undefined
}

/** What a user has allowed a client, with its name. */
export interface ListedConsent {
  readonly consent: Consent
  readonly client: Pick<Client, 'id' | 'metadata' | 'origin'>
  readonly updatedAt: number
}

/** Which grants to list: of a user, of a client or of both, the newest first; or all, of which those come first that live longest. */
export interface GrantQuery {
  readonly userId?: string | undefined
  readonly clientId?: string | undefined
  readonly now: number
  readonly limit: number
  /** The last grant of the page before. */
  readonly after?: ListKey | undefined
}

/** Where a grant, session, link or token is in a list. `at`: when it began, or in a list of all when it ends. */
export interface ListKey {
  readonly at: number
  readonly id: string
}

/** A live session with the name of its user. */
export interface ListedSession {
  readonly session: Session
  readonly username: string
}

/** A personal access token with its user and the user's groups. */
export interface HeldPersonalToken {
  readonly token: PersonalToken
  readonly user: UserProfile
  readonly groups: readonly string[]
}

/** A client, and who gets its response. */
export type Asking = Pick<Consent, 'clientId' | 'receiver'>

/** A live session with its user, and the user's groups at this moment. */
export interface LiveSession {
  readonly session: Session
  readonly user: UserProfile
  readonly groups: readonly string[]
  readonly standing: Standing
  /** What the user has allowed the client that was asked for. */
  readonly consent?: Consent | undefined
}

/** Which events to list. */
export interface EventsOf {
  readonly clientId?: string | undefined
  readonly userId?: string | undefined
  readonly since: number
  readonly before?: EventKey | undefined
  readonly limit: number
}

/** Which sessions to list. */
export interface SessionQuery extends Instants {
  readonly userId?: string | undefined
  readonly limit: number
  /** The last session of the page before. */
  readonly after?: ListKey | undefined
}

/** When records are counted: what expired before `now`, and sessions that were not seen after `idleSince`, have ended. */
export interface Instants {
  readonly now: number
  readonly idleSince: number
}

export interface TotalCounts {
  readonly users: number
  readonly clients: number
  /** Live ones. */
  readonly grants: number
  /** Live ones. */
  readonly sessions: number
  /** Sessions in which somebody logged in today, as far as they have not ended. */
  readonly logins: number
  /** Today's, as far as the audit log holds them. */
  readonly failedLogins: number
}

/** The use of a refresh token that isn't rotated. */
export interface Renewal extends Pick<Rotation, 'tokenHash' | 'clientId' | 'now' | 'accessToken'> {
  readonly grantId: string
  /** The new end of the token. */
  readonly expiresAt: number
}

/** What a restore did. */
export interface Restored {
  /** The new path of the database that was there before, if there was one. */
  readonly previous: string | undefined
  /** The encrypted private keys that are there now. */
  readonly sealed: readonly string[]
}

/** When the console is open: seen there after `consoleIdleSince`, in a session that is live. */
export interface ConsoleInstants extends Instants {
  readonly consoleIdleSince: number
}

/** What tells whether something that came of an identity is in use, in ms. */
export interface InUse {
  /** The longest life of a JWT, which nobody can take back. */
  readonly tokenLifeMs: number
  /** How long a refresh token may stay unused. */
  readonly idleMs: number
}

/** Why an identity isn't admitted any more, since `now`. */
export interface IdentityFailure {
  readonly reason: string
  readonly now: number
  readonly event: AuditEvent
}
