/**
 * Recognizes live access tokens of this server, JWTs (RFC 9068) and opaque ones. Owns where to look each kind up; not what a token
 * permits, nor how it arrives in a request (bearer.ts).
 */
import type { FastifyInstance } from 'fastify'
import type { ScopesNow } from '../../domain/access/rights-now.ts'
import type { RequestedClaims } from '../../domain/authorization/claims-request.ts'
import { isPersonalToken } from '../../domain/token/personal-token.ts'
import { sha256 } from '../../domain/protocol/sha256.ts'
import type { AccessTokenClaims } from '../../domain/token/access-token-claims.ts'
import type { UserProfile } from '../../domain/user/user.ts'
import type { LiveGrant } from '../../storage/storage.ts'
import type { PersonalTokenFinder } from './personal-tokens.ts'
import { rightsOfToken } from './live-rights.ts'

export interface LiveAccessToken {
  readonly claims: AccessTokenClaims
  /** Its subject; absent where a client got it for itself. */
  readonly user: UserProfile | undefined
  /** Those of the user at this moment. */
  readonly groups: readonly string[]
  /** What it opens at this moment, under the access rules. */
  readonly rights: ScopesNow
  /** What UserInfo returns besides the claims of the scopes. */
  readonly requested?: RequestedClaims | undefined
}

/** The token's claims and its user; `undefined` if it isn't ours, or if it, its grant or its client expired or was revoked. */
export type FindAccessToken = (token: string) => Promise<LiveAccessToken | undefined>

export function createAccessTokenFinder(app: FastifyInstance, personal: PersonalTokenFinder): FindAccessToken {
  const { grants, clientTokens } = app.storage

  async function live(claims: AccessTokenClaims, { user, groups, claims: requested }: Partial<LiveGrant> = {}): Promise<LiveAccessToken> {
    const holder = { user, groups: groups ?? [] }
    return { claims, ...holder, requested, rights: rightsOfToken(claims, holder, await app.resourceRegistry()) }
  }

  return async (token) => {
    const now = app.now()
    // Opaque tokens, as all our secrets, hold no dot.
    if (!token.includes('.')) {
      if (isPersonalToken(token)) {
        const mine = await personal.find(token)
        return mine && live(personal.claimsOf(mine), { user: mine.user, groups: mine.groups })
      }
      const hash = sha256(token)
      const found = await grants.findAccessToken(hash, now)
      if (found !== undefined) return live(found.token.claims, found)
      const own = await clientTokens.find(hash, now)
      return own && live(own.claims)
    }
    const claims = await app.jwt.verifyAccessToken(token, now)
    if (claims === undefined) return undefined
    const { pid, jti } = claims
    if (pid !== undefined) {
      const holder = await personal.holderOf({ pid, jti })
      return holder && live(claims, { user: holder.user, groups: holder.groups })
    }
    if (claims.gid === undefined) return (await clientTokens.isLive(claims)) ? live(claims) : undefined
    const found = await grants.findLive(claims.gid, claims.jti, now)
    return found && live(claims, found)
  }
}

/**
 * What a token would open if it hadn't expired: `undefined` unless its grant, its client and its user are as they were, and nobody revoked
 * it.
 */
export type FindRights = (claims: AccessTokenClaims) => Promise<ScopesNow | undefined>

export function createRightsFinder(app: FastifyInstance, personal: PersonalTokenFinder): FindRights {
  const { grants, clientTokens } = app.storage

  async function holderOf(claims: AccessTokenClaims) {
    const { pid, jti } = claims
    if (pid !== undefined) return personal.holderOf({ pid, jti }, true)
    if (claims.gid !== undefined) return grants.findLive(claims.gid, claims.jti, app.now())
    return (await clientTokens.isLive(claims)) ? { user: undefined, groups: [] } : undefined
  }

  return async (claims) => {
    const holder = await holderOf(claims)
    return holder && rightsOfToken(claims, holder, await app.resourceRegistry())
  }
}
