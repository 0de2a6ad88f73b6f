/** Records for the checks: each call makes new ids, and each `add...` stores what it returns. */
import type { ClientOf } from '#test/support/records.ts'
import { randomUUID } from 'node:crypto'
import type { AccessToken, AuthorizationCode, ClientToken, Grant, RefreshToken } from '#src/domain/token/grant.ts'
import type { AuditEvent } from '#src/domain/audit/audit-event.ts'
import type { Client } from '#src/domain/client/client.ts'
import type { Identity } from '#src/domain/provider/identity.ts'
import type { ProviderAttempt } from '#src/domain/provider/provider-attempt.ts'
import type { Provider } from '#src/domain/provider/provider.ts'
import type { PersonalToken } from '#src/domain/token/personal-token.ts'
import type { UserProfile, User } from '#src/domain/user/user.ts'
import type { Resource } from '#src/domain/resource/resource.ts'
import type { Passkey } from '#src/domain/user/factors.ts'
import type { Session } from '#src/domain/user/session.ts'
import type { Redemption, Rotation, Storage } from '#src/storage/storage.ts'

/** An instant, in ms; the storage has no clock of its own. */
export const NOW = 1_800_000_000_000
export const MINUTE = 60_000
export const DAY = 86_400_000
/** Seconds; audit events live longer than most checks need. */
export const TTL = { unusedClientTtl: 30 * 86_400, idleClientTtl: 400 * 86_400, auditTtl: 2000 * 86_400 }

export function makeUser(changes: Partial<User> = {}): User {
  const id = `user-${randomUUID()}`
  return {
    id,
    username: `name-${id}`,
    passwordHash: 'argon2',
    origin: 'operator',
    profile: { name: 'Kim Min-jun', locale: 'ko' },
    email: `${id}@example.com`,
    emailVerified: true,
    createdAt: NOW,
    updatedAt: NOW,
    ...changes,
  }
}

export function makeClient<Origin extends Client['origin'] = 'registration'>(
  changes: Partial<Omit<ClientOf<Origin>, 'origin'>> & { origin?: Origin } = {},
): ClientOf<Origin> {
  const sample = {
    id: `client-${randomUUID()}`,
    secretHash: 'hash of a secret',
    metadata: {
      redirectUris: ['https://app.example.com/callback'],
      tokenEndpointAuthMethod: 'client_secret_basic',
      grantTypes: ['authorization_code', 'refresh_token'],
      scopes: [],
      display: { client_name: 'An app', 'client_name#ko': '앱 🪐 \'";--' },
    },
    origin: 'registration',
    createdAt: NOW,
    ...(changes.origin === 'document' && { documentFetchedAt: 0, documentFreshUntil: 0 }),
    ...changes,
  }
  return sample as unknown as ClientOf<Origin>
}

/** The profile of a user who is logged in. */
export const personOf = ({ id, username, profile, email, emailVerified, updatedAt }: User): UserProfile => ({
  id,
  username,
  profile,
  email,
  emailVerified,
  updatedAt,
})

export function makeSession(userId: string, changes: Partial<Session> = {}): Session {
  return {
    idHash: `session-${randomUUID()}`,
    sid: `sid-${randomUUID()}`,
    userId,
    authTime: NOW,
    amr: ['pwd', 'otp', 'mfa'],
    acr: 'two factors',
    browser: 'Firefox · Linux',
    network: '192.0.2.7',
    createdAt: NOW,
    lastSeenAt: NOW,
    expiresAt: NOW + DAY,
    ...changes,
  }
}

export function makeGrant(userId: string, clientId: string, changes: Partial<Grant> = {}): Grant {
  return {
    id: `grant-${randomUUID()}`,
    userId,
    clientId,
    sector: 'app.example.com',
    scopes: ['openid', 'email'],
    resources: ['https://mcp.example.com/'],
    nonce: 'a nonce',
    claims: { idToken: { email: null }, userinfo: { locale: ['ko', 'en'] } },
    authTime: NOW,
    amr: ['pop', 'user', 'mfa'],
    acr: 'phr',
    createdAt: NOW,
    expiresAt: NOW + MINUTE,
    ...changes,
  }
}

export function makeCode(grantId: string, changes: Partial<AuthorizationCode> = {}): AuthorizationCode {
  return {
    codeHash: `code-${randomUUID()}`,
    grantId,
    redirectUri: 'https://app.example.com/callback',
    redirectUriGiven: true,
    codeChallenge: { value: 'a challenge', method: 'S256' },
    dpopJkt: 'thumbprint of a key',
    expiresAt: NOW + MINUTE,
    ...changes,
  }
}

