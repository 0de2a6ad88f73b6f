/**
 * The refresh token grant (RFC 6749 section 6), with rotation and replay detection (RFC 9700 section 4.14.2); without rotation where FAPI
 * 2.0 forbids it.
 */
import { checkBinding, refreshTokenKey } from '../domain/dpop/dpop-binding.ts'
import { isFapi } from '../domain/client/security-profile.ts'
import { refuse } from '../domain/protocol/errors.ts'
import { mac } from '../domain/protocol/mac.ts'
import { formatTokenHandle, parseTokenHandle } from '../domain/token/token-handle.ts'
import { invalidGrant } from '../domain/token/redemption.ts'
import { ok } from '../domain/protocol/result.ts'
import { sha256 } from '../domain/protocol/sha256.ts'
import { narrowTarget } from '../domain/token/token-target.ts'
import { newAccessToken } from './access-token.ts'
import type { GrantContext, GrantHandler } from './grant.ts'
import { issueTokens } from './issue-tokens.ts'
import { targetNow } from './target-now.ts'

export const refreshToken: GrantHandler = {
  type: 'refresh_token',
  async exchange(form, client, context, now) {
    if (form.refresh_token === undefined) return refuse('invalid_request', 'refresh_token is required')
    const { storage, registry, settings, dpopJkt, network } = context
    const presented = parseTokenHandle(form.refresh_token)
    const found = presented && (await storage.grants.findRefreshToken(presented.grantId, presented.hash))
    if (found === undefined || found.grant.clientId !== client.id) return invalidGrant('the refresh token is unknown')
    const { token, grant } = found
    // Before the storage marks the token as used: without the key, a stolen token can't even end its family.
    const bound = checkBinding(token.dpopJkt, dpopJkt)
    if (!bound.ok) return bound
    const target = await targetNow(context, client, found, form, (held) => narrowTarget(held, form, registry, true))
    if (!target.ok) return target

    const accessToken = newAccessToken(context, client, grant, target.value, now)
    const expiresAt = Math.min(now + settings.refreshTokenIdleTtl * 1000, grant.expiresAt)
    // OpenID Connect Core section 12.2: only the first id_token has the nonce.
    const respond = async (given: string) => {
      // The provider is asked about the person again; this request doesn't wait for it.
      if (found.restingIdentityId !== undefined) await storage.identityChecks.touch(found.restingIdentityId, now)
      return ok(await issueTokens(context, client, { ...grant, nonce: undefined }, target.value, accessToken, given, now))
    }
    if (isFapi(client.metadata)) {
      // The client authenticates and proves its key each time: another token would add nothing, and may get lost (section 5.3.2.1).
      const renewal = {
        tokenHash: token.tokenHash,
        grantId: grant.id,
        clientId: client.id,
        now,
        expiresAt,
        accessToken: accessToken.stored,
      }
      if (await storage.grants.renew(renewal)) return respond(form.refresh_token)
    }
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
        network,
        createdAt: now,
        expiresAt,
      },
      accessToken: accessToken.stored,
      earlierSuccessors: earlier.map(sha256),
      graceMs: settings.refreshGraceTtl * 1000,
    })
    if (outcome === 'expired') return invalidGrant('the refresh token has expired or was revoked')
    if (outcome === 'replayed') {
      context.noteReplayed(grant)
      return invalidGrant('the refresh token was already used: everything issued with it is revoked')
    }
    return respond(outcome === 'rotated' ? successor : await findStored(context, grant.id, [successor, ...earlier]))
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
