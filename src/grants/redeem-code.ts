/** Redeems authorization codes and device codes that passed all checks but those of the storage. */
import { checkBinding, refreshTokenKey } from '../domain/dpop/dpop-binding.ts'
import type { OAuthError, Refusal } from '../domain/protocol/errors.ts'
import { formatTokenHandle } from '../domain/token/token-handle.ts'
import type { Client } from '../domain/client/client.ts'
import { invalidGrant } from '../domain/token/redemption.ts'
import type { Result } from '../domain/protocol/result.ts'
import { sha256 } from '../domain/protocol/sha256.ts'
import type { TokenTarget } from '../domain/token/token-target.ts'
import type { TokenResponse } from '../schemas/token.ts'
import type { CodeOfGrant } from '../storage/storage.ts'
import { newAccessToken } from './access-token.ts'
import type { GrantContext } from './grant.ts'
import { issueTokens } from './issue-tokens.ts'

/** @param expired makes the error for an expired code */
export async function redeemCode(
  context: GrantContext,
  client: Client,
  { code, grant, username }: CodeOfGrant,
  target: TokenTarget,
  expired: () => Refusal,
  now: number,
): Promise<Result<TokenResponse, OAuthError>> {
  const { storage, settings, dpopJkt, network, newSecret } = context
  const bound = checkBinding(code.dpopJkt, dpopJkt)
  if (!bound.ok) return bound
  const accessToken = newAccessToken(context, client, grant, target, now)
  const refreshToken = client.metadata.grantTypes.includes('refresh_token') ? formatTokenHandle(grant.id, newSecret()) : undefined
  const grantExpiresAt = now + (refreshToken === undefined ? accessToken.ttl : settings.refreshTokenTtl) * 1000
  const outcome = await storage.grants.redeem({
    codeHash: code.codeHash,
    grantId: grant.id,
    now,
    grantExpiresAt,
    accessToken: accessToken.stored,
    event: context.noteIssued(grant, username),
    refreshToken:
      refreshToken === undefined
        ? undefined
        : {
            tokenHash: sha256(refreshToken),
            grantId: grant.id,
            generation: 1,
            dpopJkt: refreshTokenKey(client, dpopJkt),
            network,
            createdAt: now,
            expiresAt: Math.min(now + settings.refreshTokenIdleTtl * 1000, grantExpiresAt),
          },
  })
  if (outcome === 'expired') return expired()
  if (outcome === 'replayed') {
    context.noteReplayed(grant)
    return invalidGrant('the code was already used: everything issued for it is revoked')
  }
  context.countIssued()
  return { ok: true, value: await issueTokens(context, client, grant, target, accessToken, refreshToken, now) }
}
