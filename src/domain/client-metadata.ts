/**
 * Client metadata (RFC 7591 section 2): what a client may register, and how it is told back. Unsupported values are
 * replaced where the RFC allows it, so that a client reads what holds; what can't be replaced is refused.
 */
import type { RegistrationRequest, RegistrationResponse } from '../schemas/registration.ts'
import { parseClientKeys } from './client-keys.ts'
import type { ClientKeys } from './client-keys.ts'
import { OAuthError } from './errors.ts'
import { checkRedirectUri } from './redirect-uri.ts'
import { err, ok } from './result.ts'
import type { Result } from './result.ts'
import { parseScope } from './scope.ts'
import { plainText } from './text.ts'
import { isMetadataUri } from './uri.ts'

export const GRANT_TYPES = ['authorization_code', 'refresh_token'] as const
export type GrantType = (typeof GRANT_TYPES)[number]

/** How a client may authenticate (RFC 6749 section 2.3.1, RFC 7523 section 2.2); `none` is a public client. */
export const AUTH_METHODS = ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const
export type AuthMethod = (typeof AUTH_METHODS)[number]

export interface ClientMetadata extends ClientKeys {
  readonly redirectUris: readonly string[]
  readonly tokenEndpointAuthMethod: AuthMethod
  /** Every method that the client may use, where it named more than one (metadata documents only). */
  readonly authMethods?: readonly AuthMethod[] | undefined
  readonly grantTypes: readonly GrantType[]
  /** Scope tokens; empty means everything that is supported. */
  readonly scopes: readonly string[]
  readonly applicationType?: string | undefined
  readonly idTokenSignedResponseAlg?: 'RS256' | 'ES256' | undefined
  readonly contacts?: readonly string[] | undefined
  readonly postLogoutRedirectUris?: readonly string[] | undefined
  readonly backchannelLogoutUri?: string | undefined
  /** Names, URIs and the like, by wire name and with any language tag: text that is only shown or told back. */
  readonly display: Readonly<Record<string, string>>
}

