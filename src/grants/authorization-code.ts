/** The authorization code grant (RFC 6749 section 4.1.3). A code brings one token response, ever. */
import { sha256 } from '../domain/credentials.ts'
import { OAuthError } from '../domain/errors.ts'
import { checkRedemption, invalidGrant } from '../domain/redemption.ts'
import { err } from '../domain/result.ts'
import { newAccessToken } from './access-token.ts'
import type { GrantHandler } from './grant.ts'
import { issueTokens } from './issue-tokens.ts'

export const authorizationCode: GrantHandler = {
  type: 'authorization_code',
  async exchange(form, client, context, now) {
    if (form.code === undefined) return err(new OAuthError('invalid_request', 'code is required'))
    const { storage, registry, settings, newSecret } = context
    const found = await storage.grants.findCode(sha256(form.code))
    if (found === undefined) return invalidGrant('the code is unknown')
    const { code, grant } = found
    const target = checkRedemption(code, grant, client.id, form, registry)
    if (!target.ok) return target

    const accessToken = newAccessToken(context, client, grant, target.value, now)
    const refreshToken = client.metadata.grantTypes.includes('refresh_token') ? newSecret() : undefined
    const grantExpiresAt = now + (refreshToken === undefined ? accessToken.ttl : settings.refreshTokenTtl) * 1000
    const outcome = await storage.grants.redeem({
      codeHash: code.codeHash,
      grantId: grant.id,
      now,
      grantExpiresAt,
      accessToken: accessToken.stored,
      refreshToken: refreshToken === undefined ? undefined : {
        tokenHash: sha256(refreshToken),
        grantId: grant.id,
        generation: 1,
        createdAt: now,
        expiresAt: Math.min(now + settings.refreshTokenIdleTtl * 1000, grantExpiresAt),
      },
    })
    if (outcome === 'expired') return invalidGrant('the code has expired')
    if (outcome === 'replayed') return invalidGrant('the code was already used: everything issued for it is revoked')
    return { ok: true, value: await issueTokens(context, client, grant, target.value, accessToken, refreshToken, now) }
  },
}
