/** The stores that grant access (storage.ts has the others): grants with codes and tokens, and requests that wait for a user. */
import type { AuditEvent } from '../domain/audit/audit-event.ts'
import type { Client } from '../domain/client/client.ts'
import type { Resource } from '../domain/resource/resource.ts'
import type { AccessTokenClaims } from '../domain/token/access-token-claims.ts'
import type { AccessToken, AuthorizationCode, ClientToken, Grant } from '../domain/token/grant.ts'
import type { DeviceAuthorization } from '../domain/device/device-authorization.ts'
import type { PushedRequest } from '../domain/authorization/pushed-request.ts'
import type {
  AccessTokenKey,
  Asked,
  CodeOfGrant,
  GrantQuery,
  ListedGrant,
  LiveGrant,
  PushedUse,
  Redemption,
  RefreshTokenOfGrant,
  Renewal,
  Rotation,
  WaitingRoom,
} from './inputs.ts'

export interface Grants {
  /**
   * Stores a grant with its code, and that a user allowed the client. Rejects if the user or client is gone, or the id is taken.
   *
   * @param pushed the request that the code is for, if it was pushed, which may have expired; it is used up together with that. At
   *   most one caller, on any node, gets `true` for it, until the sweep after `rememberedUntil`; for the others nothing happens.
   */
  issue(grant: Grant, code: AuthorizationCode, pushed?: PushedUse): Promise<boolean>
  findCode(grantId: string, codeHash: string): Promise<CodeOfGrant | undefined>
  /**
   * Redeems a code. At most one caller, on any node, ever gets `redeemed`. Later callers get `replayed`, which revokes the grant.
   * `expired`: the code expired, its grant was revoked or isn't the given one, or the user was disabled.
   */
  redeem(redemption: Redemption): Promise<'redeemed' | 'replayed' | 'expired'>
  findRefreshToken(grantId: string, tokenHash: string): Promise<RefreshTokenOfGrant | undefined>
  /**
   * Uses a refresh token. An unused one of a live grant is `rotated`, for at most one caller on any node. A used one is `repeated`
   * within the grace time of its first use, as long as its successor is unused: the same successor counts again. Otherwise it is
   * `replayed`, which revokes the grant. `expired`: the token or its grant has ended, or the token belongs to another grant. Once
   * `revoke` of the grant, or `disable` of its user, has resolved, no new call gets `rotated` or `repeated`, and tokens from calls in
   * progress are dead.
   */
  rotate(rotation: Rotation): Promise<'rotated' | 'repeated' | 'replayed' | 'expired'>
  /**
   * Uses a refresh token that stays the client's: it lives until `expiresAt` from now on. `false`, and nothing has happened, if the token
   * isn't an unused one of a live grant: `rotate` says what it is.
   */
  renew(renewal: Renewal): Promise<boolean>
  /** How many grants of a client are live. */
  countLive(clientId: string, now: number): Promise<number>
  /** A live grant by its id. */
  find(grantId: string, now: number): Promise<ListedGrant | undefined>
  /** At most `limit` live grants: the newest of a user or client first; of all, those that live longest. */
  list(query: GrantQuery): Promise<ListedGrant[]>
  /** Ends a grant with all its tokens. At most one caller, on any node, gets `true`; `false` if it was revoked or doesn't exist. */
  revoke(grantId: string, now: number, event?: AuditEvent): Promise<boolean>
  /** The same for a user who wants the client no longer: what it was allowed is forgotten, so that it has to ask again. */
  disconnect(grant: Pick<Grant, 'id' | 'userId' | 'clientId'>, now: number, event?: AuditEvent): Promise<boolean>
  /** Ends one access token before it expires (RFC 7009). */
  revokeAccessToken(jti: string, expiresAt: number): Promise<void>
  /** The user of an access token and the claims of its grant, if both the grant and the token are live. */
  findLive(grantId: string, jti: string, now: number): Promise<LiveGrant | undefined>
  /** An opaque access token with its user and the claims of its grant, if token and grant are live and the resource exists. */
  findAccessToken(tokenHash: string, now: number): Promise<(LiveGrant & { token: AccessToken }) | undefined>
  /** The client that asks about an access token, and what `findLive` or `findAccessToken` finds of the token, at the same instant. */
  findForClient(clientId: string, token: AccessTokenKey, now: number): Promise<Asked<Client>>
  /** The same for a resource that asks. */
  findForResource(resourceId: string, token: AccessTokenKey, now: number): Promise<Asked<Resource>>
}

/** Tokens that clients got for themselves. They end when the client is deleted or disabled. */
export interface ClientTokens {
  /** Stores an opaque token; rejects if the client is gone. */
  insert(token: ClientToken): Promise<void>
  /** An opaque token, if it is live, its client is enabled, and its resource exists. */
  find(tokenHash: string, now: number): Promise<ClientToken | undefined>
  /** Whether the client of a JWT is enabled and the token isn't revoked. The caller checks its expiry. */
  isLive(claims: Pick<AccessTokenClaims, 'client_id' | 'jti' | 'iat'>): Promise<boolean>
}

/** Devices that wait for a user's decision. At most one decision, on any node, ever counts. */
export interface DeviceAuthorizations {
  /**
   * `taken`: the user code is in use. `full`: as many devices as `room` allows wait for a user already, of this client or of this
   * network; calls at the same moment may exceed that by one each. Rejects if the client is gone.
   */
  insert(authorization: DeviceAuthorization, room: WaitingRoom): Promise<'inserted' | 'taken' | 'full'>
  find(deviceCodeHash: string): Promise<DeviceAuthorization | undefined>
  /** By user code, if the device is still waiting. */
  findWaiting(userCodeHash: string, now: number): Promise<DeviceAuthorization | undefined>
  /**
   * Stores the grant under the device's `grantId`, so that `Grants.redeem` accepts the device code from now on. `false` if there was
   * a decision already, or the device had expired at `grant.createdAt`.
   */
  allow(deviceCodeHash: string, grant: Omit<Grant, 'id'>): Promise<boolean>
  deny(deviceCodeHash: string, now: number): Promise<boolean>
}

export interface PushedRequests {
  /** Rejects if the client is gone. */
  insert(request: PushedRequest): Promise<void>
  /** A request that hasn't expired; `used`: a code was issued for it. */
  find(requestUriHash: string, now: number): Promise<(PushedRequest & { readonly used: boolean }) | undefined>
}
