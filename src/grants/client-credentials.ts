/**
 * The client credentials grant (RFC 6749 section 4.4): a client gets a token for itself, without a user. There is no grant, no
 * id_token and no refresh token; disabling the client ends the token.
 */
import { isPublicClient } from '../domain/client/client-metadata.ts'
import { refuse } from '../domain/protocol/errors.ts'
import { CLIENT_USED_INTERVAL_MS } from '../domain/client/client.ts'
import { formatScope } from '../domain/protocol/scope.ts'
import { clientTarget } from '../domain/token/token-target.ts'
import { newClientToken } from './access-token.ts'
import { checkAudience } from './client-audience.ts'
import type { GrantHandler } from './grant.ts'

export const clientCredentials: GrantHandler = {
  type: 'client_credentials',
  async exchange(form, client, context, now) {
    // RFC 6749 section 4.4: "MUST only be used by confidential clients."
    if (isPublicClient(client)) return refuse('unauthorized_client', 'the client credentials grant needs a client that authenticates')
    const target = await checkAudience(context, clientTarget(form, client, context.registry))
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
