/**
 * Logouts that clients ask for (OpenID Connect RP-Initiated Logout sections 2 and 3). Only a URI that the client registered becomes
 * a `PostLogoutRedirect`, and logouts only redirect to a `PostLogoutRedirect` (threat-model.md T3).
 */
import type { LogoutParameters } from '../../schemas/logout.ts'
import { refuse } from '../protocol/errors.ts'
import type { OAuthError } from '../protocol/errors.ts'
import type { Client } from '../client/client.ts'
import { appendParameters, matchRedirectUri } from '../protocol/redirect-uri.ts'
import { ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'

declare const verified: unique symbol

export interface PostLogoutRedirect {
  /** The registered URI with `state` appended. */
  readonly location: string
  readonly [verified]: true
}

/**
 * The client that sent a logout request; `undefined` if the request doesn't say. The error is `invalid_request`.
 *
 * @param audience the `aud` of the id_token_hint
 */
export function clientOfLogout(
  { client_id: clientId }: LogoutParameters,
  audience: string | undefined,
): Result<string | undefined, OAuthError> {
  if (clientId !== undefined && audience !== undefined && clientId !== audience)
    return refuse('invalid_request', 'client_id differs from the client of id_token_hint')
  return ok(clientId ?? audience)
}

/** Where the user goes after the logout; `undefined` if the request doesn't say. The error is `invalid_request`. */
export function verifyPostLogoutRedirect(
  client: Client | undefined,
  { post_logout_redirect_uri: uri, state }: LogoutParameters,
): Result<PostLogoutRedirect | undefined, OAuthError> {
  if (uri === undefined) return ok(undefined)
  if (client === undefined)
    return refuse(
      'invalid_request',
      'post_logout_redirect_uri needs the client_id, or an id_token_hint, of a client that is registered here',
    )
  if (!matchRedirectUri(client.metadata.postLogoutRedirectUris ?? [], uri))
    return refuse('invalid_request', 'post_logout_redirect_uri is not one that this client registered')
  return ok({ location: appendParameters(uri, state === undefined ? {} : { state }) } as PostLogoutRedirect)
}
