/**
 * What may be registered with an initial access token. The policy stays with the client, and judges what would be kept:
 * after all defaults, on create and on update alike (threat-model.md T12).
 */
import { GRANT_TYPES, isInitialGrant } from './client-metadata.ts'
import type { AuthMethod, ClientMetadata, GrantType } from './client-metadata.ts'
import { refuse } from '../protocol/errors.ts'
import type { OAuthError } from '../protocol/errors.ts'
import { redirectKind } from '../protocol/redirect-uri.ts'
import type { RedirectKind } from '../protocol/redirect-uri.ts'
import { ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'

export const REDIRECT_KINDS = ['https', 'loopback', 'custom'] as const satisfies readonly RedirectKind[]

/** Longest part of a URI that is told back. */
const MAX_SHOWN = 200

/** Each list bounds its member; an absent one bounds nothing but grants. */
export interface RegistrationPolicy {
  /** Exact hosts, as `URL.host` spells them: lower case, with a port that isn't the scheme's. Wherever people are sent to. */
  readonly redirectHosts?: readonly string[] | undefined
  /** With `redirectHosts`: a redirect URI passes if its host is in the one list or its kind in the other. */
  readonly redirectKinds?: readonly RedirectKind[] | undefined
  readonly scopes?: readonly string[] | undefined
  readonly authMethods?: readonly AuthMethod[] | undefined
  /** Without it: every grant that a person decides about. */
  readonly grantTypes?: readonly GrantType[] | undefined
}

/**
 * What may be registered without an operator's word. With `client_credentials` anybody on the internet would get tokens that
 * no person allowed, for every MCP server behind this one.
 */
const DECIDED_BY_A_PERSON = GRANT_TYPES.filter((grantType) => grantType !== 'client_credentials')

/**
 * Metadata as the policy lets it be registered. Scopes and grant types are narrowed, which the client is told (RFC 7591
 * section 3.2.1); a redirect URI or an authentication method that isn't allowed is refused, since no other would do.
 */
export function applyPolicy(metadata: ClientMetadata, policy: RegistrationPolicy): Result<ClientMetadata, OAuthError> {
  for (const [member, uris] of destinations(metadata)) {
    const stray = uris.find((uri) => !allowsRedirect(uri, policy))
    if (stray === undefined) continue
    const code = member === 'redirect_uris' ? 'invalid_redirect_uri' : 'invalid_client_metadata'
    return refuse(code, `${member}: ${stray.slice(0, MAX_SHOWN)} is not allowed to this client`)
  }
  const { authMethods, grantTypes = DECIDED_BY_A_PERSON } = policy
  if (authMethods !== undefined && !authMethods.includes(metadata.tokenEndpointAuthMethod)) {
    return refuse('invalid_client_metadata', `token_endpoint_auth_method must be ${authMethods.join(' or ')} for this client`)
  }
  const allowed = metadata.grantTypes.filter((grantType) => grantTypes.includes(grantType))
  if (!allowed.some(isInitialGrant)) {
    return refuse('invalid_client_metadata', `grant_types must include one of ${grantTypes.join(', ')} for this client`)
  }
  return ok({ ...metadata, grantTypes: allowed, scopes: narrowScopes(metadata.scopes, policy) })
}

/** Every address of the client that a person's browser is sent to. */
function destinations({
  redirectUris,
  postLogoutRedirectUris = [],
  initiateLoginUri,
}: ClientMetadata): [member: string, uris: readonly string[]][] {
  return [
    ['redirect_uris', redirectUris],
    ['post_logout_redirect_uris', postLogoutRedirectUris],
    ['initiate_login_uri', initiateLoginUri === undefined ? [] : [initiateLoginUri]],
  ]
}

/** Judged on parsed values: a host within a path, or before an `@`, is no host. */
function allowsRedirect(uri: string, { redirectHosts, redirectKinds }: RegistrationPolicy): boolean {
  if (redirectHosts === undefined && redirectKinds === undefined) return true
  const kind = redirectKind(uri)
  if (redirectKinds?.includes(kind) === true) return true
  return kind !== 'custom' && redirectHosts?.includes(new URL(uri).host) === true
}

/** No scope means every scope: under a policy it means those of the policy, and so does nothing but others. */
function narrowScopes(requested: readonly string[], { scopes }: RegistrationPolicy): readonly string[] {
  if (scopes === undefined) return requested
  const kept = requested.filter((scope) => scopes.includes(scope))
  return kept.length > 0 ? kept : scopes
}
