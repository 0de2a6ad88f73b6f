/** Decorates `app.findAccessToken()`: recognises an access token of ours, a JWT or an opaque one, that is still live. */
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type { AccessTokenClaims } from '../../domain/token/access-token-claims.ts'
import type { RequestedClaims } from '../../domain/authorization/claims-request.ts'
import type { UserProfile } from '../../domain/user/user.ts'
import { sha256 } from '../../domain/protocol/sha256.ts'

export interface LiveAccessToken {
  readonly claims: AccessTokenClaims
  /** Whom it is about; absent where a client got it for itself. */
  readonly user: UserProfile | undefined
  /** What UserInfo tells besides the scopes. */
  readonly requested?: RequestedClaims | undefined
}

declare module 'fastify' {
  interface FastifyInstance {
    /** The token's claims and its user; `undefined` if it isn't ours, is over or revoked, or its grant or its client is. */
    findAccessToken(token: string): Promise<LiveAccessToken | undefined>
  }
}

const accessTokens: FastifyPluginAsync = async (app) => {
  const { grants, clientTokens } = app.storage

  app.decorate('findAccessToken', async (token) => {
    const now = app.now()
    // Opaque tokens, as all our secrets, hold no dot.
    if (!token.includes('.')) {
      const hash = sha256(token)
      const found = await grants.findAccessToken(hash, now)
      if (found !== undefined) return { claims: found.token.claims, user: found.user, requested: found.claims }
      const own = await clientTokens.find(hash, now)
      return own && { claims: own.claims, user: undefined }
    }
    const claims = await app.jwt.verifyAccessToken(token, now)
    if (claims === undefined) return undefined
    if (claims.gid === undefined) return (await clientTokens.isLive(claims)) ? { claims, user: undefined } : undefined
    const live = await grants.findLive(claims.gid, claims.jti, now)
    return live && { claims, user: live.user, requested: live.claims }
  })
}
export default fp(accessTokens, { name: 'access-tokens', dependencies: ['storage', 'keys', 'clock'] })
