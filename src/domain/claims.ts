/**
 * What tokens and UserInfo say (RFC 9068 section 2.2, OpenID Connect Core sections 2, 5.1 and 5.4, Back-Channel Logout
 * section 2.4).
 */
import { createHash } from 'node:crypto'
import type { PersonClaims, UserInfo } from '../schemas/userinfo.ts'
import { PASSWORD_LOGIN } from './authentication.ts'
import type { Confirmation } from './dpop-token.ts'
import { PERSON_CLAIM_NAMES, personClaims } from './person-claims.ts'
import type { WantedClaims } from './person-claims.ts'
import type { Grant, LogoutNotice, Person, SigningAlg } from './records.ts'
import type { TokenTarget } from './token-target.ts'

const seconds = (milliseconds: number): number => Math.floor(milliseconds / 1000)

/** Members of `claims_supported`; each is really issued somewhere below. */
export const CLAIMS: readonly string[] = [
  'iss',
  'sub',
  'aud',
  'exp',
  'iat',
  'auth_time',
  'nonce',
  'acr',
  'amr',
  'at_hash',
  'sid',
  ...PERSON_CLAIM_NAMES,
]

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

/** `now` in ms, `ttl` in seconds. */
export interface TokenMaking {
  readonly issuer: string
  readonly jti: string
  readonly now: number
  readonly ttl: number
  /** The thumbprint of the key that the token is bound to. */
  readonly jkt?: string | undefined
}

export function accessTokenClaims(
  grant: Grant,
  subject: string,
  target: TokenTarget,
  making: TokenMaking,
  userinfoAlg?: SigningAlg,
): AccessTokenClaims {
  const { clientId, id, authTime } = grant
  return {
    ...targetClaims(subject, clientId, target, making),
    gid: id,
    auth_time: seconds(authTime),
    acr: PASSWORD_LOGIN.acr,
    ...(userinfoAlg !== undefined && { userinfo_alg: userinfoAlg }),
  }
}

/** RFC 9068 section 2.2: without a resource owner, `sub` is the client. */
export const clientTokenClaims = (clientId: string, target: TokenTarget, making: TokenMaking): AccessTokenClaims =>
  targetClaims(clientId, clientId, target, making)

function targetClaims(
  subject: string,
  clientId: string,
  { audience, scopes }: TokenTarget,
  { issuer, jti, now, ttl, jkt }: TokenMaking,
): AccessTokenClaims {
  const iat = seconds(now)
  return {
    iss: issuer,
    sub: subject,
    aud: audience ?? issuer,
    client_id: clientId,
    scope: scopes.join(' '),
    jti,
    iat,
    exp: iat + ttl,
    ...(jkt !== undefined && { cnf: { jkt } }),
  }
}

export interface IdTokenMaking extends Omit<TokenMaking, 'jti'> {
  readonly subject: string
  /** `accessTokenHash()` of the access token beside it. */
  readonly atHash: string
  /** What the request asked for by name; the rest is told by UserInfo. */
  readonly person: PersonClaims
}

export function idTokenClaims(grant: Grant, { issuer, subject, atHash, person, now, ttl }: IdTokenMaking) {
  const iat = seconds(now)
  return {
    ...person,
    iss: issuer,
    sub: subject,
    aud: grant.clientId,
    auth_time: seconds(grant.authTime),
    ...PASSWORD_LOGIN,
    ...(grant.sid !== undefined && { sid: grant.sid }),
    ...(grant.nonce !== undefined && { nonce: grant.nonce }),
    at_hash: atHash,
    iat,
    exp: iat + ttl,
  }
}

/** `at_hash` (OpenID Connect Core section 3.1.3.6): half of the hash that goes with the id_token's algorithm; that of EdDSA is its own (RFC 8032). */
export function accessTokenHash(token: string, alg: SigningAlg): string {
  const hash = createHash(alg === 'EdDSA' ? 'sha512' : 'sha256')
    .update(token)
    .digest()
  return hash.subarray(0, hash.length / 2).toString('base64url')
}

/** How long a logout token can be used, in seconds (Back-Channel Logout section 4: preferably two minutes at most). */
const LOGOUT_TOKEN_TTL = 120

/** The payload of a logout token: no `nonce`, so that it can't be taken for an id_token. */
export function logoutTokenClaims(
  { sid, clientId }: LogoutNotice,
  { issuer, subject, jti, now }: { issuer: string; subject: string; jti: string; now: number },
) {
  const iat = seconds(now)
  return {
    iss: issuer,
    sub: subject,
    aud: clientId,
    sid,
    jti,
    events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    iat,
    exp: iat + LOGOUT_TOKEN_TTL,
  }
}

/** What UserInfo tells to a token. `subject`: the `sub` of the token; `wanted`: claims that were asked for by name. */
export function userInfoClaims(user: Person, subject: string, scopes: readonly string[], wanted?: WantedClaims): UserInfo {
  return { sub: subject, ...personClaims(user, scopes, wanted) }
}