export function makeToken(grantId: string, changes: Partial<RefreshToken> = {}): RefreshToken {
  return {
    tokenHash: `token-${randomUUID()}`,
    grantId,
    generation: 1,
    dpopJkt: 'thumbprint of a key',
    network: '2001:db8:7::/48',
    createdAt: NOW,
    expiresAt: NOW + 30 * DAY,
    ...changes,
  }
}

/** Expires an hour after `NOW`. */
export function makeAccessToken(grantId: string, changes: Partial<AccessToken> = {}): AccessToken {
  const [iat, exp] = [NOW / 1000, NOW / 1000 + 3600]
  const subject = {
    iss: 'https://auth.example.com',
    sub: 'somebody',
    aud: 'https://mcp.example.com/',
    client_id: 'a client',
    scope: 'openid',
  }
  const claims = { ...subject, gid: grantId, jti: `jti-${randomUUID()}`, auth_time: iat, acr: 'urn:example:password', iat, exp }
  return { tokenHash: `access-${randomUUID()}`, grantId, claims, expiresAt: exp * 1000, ...changes }
}

export function makePersonalToken(userId: string, changes: Partial<PersonalToken> = {}): PersonalToken {
  return {
    id: `token-${randomUUID()}`,
    tokenHash: `hash-${randomUUID()}`,
    userId,
    name: 'nightly backup 🪐',
    resourceId: 'resource',
    scopes: ['tools:read'],
    createdAt: NOW,
    expiresAt: NOW + DAY,
    ...changes,
  }
}

/** A token that a client gets for itself, which expires an hour after `NOW`. */
export function makeClientToken(clientId: string, changes: Partial<ClientToken> = {}): ClientToken {
  const iat = NOW / 1000
  const claims = {
    iss: 'https://auth.example.com',
    sub: clientId,
    aud: 'https://mcp.example.com/',
    client_id: clientId,
    scope: 'tools:read',
    jti: `jti-${randomUUID()}`,
    iat,
    exp: iat + 3600,
  }
  return { tokenHash: `own-${randomUUID()}`, claims, expiresAt: claims.exp * 1000, ...changes }
}

export function makeResource(changes: Partial<Resource> = {}): Resource {
  const id = `resource_${randomUUID()}`
  return {
    id,
    secretHash: 'hash of a secret',
    identifier: `https://mcp.example.com/${id}`,
    name: 'Planets 🪐 \'";--',
    scopes: [{ name: 'tools:read', description: '도구를 읽습니다' }],
    createdAt: NOW,
    updatedAt: NOW,
    ...changes,
  }
}

export async function addResource({ resources }: Storage, changes?: Partial<Resource>): Promise<Resource> {
  const resource = makeResource(changes)
  if (!(await resources.insert(resource))) throw new Error(`${resource.identifier} is taken`)
  return resource
}

export function makeProvider(changes: Partial<Provider> = {}): Provider {
  const id = `provider-${randomUUID()}`
  return {
    id,
    name: id,
    kind: 'oidc',
    origin: 'operator',
    issuer: 'https://id.example.com',
    clientId: 'solar',
    encryptedClientSecret: 'sealed',
    settings: { label: '회사 🪐', scopes: ['openid', 'email'], domains: ['example.com'], follow: true },
    createdAt: NOW,
    updatedAt: NOW,
    ...changes,
  }
}

export async function addProvider({ providers }: Storage, changes?: Partial<Provider>): Promise<Provider> {
  const provider = makeProvider(changes)
  if (!(await providers.insert(provider))) throw new Error(`${provider.name} is taken`)
  return provider
}

export function makeIdentity(userId: string, providerId: string, changes: Partial<Identity> = {}): Identity {
  const issuer = 'https://id.example.com'
  const subject = `Subject-${randomUUID()}`
  return {
    id: `identity-${randomUUID()}`,
    userId,
    providerId,
    issuer,
    subject,
    managed: false,
    claims: { issuer, subject, emailVerified: false, organizations: [], teams: [], named: { groups: ['관리자'] } },
    encryptedRefreshToken: 'sealed',
    linkedAt: NOW,
    lastLoginAt: NOW,
    lastUsedAt: NOW,
    lastCheckedAt: NOW,
    ...changes,
  }
}

export async function addIdentity(
  { identities }: Storage,
  userId: string,
  providerId: string,
  changes?: Partial<Identity>,
): Promise<Identity> {
  const identity = makeIdentity(userId, providerId, changes)
  if (!(await identities.link(identity, makeEvent({ at: 0 })))) throw new Error('the account is linked already')
  return identity
}

export function makeAttempt(providerId: string, changes: Partial<ProviderAttempt> = {}): ProviderAttempt {
  const transaction = { parameters: { state: '상태' }, startedAt: NOW, browserHash: 'hash' }
  return {
    handleHash: `handle-${randomUUID()}`,
    browserHash: 'hash of a cookie',
    providerId,
    progress: { transaction, startedAt: NOW, freshly: false },
    expiresAt: NOW + MINUTE,
    ...changes,
  }
}

