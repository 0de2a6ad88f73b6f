/**
 * What may be registered with an initial access token. The policy is stored with the client, and limits the metadata after all
 * defaults, at registration and at every update (threat-model.md T12).
 */
import { DEVICE_CODE_GRANT, GRANT_TYPES, isInitialGrant } from './client-metadata.ts'
import type { AuthMethod, ClientMetadata, GrantType } from './client-metadata.ts'
import { refuse } from '../protocol/errors.ts'
import type { OAuthError } from '../protocol/errors.ts'
import { redirectKind } from '../protocol/redirect-uri.ts'
import type { RedirectKind } from '../protocol/redirect-uri.ts'
import { ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'

export const REDIRECT_KINDS = ['https', 'loopback', 'custom'] as const satisfies readonly RedirectKind[]

/** Longest part of a URI in an error description, in characters. */
const MAX_SHOWN = 200

/** Each list limits its member. An absent list limits nothing, except for `grantTypes`. */
export interface RegistrationPolicy {
  /** Exact hosts for every URI that users are sent to, as `URL.host` spells them: lower case, with a port unless it is the default. */
  readonly redirectHosts?: readonly string[] | undefined
  /** With `redirectHosts`, a URI passes if either list allows it. */
  readonly redirectKinds?: readonly RedirectKind[] | undefined
  readonly scopes?: readonly string[] | undefined
  readonly authMethods?: readonly AuthMethod[] | undefined
  /** Absent: every grant type that a user decides on, and that the limits of redirect URIs hold for. */
  readonly grantTypes?: readonly GrantType[] | undefined
}

/**
 * The grant types that need no permission from an operator. With `client_credentials`, anybody on the internet would get tokens
 * for every MCP server behind this one without asking a user.
 */
const DECIDED_BY_A_USER = GRANT_TYPES.filter((grantType) => grantType !== 'client_credentials')
/** A device needs no redirect URI, so it would get around their limits. */
const BY_REDIRECT = DECIDED_BY_A_USER.filter((grantType) => grantType !== DEVICE_CODE_GRANT)

/**
 * Applies a policy. Scopes and grant types are narrowed, and the response says so (RFC 7591 section 3.2.1). A redirect URI or an
 * authentication method can't be replaced, so the error is `invalid_redirect_uri` or `invalid_client_metadata`.
 */
export function applyPolicy(metadata: ClientMetadata, policy: RegistrationPolicy): Result<ClientMetadata, OAuthError> {
  for (const [member, uris] of destinations(metadata)) {
    const stray = uris.find((uri) => !allowsRedirect(uri, policy))
    if (stray === undefined) continue
    const code = member === 'redirect_uris' ? 'invalid_redirect_uri' : 'invalid_client_metadata'
    return refuse(code, `${member}: ${stray.slice(0, MAX_SHOWN)} is not allowed to this client`)
  }
  const { authMethods, redirectHosts, redirectKinds } = policy
  const grantTypes = policy.grantTypes ?? ((redirectHosts ?? redirectKinds) === undefined ? DECIDED_BY_A_USER : BY_REDIRECT)
  if (authMethods !== undefined && !authMethods.includes(metadata.tokenEndpointAuthMethod)) {
    return refuse('invalid_client_metadata', `token_endpoint_auth_method must be ${authMethods.join(' or ')} for this client`)
  }
  const allowed = metadata.grantTypes.filter((grantType) => grantTypes.includes(grantType))
  if (!allowed.some(isInitialGrant)) {
    return refuse('invalid_client_metadata', `grant_types must include one of ${grantTypes.join(', ')} for this client`)
  }
  const scopes = narrowScopes(metadata.scopes, policy)
  if (scopes === undefined) return refuse('invalid_client_metadata', `scope must hold one of ${policy.scopes!.join(' ')} for this client`)
  return ok({ ...metadata, grantTypes: allowed, scopes })
}

/** Every URI of the client that a user's browser is sent to. */
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

/** Compares parsed values: a host in a path, or before an `@`, doesn't count. */
function allowsRedirect(uri: string, { redirectHosts, redirectKinds }: RegistrationPolicy): boolean {
  if (redirectHosts === undefined && redirectKinds === undefined) return true
  const kind = redirectKind(uri)
  if (redirectKinds?.includes(kind) === true) return true
  return kind !== 'custom' && redirectHosts?.includes(new URL(uri).host) === true
}

/**
 * No scope means all scopes; under a policy it means those of the policy. A client that asks for none of these gets no others instead:
 * `undefined`.
 */
function narrowScopes(requested: readonly string[], { scopes }: RegistrationPolicy): readonly string[] | undefined {
  if (scopes === undefined) return requested
  if (requested.length === 0) return scopes
  const kept = requested.filter((scope) => scopes.includes(scope))
  return kept.length > 0 ? kept : undefined
}
