/** Server metadata (RFC 8414 section 2, OpenID Connect Discovery section 3): only the members that this server publishes. */
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'

const Strings = Type.Array(Type.String())

export const ServerMetadata = Type.Object({
  issuer: Type.String(),
  authorization_endpoint: Type.String(),
  /** RFC 9126 section 5. */
  pushed_authorization_request_endpoint: Type.String(),
  token_endpoint: Type.String(),
  /** RFC 8628 section 4. */
  device_authorization_endpoint: Type.String(),
  registration_endpoint: Type.Optional(Type.String()),
  userinfo_endpoint: Type.String(),
  jwks_uri: Type.String(),
  revocation_endpoint: Type.String(),
  introspection_endpoint: Type.String(),
  end_session_endpoint: Type.String(),
  scopes_supported: Strings,
  response_types_supported: Strings,
  response_modes_supported: Strings,
  grant_types_supported: Strings,
  subject_types_supported: Strings,
  id_token_signing_alg_values_supported: Strings,
  userinfo_signing_alg_values_supported: Strings,
  /** JARM section 4. */
  authorization_signing_alg_values_supported: Strings,
  /** RFC 9701 section 7. */
  introspection_signing_alg_values_supported: Strings,
  token_endpoint_auth_methods_supported: Strings,
  token_endpoint_auth_signing_alg_values_supported: Strings,
  revocation_endpoint_auth_methods_supported: Strings,
  revocation_endpoint_auth_signing_alg_values_supported: Strings,
  introspection_endpoint_auth_methods_supported: Strings,
  introspection_endpoint_auth_signing_alg_values_supported: Strings,
  code_challenge_methods_supported: Strings,
  /** RFC 9449 section 5.1. */
  dpop_signing_alg_values_supported: Strings,
  claim_types_supported: Strings,
  claims_supported: Strings,
  acr_values_supported: Strings,
  prompt_values_supported: Strings,
  display_values_supported: Strings,
  ui_locales_supported: Strings,
  claims_parameter_supported: Type.Boolean(),
  request_parameter_supported: Type.Boolean(),
  request_uri_parameter_supported: Type.Boolean(),
  require_request_uri_registration: Type.Boolean(),
  request_object_signing_alg_values_supported: Strings,
  require_pushed_authorization_requests: Type.Boolean(),
  backchannel_logout_supported: Type.Boolean(),
  backchannel_logout_session_supported: Type.Boolean(),
  authorization_response_iss_parameter_supported: Type.Boolean(),
  client_id_metadata_document_supported: Type.Boolean(),
})
export type ServerMetadata = Static<typeof ServerMetadata>

/** Those that hold the address of an endpoint. */
export type EndpointMember = Extract<keyof ServerMetadata, `${string}_endpoint` | 'jwks_uri'>