export function makeEvent(changes: Partial<AuditEvent> = {}): AuditEvent {
  return {
    id: `event-${randomUUID()}`,
    at: NOW,
    name: 'client.registered',
    actor: 'anonymous',
    address: '192.0.2.1',
    clientId: 'a client',
    details: { scope: 'openid' },
    ...changes,
  }
}

export async function addUser({ users }: Storage, changes?: Partial<User>): Promise<User> {
  const user = makeUser(changes)
  await users.insert(user)
  return user
}

/** Somebody else who may do everything, so that the first owner can go. */
export async function addOwner(storage: Storage): Promise<User> {
  const user = await addUser(storage)
  await storage.users.changeRole(user.id, { before: undefined, after: 'owner' }, NOW)
  return user
}

export async function addClient<Origin extends Client['origin'] = 'registration'>(
  { clients }: Storage,
  changes?: Partial<Omit<ClientOf<Origin>, 'origin'>> & { origin?: Origin },
): Promise<ClientOf<Origin>> {
  const client = makeClient<Origin>(changes)
  await clients.insert(client)
  return client
}

export async function addSession({ sessions }: Storage, userId: string, changes?: Partial<Session>): Promise<Session> {
  const session = makeSession(userId, changes)
  await sessions.insert(session)
  return session
}

export interface Issued {
  readonly user: User
  readonly client: Client
  readonly grant: Grant
  readonly code: AuthorizationCode
}

/** A grant whose code isn't redeemed yet. */
export async function addGrant(
  storage: Storage,
  given: { user?: User; client?: Client; grant?: Partial<Grant>; code?: Partial<AuthorizationCode> } = {},
): Promise<Issued> {
  const user = given.user ?? (await addUser(storage))
  const client = given.client ?? (await addClient(storage))
  const grant = makeGrant(user.id, client.id, given.grant)
  const code = makeCode(grant.id, given.code)
  await storage.grants.issue(grant, code)
  return { user, client, grant, code }
}

/** The redemption of an issued code, a little later. */
export function redemptionOf({ grant, code }: Issued, changes: Partial<Redemption> = {}): Redemption {
  return {
    codeHash: code.codeHash,
    grantId: grant.id,
    now: NOW + 1000,
    grantExpiresAt: NOW + 365 * DAY,
    refreshToken: makeToken(grant.id),
    ...changes,
  }
}

export interface Family extends Issued {
  /** The first refresh token. */
  readonly token: RefreshToken
}

/** A grant whose code was redeemed for a refresh token. */
export async function addFamily(storage: Storage, given: Parameters<typeof addGrant>[1] = {}): Promise<Family> {
  const issued = await addGrant(storage, given)
  const token = makeToken(issued.grant.id)
  const outcome = await storage.grants.redeem(redemptionOf(issued, { refreshToken: token }))
  if (outcome !== 'redeemed') throw new Error(`the code was ${outcome}`)
  return { ...issued, token }
}

/** The rotation of `token`, a little later, with a new successor. */
export function rotationOf(token: RefreshToken, clientId: string, changes: Partial<Rotation> = {}): Rotation {
  return {
    tokenHash: token.tokenHash,
    clientId,
    now: NOW + MINUTE,
    // As in production, it follows from the token.
    successor: makeToken(token.grantId, {
      tokenHash: `after-${token.tokenHash}`,
      generation: token.generation + 1,
      parentHash: token.tokenHash,
    }),
    earlierSuccessors: [],
    graceMs: MINUTE,
    ...changes,
  }
}

export const makePasskey = (userId: string, changes: Partial<Passkey> = {}): Passkey => ({
  id: `passkey-${randomUUID()}`,
  userId,
  publicKey: 'a key',
  counter: 3,
  transports: ['internal', 'hybrid'],
  name: 'Phone 🪐',
  synced: true,
  backedUp: false,
  rpId: 'auth.example.com',
  createdAt: NOW,
  ...changes,
})

/** All that a user can log in with besides a password. */
export async function addFactors({ factors }: Storage, userId: string): Promise<Passkey> {
  const passkey = makePasskey(userId)
  await factors.insertPasskey(passkey, 20)
  await factors.insertPasskey(makePasskey(userId, { createdAt: NOW + 1, backedUp: true, transports: [] }), 20)
  await factors.usePasskey(passkey.id, { counter: 4, backedUp: true }, NOW + 2)
  await factors.saveCodes({ userId, secret: 'sealed', lastStep: 1, createdAt: NOW })
  await factors.saveRecoveryCodes(userId, ['one', 'two', 'three'], NOW)
  await factors.useRecoveryCode(userId, 'two', NOW + 1)
  return passkey
}
