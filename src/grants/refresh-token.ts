/** The refresh token grant (RFC 6749 section 6), with rotation and replay detection (RFC 9700 section 4.14.2). */
import { checkBinding, refreshTokenKey } from '../domain/dpop/dpop-binding.ts'
import { refuse } from '../domain/protocol/errors.ts'
import { formatTokenHandle, parseTokenHandle } from '../domain/token/token-handle.ts'
import { invalidGrant } from '../domain/token/redemption.ts'
import { sha256 } from '../domain/protocol/sha256.ts'
import { narrowTarget } from '../domain/token/token-target.ts'
import { newAccessToken } from './access-token.ts'
import type { GrantHandler } from './grant.ts'
import { issueTokens } from './issue-tokens.ts'

/** Most successors of one token within its grace time. */
const MAX_SIBLINGS = 32

export const refreshToken: GrantHandler = {
  type: 'refresh_token',
  async exchange(form, client, context, now) {
    if (form.refresh_token === undefined) return refuse('invalid_request', 'refresh_token is required')
    const { storage, registry, settings, dpopJkt, newSecret } = context
    const presented = parseTokenHandle(form.refresh_token)
    const found = presented && (await storage.grants.findRefreshToken(presented.grantId, presented.hash))
    if (found === undefined || found.grant.clientId !== client.id) return invalidGrant('the refresh token is unknown')
    const { token, grant } = found
    // Before the storage marks the token as used: without the key, a stolen token can't even end its family.
    const bound = checkBinding(token.dpopJkt, dpopJkt)
    if (!bound.ok) return bound
    const target = narrowTarget(grant, form, registry, true)
    if (!target.ok) return target

    const accessToken = newAccessToken(context, client, grant, target.value, now)
    const successor = formatTokenHandle(grant.id, newSecret())
    const outcome = await storage.grants.rotate({
      tokenHash: token.tokenHash,
      clientId: client.id,
      now,
      successor: {
        tokenHash: sha256(successor),
        grantId: grant.id,
        generation: token.generation + 1,
        parentHash: token.tokenHash,
        dpopJkt: refreshTokenKey(client, dpopJkt),
        createdAt: now,
        expiresAt: Math.min(now + settings.refreshTokenIdleTtl * 1000, grant.expiresAt),
      },
      accessToken: accessToken.stored,
      grace: { milliseconds: settings.refreshGraceTtl * 1000, siblings: MAX_SIBLINGS },
    })
    if (outcome === 'expired') return invalidGrant('the refresh token has expired or was revoked')
    if (outcome === 'replayed') return invalidGrant('the refresh token was already used: everything issued with it is revoked')
    // OpenID Connect Core section 12.2: only the first id_token has the nonce.
    return {
      ok: true,
      value: await issueTokens(context, client, { ...grant, nonce: undefined }, target.value, accessToken, successor, now),
    }
  },
}
