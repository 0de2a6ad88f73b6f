/** The part of the storage (storage.ts) that hands out access: grants with their codes and tokens, and the requests that wait for a person. */
import type { AccessTokenClaims } from '../domain/token/access-token-claims.ts'
import type { RequestedClaims } from '../domain/authorization/claims-request.ts'
import type { AccessToken, AuthorizationCode, ClientToken, Grant } from '../domain/token/grant.ts'
import type { DeviceAuthorization } from '../domain/device/device-authorization.ts'
import type { UserProfile } from '../domain/user/user.ts'
import type { PushedRequest } from '../domain/authorization/pushed-request.ts'
import type { CodeOfGrant, Redemption, RefreshTokenOfGrant, Rotation } from './inputs.ts'

export interface Grants {
  /** Stores the grant with its code, and notes that a person allowed the client; rejects if either of them is gone, or the grant's id is taken. */
  issue(grant: Grant, code: AuthorizationCode): Promise<void>
  findCode(grantId: string, codeHash: string): Promise<CodeOfGrant | undefined>
  /**
   * Exchanges a code. At most one caller, on any node, ever gets `redeemed`; whoever comes later gets `replayed`, and
   * the grant is dead from then on. `expired`: too late, the grant was revoked meanwhile or isn't the code's, or the
   * user was disabled.
   */
  redeem(redemption: Redemption): Promise<'redeemed' | 'replayed' | 'expired'>
  findRefreshToken(grantId: string, tokenHash: string): Promise<RefreshTokenOfGrant | undefined>
  /**
   * Uses a refresh token. An unused one of a live grant always rotates; a used one gets a sibling within the grace
   * time of its first use, unless a successor was already used; otherwise it is `replayed` and the grant dies.
   * `expired`: the token or its grant was over, or the token is not the grant's. A call that begins after `revoke` of
   * the grant, or `disable` of its user, has settled never gets `rotated`; what a call under way got is dead, too.
   */
  rotate(rotation: Rotation): Promise<'rotated' | 'replayed' | 'expired'>
  /** How many grants of a client are live. */
  countLive(clientId: string, now: number): Promise<number>
  /** Ends a grant and all that hangs on it. At most one caller, on any node, gets `true`; `false`: it was revoked before, or there is none. */
  revoke(grantId: string, now: number): Promise<boolean>
  /** Ends one access token before its time (RFC 7009). */
  revokeAccessToken(jti: string, expiresAt: number): Promise<void>
  /** The user of an access token, and the claims of its grant, if neither the grant nor the token is over. */
  findLive(grantId: string, jti: string, now: number): Promise<{ user: UserProfile; claims: RequestedClaims | undefined } | undefined>
  /** An access token that is no JWT with its user, and the claims of its grant, if neither it nor its grant is over, and its resource is still there. */
  findAccessToken(
    tokenHash: string,
    now: number,
  ): Promise<{ token: AccessToken; user: UserProfile; claims: RequestedClaims | undefined } | undefined>
}

/** What a client got for itself dies with the client, and when the client is disabled. */
export interface ClientTokens {
  /** Keeps a token that is no JWT; rejects if the client is gone. */
  insert(token: ClientToken): Promise<void>
  /** A token that is no JWT, if neither it nor its client is over, and its resource is still there. */
  find(tokenHash: string, now: number): Promise<ClientToken | undefined>
  /** Whether the client of a JWT is enabled, and the token not revoked; its end is up to the caller. */
  isLive(claims: Pick<AccessTokenClaims, 'client_id' | 'jti' | 'iat'>): Promise<boolean>
}

/** Devices that wait for a person, until one decides or they are over; at most one decision, on any node, ever counts. */
export interface DeviceAuthorizations {
  /** `false` if the user code is taken; rejects if the client is gone. */
  insert(authorization: DeviceAuthorization): Promise<boolean>
  find(deviceCodeHash: string): Promise<DeviceAuthorization | undefined>
  /** By its user code, as long as nobody has decided. */
  findWaiting(userCodeHash: string, now: number): Promise<DeviceAuthorization | undefined>
  /**
   * Stores the grant under the device's `grantId`: `Grants.redeem` exchanges the device code from now on. Whether nobody had
   * decided before `grant.createdAt`.
   */
  allow(deviceCodeHash: string, grant: Omit<Grant, 'id'>): Promise<boolean>
  deny(deviceCodeHash: string, now: number): Promise<boolean>
}

export interface PushedRequests {
  /** Rejects if the client is gone. */
  insert(request: PushedRequest): Promise<void>
  /** Until its end, and until a code was issued for it. */
  find(requestUriHash: string, now: number): Promise<PushedRequest | undefined>
  /** Uses a request up, whether its own end has come or not. At most one caller, on any node, ever gets `true` until that is swept after `rememberedUntil`. */
  redeem(requestUriHash: string, rememberedUntil: number): Promise<boolean>
}