const MAX_REDIRECT_URIS = 32
/** Members that hold a URI or a text; any other name, however like them, is unknown and ignored. */
const URI_MEMBER = /^(client|logo|tos|policy)_uri(#[A-Za-z0-9-]{1,35})?$/
const TEXT_MEMBER = /^(client_name(#[A-Za-z0-9-]{1,35})?|software_id|software_version)$/
const ID_TOKEN_ALGS = ['RS256', 'ES256'] as const
/** Longest name that a person is asked to read. */
const MAX_TEXT = 200

/** Judges a registration request; the errors are the two of RFC 7591 section 3.2.2. */
export function parseClientMetadata(body: RegistrationRequest): Result<ClientMetadata, OAuthError> {
  const redirectUris = parseRedirectUris(body.redirect_uris ?? [])
  if (!redirectUris.ok) return redirectUris
  const grantTypes = parseGrantTypes(body.grant_types)
  if (!grantTypes.ok) return grantTypes
  if (body.response_types?.length && !body.response_types.includes('code')) {
    return refuse('response_types must include code')
  }
  const display = parseDisplay(body)
  if (!display.ok) return display
  const tokenEndpointAuthMethod = AUTH_METHODS.find((method) => method === body.token_endpoint_auth_method) ?? 'client_secret_basic'
  const keys = parseClientKeys(body, tokenEndpointAuthMethod === 'private_key_jwt')
  if (!keys.ok) return refuse(keys.error)
  const contacts = (body.contacts ?? []).map((contact) => plainText(contact, MAX_TEXT)).filter((contact) => contact !== '')
  return ok({
    redirectUris: redirectUris.value,
    tokenEndpointAuthMethod,
    ...keys.value,
    grantTypes: grantTypes.value,
    scopes: parseScope(body.scope ?? undefined),
    applicationType: body.application_type === 'native' || body.application_type === 'web' ? body.application_type : undefined,
    idTokenSignedResponseAlg: ID_TOKEN_ALGS.find((alg) => alg === body.id_token_signed_response_alg),
    contacts: contacts.length > 0 ? contacts : undefined,
    display: display.value,
  })
}

function parseRedirectUris(uris: readonly string[]): Result<readonly string[], OAuthError> {
  if (uris.length === 0) {
    return err(new OAuthError('invalid_redirect_uri', 'redirect_uris is required and must be a non-empty array of strings'))
  }
  if (uris.length > MAX_REDIRECT_URIS) {
    return err(new OAuthError('invalid_redirect_uri', `redirect_uris must have at most ${MAX_REDIRECT_URIS} entries`))
  }
  for (const uri of uris) {
    const problem = checkRedirectUri(uri)
    if (problem !== undefined) {
      return err(new OAuthError('invalid_redirect_uri', `redirect_uris: ${plainText(uri, MAX_TEXT)} ${problem}`))
    }
  }
  return ok([...new Set(uris)])
}

/** Unsupported grant types are dropped; what is left must be able to start something. */
function parseGrantTypes(requested: readonly string[] | null | undefined): Result<readonly GrantType[], OAuthError> {
  if (requested === undefined || requested === null || requested.length === 0) return ok(GRANT_TYPES)
  const supported = GRANT_TYPES.filter((grantType) => requested.includes(grantType))
  return supported.includes('authorization_code') ? ok(supported) : refuse('grant_types must include authorization_code')
}

/** Every member that people see: URIs are judged by their parsed scheme, texts stripped of what hides (THREATS T1). */
function parseDisplay(body: RegistrationRequest): Result<Readonly<Record<string, string>>, OAuthError> {
  const display: Record<string, string> = {}
  for (const [name, value] of Object.entries(body)) {
    if (typeof value !== 'string' || value === '') continue
    if (URI_MEMBER.test(name)) {
      if (!isMetadataUri(value)) return refuse(`${name} must be an https URL`)
      display[name] = value
    } else if (TEXT_MEMBER.test(name)) {
      const shown = plainText(value, MAX_TEXT)
      if (shown !== '') display[name] = shown
    }
  }
  return ok(display)
}

function refuse(description: string): { ok: false; error: OAuthError } {
  return err(new OAuthError('invalid_client_metadata', description))
}

/** The registered members as RFC 7591 section 3.2.1 tells them back. */
export function renderClientMetadata(metadata: ClientMetadata) {
  const { redirectUris, tokenEndpointAuthMethod, grantTypes, scopes, applicationType, idTokenSignedResponseAlg, contacts, display } = metadata
  const { jwks, jwksUri, tokenEndpointAuthSigningAlg } = metadata
  return {
    redirect_uris: [...redirectUris],
    token_endpoint_auth_method: tokenEndpointAuthMethod,
    grant_types: [...grantTypes],
    response_types: ['code'],
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    ...(applicationType !== undefined && { application_type: applicationType }),
    ...(idTokenSignedResponseAlg !== undefined && { id_token_signed_response_alg: idTokenSignedResponseAlg }),
    ...(contacts !== undefined && { contacts: [...contacts] }),
    ...(jwks !== undefined && { jwks: { keys: jwks.keys.map(({ key_ops, ...key }) => ({ ...key, ...(key_ops !== undefined && { key_ops: [...key_ops] }) })) } }),
    ...(jwksUri !== undefined && { jwks_uri: jwksUri }),
    ...(tokenEndpointAuthSigningAlg !== undefined && { token_endpoint_auth_signing_alg: tokenEndpointAuthSigningAlg }),
    ...display,
  } satisfies Partial<RegistrationResponse>
}

/** The name that a person sees: the one in the page's language, else the plain one, else the id. */
export function displayName(client: { readonly id: string; readonly metadata: ClientMetadata }, language: string): string {
  const { display } = client.metadata
  return display[`client_name#${language}`] ?? display['client_name'] ?? client.id
}

/** The methods by which a client may authenticate. The two that carry a secret are as good as one another. */
export function authMethodsOf({ authMethods, tokenEndpointAuthMethod }: ClientMetadata): readonly AuthMethod[] {
  return authMethods ?? [tokenEndpointAuthMethod]
}

/** Whether the client can't, or needn't, prove who it is (RFC 6749 section 2.1). */
export function isPublicClient(client: { readonly secretHash?: string | undefined; readonly metadata: ClientMetadata }): boolean {
  return client.secretHash === undefined && authMethodsOf(client.metadata).includes('none')
}
