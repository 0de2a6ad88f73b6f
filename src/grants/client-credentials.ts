/**
 * The client credentials grant (RFC 6749 section 4.4): a client gets a token for itself, without a user. There is no grant, no
 * id_token and no refresh token; disabling the client ends the token.
 */
import { describeDenial, scopesNow } from '../domain/access/rights-now.ts'
import { isPublicClient } from '../domain/client/client-metadata.ts'
import { refuse } from '../domain/protocol/errors.ts'
import type { OAuthError } from '../domain/protocol/errors.ts'
import { CLIENT_USED_INTERVAL_MS } from '../domain/client/client.ts'
import type { Client } from '../domain/client/client.ts'
import { ok } from '../domain/protocol/result.ts'
import type { Result } from '../domain/protocol/result.ts'
import { formatScope, parseScope } from '../domain/protocol/scope.ts'
import type { TokenTarget } from '../domain/token/token-target.ts'
import { clientTarget } from '../domain/token/token-target.ts'
import { newClientToken } from './access-token.ts'
import { checkAudience } from './client-audience.ts'
import type { TokenRequest } from '../schemas/token.ts'
import type { GrantContext, GrantHandler } from './grant.ts'

export const clientCredentials: GrantHandler = {
  type: 'client_credentials',
  async exchange(form, client, context, now) {
    // RFC 6749 section 4.4: "MUST only be used by confidential clients."
    if (isPublicClient(client)) return refuse('unauthorized_client', 'the client credentials grant needs a client that authenticates')
    const asked = await checkAudience(context, clientTarget(form, client, context.registry))
    if (!asked.ok) return asked
    const target = withinRules(asked.value, form, client, context)
    if (!target.ok) return target
    const { storage } = context
    const accessToken = newClientToken(context, client, target.value, now)
    if (accessToken.stored !== undefined) await storage.clientTokens.insert(accessToken.stored)
    if (now - (client.lastUsedAt ?? 0) > CLIENT_USED_INTERVAL_MS) await storage.clients.touch(client.id, now)
    const scope = formatScope(target.value.scopes)
    return {
      ok: true,
      value: { access_token: await accessToken.serialize(), token_type: accessToken.type, expires_in: accessToken.ttl, scope },
    }
  },
}

/** Only rules about everybody concern a client that acts for itself. */
function withinRules(
  target: TokenTarget,
  { scope }: TokenRequest,
  client: Client,
  { registry, settings: { issuer } }: GrantContext,
): Result<TokenTarget, OAuthError> {
  const asked = { aud: target.audience ?? issuer, scopes: target.scopes }
  const { scopes, denial } = scopesNow(asked, { clientId: client.id }, registry, issuer)
  const words = denial && describeDenial(denial)
  if (scopes === undefined)
    return refuse('invalid_target', 'this client may not use the resource', { ...(words !== undefined && { denial: words }) })
  if (words !== undefined && parseScope(scope).some((name) => denial?.scopes?.includes(name)))
    return refuse('invalid_scope', 'scope exceeds what is allowed now', { denial: words })
  return ok({ ...target, scopes })
}
