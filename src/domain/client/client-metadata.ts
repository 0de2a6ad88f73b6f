/**
 * Client metadata (RFC 7591 section 2, OpenID Connect Registration section 2). Unsupported values are replaced where the standards
 * allow it, and the response says so; otherwise they are refused.
 */
import type { RegistrationRequest } from '../../schemas/registration.ts'
import { parseClientAddresses, parseRedirectUris } from './client-addresses.ts'
import type { ClientAddresses } from './client-addresses.ts'
import { MAX_TEXT, parseDisplay } from './client-display.ts'
import type { Display } from './client-display.ts'
import { parseClientKeys } from './client-keys.ts'
import type { ClientKeys } from './client-keys.ts'
import { refuse } from '../protocol/errors.ts'
import type { OAuthError } from '../protocol/errors.ts'
import { redirectKind } from '../protocol/redirect-uri.ts'
import { parseRequestMembers } from './request-members.ts'
import type { RequestMembers } from './request-members.ts'
import { RESPONSE_ALGS, parseResponseMembers } from './response-members.ts'
import type { ResponseAlg, ResponseMembers } from './response-members.ts'
import { err, ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'
import { isScope, parseScope } from '../protocol/scope.ts'
import { parseSubjectMembers } from './subject.ts'
import type { SubjectMembers } from './subject.ts'
import { plainText } from '../protocol/text.ts'

/** RFC 8628 section 3.4. */
export const DEVICE_CODE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
export const GRANT_TYPES = ['authorization_code', 'refresh_token', 'client_credentials', DEVICE_CODE_GRANT] as const
export type GrantType = (typeof GRANT_TYPES)[number]
/** The default. RFC 7591 section 2 has the first one only, but most clients that name none want to refresh, too. */
const DEFAULT_GRANT_TYPES: readonly GrantType[] = ['authorization_code', 'refresh_token']

/** How a client may authenticate (RFC 6749 section 2.3.1, RFC 7523 section 2.2); `none` is for public clients. */
export const AUTH_METHODS = ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const
export type AuthMethod = (typeof AUTH_METHODS)[number]

/** How an id_token may be signed; the first one is the default, also for unknown values. */
export const ID_TOKEN_ALGS = RESPONSE_ALGS
export type IdTokenAlg = ResponseAlg

/** A set of stricter rules (security-profile.ts). */
export type SecurityProfile = 'fapi2'

/** Largest record of a client, in bytes as stored: strangers choose it, and it stays for weeks (threat-model.md T18). */
const MAX_BYTES = 16_384

export interface ClientMetadata extends ClientKeys, ClientAddresses, RequestMembers, ResponseMembers, SubjectMembers {
  readonly redirectUris: readonly string[]
  readonly tokenEndpointAuthMethod: AuthMethod
  /** All methods that the client may use, if there are several (metadata documents only). */
  readonly authMethods?: readonly AuthMethod[] | undefined
  readonly grantTypes: readonly GrantType[]
  /** Scope tokens; empty means all that are supported. */
  readonly scopes: readonly string[]
  readonly applicationType?: 'web' | 'native' | undefined
  readonly idTokenSignedResponseAlg?: IdTokenAlg | undefined
  /** Absent: UserInfo answers plain JSON. */
  readonly userinfoSignedResponseAlg?: IdTokenAlg | undefined
  /** Longest time since the last login in seconds, for requests without `max_age`. */
  readonly defaultMaxAge?: number | undefined
  /** Echoed; always satisfied, because every id_token carries `auth_time`. */
  readonly requireAuthTime?: boolean | undefined
  /** Whether every token request needs a DPoP proof (RFC 9449 section 5.2). */
  readonly dpopBoundAccessTokens?: boolean | undefined
  readonly defaultAcrValues?: readonly string[] | undefined
  readonly contacts?: readonly string[] | undefined
  readonly display: Display
  /** What an operator holds the client to. No client can register it, or get rid of it. */
  readonly securityProfile?: SecurityProfile | undefined
  /** The verified software statement, unchanged (RFC 7591 section 3.2.1). */
  readonly softwareStatement?: string | undefined
}

/**
 * Validates a registration request. The caller applies a software statement first, and checks the document at
 * `sector_identifier_uri` afterwards.
 *
 * @returns the metadata to store, or an error of RFC 7591 section 3.2.2 that names the member
 */
export function parseClientMetadata(body: RegistrationRequest): Result<ClientMetadata, OAuthError> {
  const tokenEndpointAuthMethod = AUTH_METHODS.find((method) => method === body.token_endpoint_auth_method) ?? 'client_secret_basic'
  const grantTypes = parseGrantTypes(body, tokenEndpointAuthMethod)
  if (!grantTypes.ok) return refuse('invalid_client_metadata', grantTypes.error)
  const redirectUris = parseRedirectUris(body.redirect_uris, grantTypes.value.includes('authorization_code'))
  if (!redirectUris.ok) return refuse('invalid_redirect_uri', redirectUris.error)
  const scopes = parseScope(body.scope ?? undefined)
  // Nothing would mean all.
  if (scopes.length === 0 && body.scope && !isScope(body.scope))
    return refuse('invalid_client_metadata', 'scope must be words of visible ASCII between single spaces')
  const addresses = parseClientAddresses(body)
  if (!addresses.ok) return refuse('invalid_client_metadata', addresses.error)
  const subject = parseSubjectMembers(body, redirectUris.value)
  if (!subject.ok) return refuse('invalid_client_metadata', subject.error)
  const display = parseDisplay(body)
  if (!display.ok) return refuse('invalid_client_metadata', display.error)
  const requests = parseRequestMembers(body)
  if (!requests.ok) return refuse('invalid_client_metadata', requests.error)
  const responses = parseResponseMembers(body)
  if (!responses.ok) return refuse('invalid_client_metadata', responses.error)
  const keys = parseClientKeys(body, tokenEndpointAuthMethod === 'private_key_jwt')
  if (!keys.ok) return refuse('invalid_client_metadata', keys.error)
  const metadata: ClientMetadata = {
    redirectUris: redirectUris.value,
    tokenEndpointAuthMethod,
    ...keys.value,
    ...addresses.value,
    ...requests.value,
    ...responses.value,
    ...subject.value,
    grantTypes: grantTypes.value,
    scopes,
    applicationType: parseApplicationType(body.application_type, redirectUris.value),
    idTokenSignedResponseAlg: body.id_token_signed_response_alg
      ? (ID_TOKEN_ALGS.find((alg) => alg === body.id_token_signed_response_alg) ?? ID_TOKEN_ALGS[0])
      : undefined,
    userinfoSignedResponseAlg: ID_TOKEN_ALGS.find((alg) => alg === body.userinfo_signed_response_alg),
    defaultMaxAge: body.default_max_age ?? undefined,
    requireAuthTime: body.require_auth_time ?? undefined,
    dpopBoundAccessTokens: body.dpop_bound_access_tokens ?? undefined,
    defaultAcrValues: visibleTexts(body.default_acr_values),
    contacts: visibleTexts(body.contacts),
    display: display.value,
  }
  if (Buffer.byteLength(JSON.stringify(metadata)) > MAX_BYTES)
    return refuse('invalid_client_metadata', `the metadata is larger than ${MAX_BYTES / 1024} KB`)
  return ok(metadata)
}

/**
 * Drops unsupported grant types. The rest must include one that starts a grant, and must match the response types (RFC 7591
 * section 2.1): `authorization_code` needs `code`. RFC 6749 section 4.4: "The client credentials grant type MUST only be used by
 * confidential clients."
 */
function parseGrantTypes(
  { grant_types: requested, response_types: responseTypes }: RegistrationRequest,
  method: AuthMethod,
): Result<readonly GrantType[], string> {
  const named = requested?.length ? GRANT_TYPES.filter((grantType) => requested.includes(grantType)) : DEFAULT_GRANT_TYPES
  const possible = method === 'none' ? named.filter((grantType) => grantType !== 'client_credentials') : named
  if (!possible.some(isInitialGrant)) return err('grant_types must include authorization_code, or another one to begin with')
  if (possible.includes('authorization_code') && responseTypes?.length && !responseTypes.includes('code'))
    return err('response_types must include code')
  return ok(possible)
}

/** Whether a grant type can start a grant; a refresh only continues one. */
export const isInitialGrant = (grantType: GrantType): boolean => grantType !== 'refresh_token'

/** The response types that go with the grant types (RFC 7591 section 2.1). */
export const responseTypesOf = ({ grantTypes }: Pick<ClientMetadata, 'grantTypes'>): 'code'[] =>
  grantTypes.includes('authorization_code') ? ['code'] : []

/**
 * Only an app on the user's machine owns a custom scheme, so a web client with one is registered as `native`. OpenID Connect's
 * stricter rules are for the implicit grant, or would refuse VS Code, a native app that also uses https redirect URIs.
 */
function parseApplicationType(requested: string | null | undefined, redirectUris: readonly string[]): ClientMetadata['applicationType'] {
  if (requested === 'web') return redirectUris.some((uri) => redirectKind(uri) === 'custom') ? 'native' : 'web'
  return requested === 'native' ? 'native' : undefined
}

/** Strips invisible characters; an empty list becomes `undefined`. */
function visibleTexts(values: readonly string[] | null | undefined): readonly string[] | undefined {
  const plain = (values ?? []).map((value) => plainText(value, MAX_TEXT)).filter((value) => value !== '')
  return plain.length > 0 ? plain : undefined
}

/** The methods by which a client may authenticate. A client that may use one `client_secret_` method may use the other. */
export function authMethodsOf({ authMethods, tokenEndpointAuthMethod }: ClientMetadata): readonly AuthMethod[] {
  return authMethods ?? [tokenEndpointAuthMethod]
}

/** Whether a client needn't authenticate (RFC 6749 section 2.1). */
export function isPublicClient(client: { readonly secretHash?: string | undefined; readonly metadata: ClientMetadata }): boolean {
  return client.secretHash === undefined && authMethodsOf(client.metadata).includes('none')
}
