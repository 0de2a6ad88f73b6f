/** The refresh token grant (RFC 6749 section 6), with rotation and replay detection (RFC 9700 section 4.14.2). */
import { checkBinding, refreshTokenKey } from '../domain/dpop/dpop-binding.ts'
import { refuse } from '../domain/protocol/errors.ts'
import { mac } from '../domain/protocol/mac.ts'
import { formatTokenHandle, parseTokenHandle } from '../domain/token/token-handle.ts'
import { invalidGrant } from '../domain/token/redemption.ts'
import { sha256 } from '../domain/protocol/sha256.ts'
import { narrowTarget } from '../domain/token/token-target.ts'
import { newAccessToken } from './access-token.ts'
import type { GrantContext, GrantHandler } from './grant.ts'
import { issueTokens } from './issue-tokens.ts'

export const refreshToken: GrantHandler = {
  type: 'refresh_token',
  async exchange(form, client, context, now) {
    if (form.refresh_token === undefined) return refuse('invalid_request', 'refresh_token is required')
    const { storage, registry, settings, dpopJkt } = context
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
    const [successor, ...earlier] = successorsOf(form.refresh_token, grant.id, context)
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
      earlierSuccessors: earlier.map(sha256),
      graceMs: settings.refreshGraceTtl * 1000,
    })
    if (outcome === 'expired') return invalidGrant('the refresh token has expired or was revoked')
    if (outcome === 'replayed') return invalidGrant('the refresh token was already used: everything issued with it is revoked')
    const given = outcome === 'rotated' ? successor : await findStored(context, grant.id, [successor, ...earlier])
    // OpenID Connect Core section 12.2: only the first id_token has the nonce.
    return {
      ok: true,
      value: await issueTokens(context, client, { ...grant, nonce: undefined }, target.value, accessToken, given, now),
    }
  },
}

/**
 * The successor of a refresh token, by each of the server's keys. It follows from the token, so that each use within the grace time
 * answers with the same one, on every node: two processes that share a token go on together, and a thief gets no line of tokens of
 * his own that nobody would ever notice (RFC 9700 section 4.14.2).
 */
function successorsOf(token: string, grantId: string, { macKeys: [key, ...previous] }: GrantContext): [string, ...string[]] {
  const derive = (from: Buffer) => formatTokenHandle(grantId, mac(from, 'refresh token', token))
  return [derive(key), ...previous.map(derive)]
}

/** The one of the successors that the first use stored. */
async function findStored({ storage }: GrantContext, grantId: string, [successor, ...earlier]: [string, ...string[]]): Promise<string> {
  for (const other of earlier) {
    if ((await storage.grants.findRefreshToken(grantId, sha256(other))) !== undefined) return other
  }
  return successor
}
