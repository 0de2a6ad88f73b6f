/**
 * Recognizes personal access tokens, and JWTs that they were exchanged for. Owns that each counts only as long as the token does, at a
 * resource that accepts it, and that its use is recorded; not what it opens there (live-rights.ts).
 */
import type { FastifyInstance } from 'fastify'
import type { Resource } from '../../domain/resource/resource.ts'
import type { AccessTokenClaims } from '../../domain/token/access-token-claims.ts'
import { PERSONAL_TOKEN_USED_INTERVAL_MS, hashPersonalToken, personalTokenClaims } from '../../domain/token/personal-token.ts'
import type { HeldPersonalToken } from '../../storage/storage.ts'

/** A live token, its user, and the resource that it is for. */
export interface LivePersonalToken extends HeldPersonalToken {
  readonly resource: Resource
}

export interface PersonalTokenFinder {
  /** By its text. */
  find(text: string): Promise<LivePersonalToken | undefined>
  /** The user whom a JWT still identifies. With `mayHaveExpired`, whether the token lives doesn't matter, only that nobody ended it. */
  holderOf(
    claims: Pick<AccessTokenClaims, 'jti'> & { readonly pid: string },
    mayHaveExpired?: boolean,
  ): Promise<HeldPersonalToken | undefined>
  /** The claims of a token, as an access token has them. */
  claimsOf(live: LivePersonalToken): AccessTokenClaims
}

export function createPersonalTokenFinder(app: FastifyInstance): PersonalTokenFinder {
  const { personalTokens: setting, issuer } = app.settings
  const { personalTokens, resources } = app.storage

  /** Only at a registered resource that accepts such tokens. */
  async function atResource(held: HeldPersonalToken | undefined): Promise<LivePersonalToken | undefined> {
    const resource = held && (await resources.find(held.token.resourceId))
    return resource === undefined || resource.refusesPersonalTokens === true ? undefined : { ...held!, resource }
  }

  return {
    async find(text) {
      const hash = setting === 'on' ? hashPersonalToken(text) : undefined
      const now = app.now()
      const live = hash === undefined ? undefined : await atResource(await personalTokens.find(hash, now))
      if (live !== undefined && now - (live.token.lastUsedAt ?? 0) > PERSONAL_TOKEN_USED_INTERVAL_MS)
        await personalTokens.touch(live.token.id, now)
      return live
    },
    async holderOf({ pid, jti }, mayHaveExpired = false) {
      if (setting === 'off') return undefined
      return atResource(await personalTokens.findById(pid, jti, mayHaveExpired ? 0 : app.now()))
    },
    claimsOf: ({ token, resource }) =>
      personalTokenClaims(token, resource, {
        issuer,
        jti: token.id,
        iat: Math.floor(token.createdAt / 1000),
        exp: Math.floor(token.expiresAt / 1000),
      }),
  }
}
