/**
 * The claims of tokens and of UserInfo (RFC 9068 section 2.2, OpenID Connect Core sections 2, 5.1 and 5.4, Back-Channel Logout
 * section 2.4).
 */
import { createHash } from 'node:crypto'
import type { UserClaims, UserInfo } from '../../schemas/userinfo.ts'
import type { AccessTokenClaims } from './access-token-claims.ts'
import { USER_CLAIM_NAMES, userClaims } from '../user/user-claims.ts'
import type { WantedClaims } from '../user/user-claims.ts'
import type { Grant } from './grant.ts'
import type { LogoutNotice } from '../logout/logout-notice.ts'
import type { UserProfile } from '../user/user.ts'
import type { SigningAlg } from '../key/stored-key.ts'
import type { TokenTarget } from './token-target.ts'

const seconds = (milliseconds: number): number => Math.floor(milliseconds / 1000)

/** The values of `claims_supported`. */
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
  ...USER_CLAIM_NAMES,
]

/** `now` in ms, `ttl` in seconds. */
export interface TokenOptions {
  readonly issuer: string
  readonly jti: string
  readonly now: number
  readonly ttl: number
  /** Thumbprint of the key that the token is bound to. */
  readonly jkt?: string | undefined
}

export function accessTokenClaims(
  grant: Grant,
  subject: string,
  target: TokenTarget,
  options: TokenOptions,
  userinfoAlg?: SigningAlg,
): AccessTokenClaims {
  const { clientId, id, authTime, acr, amr } = grant
  return {
    ...targetClaims(subject, clientId, target, options),
    gid: id,
    auth_time: seconds(authTime),
    acr,
    amr,
    ...(target.groups !== undefined && { groups: target.groups }),
    ...(userinfoAlg !== undefined && { userinfo_alg: userinfoAlg }),
  }
}

/** RFC 9068 section 2.2: without a resource owner, `sub` is the client. */
export const clientTokenClaims = (clientId: string, target: TokenTarget, options: TokenOptions): AccessTokenClaims =>
  targetClaims(clientId, clientId, target, options)

function targetClaims(
  subject: string,
  clientId: string,
  { audience, scopes }: TokenTarget,
  { issuer, jti, now, ttl, jkt }: TokenOptions,
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

export interface IdTokenOptions extends Omit<TokenOptions, 'jti'> {
  readonly subject: string
  /** `accessTokenHash()` of the access token in the same response. */
  readonly atHash: string
  /** The claims that the request asked for by name. All others are only in UserInfo. */
  readonly requested: UserClaims
}

export function idTokenClaims(grant: Grant, { issuer, subject, atHash, requested, now, ttl }: IdTokenOptions) {
  const iat = seconds(now)
  return {
    ...requested,
    iss: issuer,
    sub: subject,
    aud: grant.clientId,
    auth_time: seconds(grant.authTime),
    acr: grant.acr,
    amr: grant.amr,
    ...(grant.sid !== undefined && { sid: grant.sid }),
    ...(grant.nonce !== undefined && { nonce: grant.nonce }),
    at_hash: atHash,
    iat,
    exp: iat + ttl,
  }
}

/** `at_hash` (OpenID Connect Core section 3.1.3.6): half of the hash of the id_token's algorithm; Ed25519's is SHA-512 (RFC 8032). */
export function accessTokenHash(token: string, alg: SigningAlg): string {
  const hash = createHash(alg === 'EdDSA' ? 'sha512' : 'sha256')
    .update(token)
    .digest()
  return hash.subarray(0, hash.length / 2).toString('base64url')
}

/** The lifetime of a logout token, in seconds (Back-Channel Logout section 4: preferably at most two minutes). */
const LOGOUT_TOKEN_TTL = 120

/** The payload of a logout token. It has no `nonce`, so it can't pass for an id_token. */
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

/**
 * The claims of UserInfo.
 *
 * @param subject the `sub` of the access token
 * @param wanted claims that the request asked for by name
 * @param groups as far as the resource of the token learns them
 */
export function userInfoClaims(
  user: UserProfile,
  subject: string,
  scopes: readonly string[],
  wanted?: WantedClaims,
  groups?: string[],
): UserInfo {
  return { sub: subject, ...userClaims(user, scopes, wanted), ...(groups !== undefined && { groups }) }
}
