/** Client information (RFC 7591 section 3.2.1): every registered member, without absent ones. */
import type { RegistrationResponse } from '../../schemas/registration.ts'
import { responseTypesOf } from './client-metadata.ts'
import type { ClientMetadata } from './client-metadata.ts'

export type RenderedMetadata = Omit<
  RegistrationResponse,
  'client_id' | 'client_id_issued_at' | 'client_secret' | 'client_secret_expires_at'
>

/** The registered metadata by its wire names. */
export function renderClientMetadata(metadata: ClientMetadata): RenderedMetadata {
  const { redirectUris, tokenEndpointAuthMethod, grantTypes, scopes, jwks, display } = metadata
  return {
    redirect_uris: [...redirectUris],
    token_endpoint_auth_method: tokenEndpointAuthMethod,
    grant_types: [...grantTypes],
    response_types: responseTypesOf(metadata),
    ...present({
      scope: scopes.length > 0 ? scopes.join(' ') : undefined,
      application_type: metadata.applicationType,
      subject_type: metadata.subjectType,
      sector_identifier_uri: metadata.sectorIdentifierUri,
      id_token_signed_response_alg: metadata.idTokenSignedResponseAlg,
      userinfo_signed_response_alg: metadata.userinfoSignedResponseAlg,
      authorization_signed_response_alg: metadata.authorizationSignedResponseAlg,
      introspection_signed_response_alg: metadata.introspectionSignedResponseAlg,
      default_max_age: metadata.defaultMaxAge,
      require_auth_time: metadata.requireAuthTime,
      dpop_bound_access_tokens: metadata.dpopBoundAccessTokens,
      default_acr_values: list(metadata.defaultAcrValues),
      contacts: list(metadata.contacts),
      jwks: jwks && { keys: jwks.keys.map(({ key_ops, ...key }) => ({ ...key, ...present({ key_ops: list(key_ops) }) })) },
      jwks_uri: metadata.jwksUri,
      token_endpoint_auth_signing_alg: metadata.tokenEndpointAuthSigningAlg,
      initiate_login_uri: metadata.initiateLoginUri,
      request_uris: list(metadata.requestUris),
      request_object_signing_alg: metadata.requestObjectSigningAlg,
      require_signed_request_object: metadata.requireSignedRequestObject,
      require_pushed_authorization_requests: metadata.requirePushedAuthorizationRequests,
      post_logout_redirect_uris: list(metadata.postLogoutRedirectUris),
      backchannel_logout_uri: metadata.backchannelLogoutUri,
      backchannel_logout_session_required: metadata.backchannelLogoutSessionRequired,
      software_statement: metadata.softwareStatement,
    }),
    ...display,
  }
}

const list = (values: readonly string[] | undefined): string[] | undefined => values && [...values]

type Present<T> = { [name in keyof T]?: Exclude<T[name], undefined> }

/** The members that have a value. Clients can't parse `null`. */
function present<T extends object>(members: T): Present<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Present<T>
}
