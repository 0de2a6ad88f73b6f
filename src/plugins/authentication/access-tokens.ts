/**
 * Recognizes live access tokens of this server, JWTs (RFC 9068) and opaque ones. Owns where to look each kind up; not what a token
 * permits, nor how it arrives in a request (bearer.ts).
 */
import type { FastifyInstance } from 'fastify'
import type { RequestedClaims } from '../../domain/authorization/claims-request.ts'
import { sha256 } from '../../domain/protocol/sha256.ts'
import type { AccessTokenClaims } from '../../domain/token/access-token-claims.ts'
import type { UserProfile } from '../../domain/user/user.ts'

export interface LiveAccessToken {
  readonly claims: AccessTokenClaims
  /** Its subject; absent where a client got it for itself. */
  readonly user: UserProfile | undefined
  /** Those of the user at this moment. */
  readonly groups: readonly string[]
  /** What UserInfo returns besides the claims of the scopes. */
  readonly requested?: RequestedClaims | undefined
}

/** The token's claims and its user; `undefined` if it isn't ours, or if it, its grant or its client expired or was revoked. */
export type FindAccessToken = (token: string) => Promise<LiveAccessToken | undefined>

export function createAccessTokenFinder(app: FastifyInstance): FindAccessToken {
  const { grants, clientTokens } = app.storage

  return async (token) => {
    const now = app.now()
    // Opaque tokens, as all our secrets, hold no dot.
    if (!token.includes('.')) {
      const hash = sha256(token)
      const found = await grants.findAccessToken(hash, now)
      if (found !== undefined) return { claims: found.token.claims, user: found.user, groups: found.groups, requested: found.claims }
      const own = await clientTokens.find(hash, now)
      return own && { claims: own.claims, user: undefined, groups: [] }
    }
    const claims = await app.jwt.verifyAccessToken(token, now)
    if (claims === undefined) return undefined
    if (claims.gid === undefined) return (await clientTokens.isLive(claims)) ? { claims, user: undefined, groups: [] } : undefined
    const live = await grants.findLive(claims.gid, claims.jti, now)
    return live && { claims, user: live.user, groups: live.groups, requested: live.claims }
  }
}

/** Whether a token would still be live if it hadn't expired: its grant, its client and its user are as they were, and nobody revoked it. */
export type IsUnrevoked = (claims: AccessTokenClaims) => Promise<boolean>

export function createRevocationCheck(app: FastifyInstance): IsUnrevoked {
  const { grants, clientTokens } = app.storage
  return async (claims) =>
    claims.gid === undefined ? clientTokens.isLive(claims) : (await grants.findLive(claims.gid, claims.jti, app.now())) !== undefined
}
