/** URIs that a client registers for the server to redirect to, or to fetch; each is validated (threat-model.md T1 to T4). */
import type { RegistrationRequest } from '../../schemas/registration.ts'
import { MAX_TEXT } from './client-display.ts'
import { checkRedirectUri } from '../protocol/redirect-uri.ts'
import { err, ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'
import { plainText } from '../protocol/text.ts'
import { isHttpsUri } from '../protocol/uri.ts'

export interface ClientAddresses {
  /** Where users may go after a logout (OpenID Connect RP-Initiated Logout section 3.1). */
  readonly postLogoutRedirectUris?: readonly string[] | undefined
  /** Where the client receives logout tokens (OpenID Connect Back-Channel Logout section 2.2). */
  readonly backchannelLogoutUri?: string | undefined
  /** Echoed; always satisfied, because every logout token has a `sid`. */
  readonly backchannelLogoutSessionRequired?: boolean | undefined
  /** Where a third party may have the client begin a login (OpenID Connect Core section 4). */
  readonly initiateLoginUri?: string | undefined
  /** Where the client publishes request objects (OpenID Connect Core section 6.2); a fragment is the hash of one. */
  readonly requestUris?: readonly string[] | undefined
}

const MAX_URIS = 32

/**
 * The distinct redirect URIs; the error is a sentence that names the member.
 *
 * @param required whether there must be at least one
 */
export function parseRedirectUris(uris: readonly string[] | null | undefined, required: boolean): Result<readonly string[], string> {
  if (required && !uris?.length) return err('redirect_uris is required and must be a non-empty array of strings')
  return parseUris('redirect_uris', uris, checkRedirectUri)
}

/** Every other URI; an empty one counts as absent. The error is a sentence that names the member. */
export function parseClientAddresses(body: RegistrationRequest): Result<ClientAddresses, string> {
  const postLogoutRedirectUris = parseUris('post_logout_redirect_uris', body.post_logout_redirect_uris, checkRedirectUri)
  if (!postLogoutRedirectUris.ok) return postLogoutRedirectUris
  const requestUris = parseUris('request_uris', body.request_uris, checkRequestUri)
  if (!requestUris.ok) return requestUris
  const initiateLoginUri = body.initiate_login_uri || undefined
  if (initiateLoginUri !== undefined && !isHttpsUri(initiateLoginUri)) return err('initiate_login_uri must be an https URL')
  const backchannelLogoutUri = body.backchannel_logout_uri || undefined
  // Logout tokens are only sent to https on port 443 (threat-model.md T2): any other URI would never work.
  if (backchannelLogoutUri !== undefined && (!isHttpsUri(backchannelLogoutUri) || new URL(backchannelLogoutUri).port !== '')) {
    return err('backchannel_logout_uri must be an https URL on port 443')
  }
  return ok({
    postLogoutRedirectUris: postLogoutRedirectUris.value.length > 0 ? postLogoutRedirectUris.value : undefined,
    backchannelLogoutUri,
    backchannelLogoutSessionRequired: body.backchannel_logout_session_required ?? undefined,
    initiateLoginUri,
    requestUris: requestUris.value.length > 0 ? requestUris.value : undefined,
  })
}

/** A fragment must be a hash in base64url. */
const checkRequestUri = (uri: string): string | undefined => (isHttpsUri(uri.replace(/#[\w-]*$/, '')) ? undefined : 'must be an https URL')

/** @param check why a URI can't be registered, as the rest of a sentence; `undefined` if it can */
function parseUris(
  member: string,
  uris: readonly string[] | null | undefined,
  check: (uri: string) => string | undefined,
): Result<readonly string[], string> {
  const distinct = [...new Set(uris)]
  if (distinct.length > MAX_URIS) return err(`${member} must have at most ${MAX_URIS} entries`)
  for (const uri of distinct) {
    const problem = check(uri)
    if (problem !== undefined) return err(`${member}: ${plainText(uri, MAX_TEXT)} ${problem}`)
  }
  return ok(distinct)
}
