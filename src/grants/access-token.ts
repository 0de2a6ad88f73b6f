/** An access token as its resource wants it: lifetime, format and algorithm. */
import { accessTokenClaims } from '../domain/claims.ts'
import { sha256 } from '../domain/credentials.ts'
import type { AccessToken, Client, Grant } from '../domain/records.ts'
import type { TokenTarget } from '../domain/token-target.ts'
import type { GrantContext } from './grant.ts'

export interface NewAccessToken {
  /** Seconds. */
  readonly ttl: number
  /** What the storage keeps of it; nothing of a JWT. */
  readonly stored: AccessToken | undefined
  /** The token itself. A JWT is signed only now: what is refused costs no signature. */
  reveal(): Promise<string>
}

export function newAccessToken(context: GrantContext, client: Client, grant: Grant, target: TokenTarget, now: number): NewAccessToken {
  const { jwt, settings, newId, newSecret, subjectOf } = context
  const { resource } = target
  const ttl = resource?.accessTokenTtl ?? settings.accessTokenTtl
  const claims = accessTokenClaims(grant, target, { issuer: settings.issuer, subject: subjectOf(client, grant.userId), jti: newId(), now, ttl })
  if ((resource?.accessTokenFormat ?? settings.accessTokenFormat) === 'jwt') {
    return { ttl, stored: undefined, reveal: () => jwt.signAccessToken(claims, resource?.accessTokenAlg) }
  }
  const secret = newSecret()
  const stored = { tokenHash: sha256(secret), grantId: grant.id, resourceId: resource?.id, claims, expiresAt: claims.exp * 1000 }
  return { ttl, stored, reveal: async () => secret }
}
