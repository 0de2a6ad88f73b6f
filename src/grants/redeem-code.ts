/** What a code brings, once it is judged: the one redemption of authorization codes and device codes. */
import { sha256 } from '../domain/credentials.ts'
import type { OAuthError } from '../domain/errors.ts'
import type { Client } from '../domain/records.ts'
import { invalidGrant } from '../domain/redemption.ts'
import type { Result } from '../domain/result.ts'
import type { TokenTarget } from '../domain/token-target.ts'
import type { TokenResponse } from '../schemas/token.ts'
import type { CodeOfGrant } from '../storage/storage.ts'
import { newAccessToken } from './access-token.ts'
import type { GrantContext } from './grant.ts'
import { issueTokens } from './issue-tokens.ts'

/** @param expired makes the answer to a code that is over */
export async function redeemCode(
  context: GrantContext,
  client: Client,
  { code, grant }: CodeOfGrant,
  target: TokenTarget,
  expired: () => { ok: false; error: OAuthError },
  now: number,
): Promise<Result<TokenResponse, OAuthError>> {
  const { storage, settings, newSecret } = context
  const accessToken = newAccessToken(context, client, grant, target, now)
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
  if (outcome === 'expired') return expired()
  if (outcome === 'replayed') return invalidGrant('the code was already used: everything issued for it is revoked')
  return { ok: true, value: await issueTokens(context, client, grant, target, accessToken, refreshToken, now) }
}
