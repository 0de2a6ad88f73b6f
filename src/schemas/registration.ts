/** Client registration (RFC 7591): client metadata in requests, client information in responses. */
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { Absent, Text, TextList } from './primitives.ts'

/** The human-readable members that may have a language tag, such as `client_name#ko` (RFC 7591 section 2.2). */
const LOCALIZED = '^(client_name|client_uri|logo_uri|tos_uri|policy_uri)#[A-Za-z0-9-]{1,35}$'

/** There are about 40 members. The rest is for a few languages, and for members of standards that aren't known here. */
const MAX_MEMBERS = 100

/** Authentication with the client's own key (RFC 7591 section 2, OpenID Connect Registration section 2). */
const keyMembers = {
  /** Validated by domain/client/client-keys.ts, because each type of key has other members. */
  jwks: Absent(Type.Unknown()),
  jwks_uri: Absent(Text(2048)),
  token_endpoint_auth_signing_alg: Absent(Text(16)),
}
export const ClientKeyMembers = Type.Object(keyMembers)
export type ClientKeyMembers = Static<typeof ClientKeyMembers>

/** OpenID Connect Registration section 2, RP-Initiated Logout section 3.1, Back-Channel Logout section 2.2. */
const openIdMembers = {
  application_type: Absent(Text(32)),
  subject_type: Absent(Text(32)),
  sector_identifier_uri: Absent(Text(2048)),
  id_token_signed_response_alg: Absent(Text(16)),
  userinfo_signed_response_alg: Absent(Text(16)),
  /** Seconds; at most as many digits as the parameter `max_age` may have. */
  default_max_age: Absent(Type.Integer({ minimum: 0, maximum: 9_999_999_999 })),
  require_auth_time: Absent(Type.Boolean()),
  default_acr_values: Absent(TextList(256)),
  initiate_login_uri: Absent(Text(2048)),
  post_logout_redirect_uris: Absent(TextList(2048)),
  backchannel_logout_uri: Absent(Text(2048)),
  backchannel_logout_session_required: Absent(Type.Boolean()),
}

/** How a client sends authorization requests (OpenID Connect Registration section 2, RFC 9101 section 10.5, RFC 9126 section 6). */
const requestMembers = {
  request_uris: Absent(TextList(2048)),
  request_object_signing_alg: Absent(Text(16)),
  require_signed_request_object: Absent(Type.Boolean()),
  require_pushed_authorization_requests: Absent(Type.Boolean()),
}

/** How the server signs its responses (JARM section 3, RFC 9701 section 6). */
const responseMembers = {
  authorization_signed_response_alg: Absent(Text(16)),
  authorization_encrypted_response_alg: Absent(Text(64)),
  authorization_encrypted_response_enc: Absent(Text(64)),
  introspection_signed_response_alg: Absent(Text(16)),
  introspection_encrypted_response_alg: Absent(Text(64)),
  introspection_encrypted_response_enc: Absent(Text(64)),
}

/** RFC 7591 section 2. Unknown members are ignored; `null` means absent. */
export const RegistrationRequest = Type.Object(
  {
    ...keyMembers,
    redirect_uris: Absent(TextList(2048)),
    token_endpoint_auth_method: Absent(Text(64)),
    grant_types: Absent(TextList(128)),
    response_types: Absent(TextList(64)),
    client_name: Absent(Text(1024)),
    client_uri: Absent(Text(2048)),
    logo_uri: Absent(Text(2048)),
    tos_uri: Absent(Text(2048)),
    policy_uri: Absent(Text(2048)),
    scope: Absent(Text()),
    contacts: Absent(TextList(256)),
    software_id: Absent(Text(256)),
    software_version: Absent(Text(256)),
    software_statement: Absent(Text(16_384)),
    /** RFC 9449 section 5.2. */
    dpop_bound_access_tokens: Absent(Type.Boolean()),
    ...openIdMembers,
    ...requestMembers,
    ...responseMembers,
  },
  { patternProperties: { [LOCALIZED]: Absent(Text(2048)) }, maxProperties: MAX_MEMBERS },
)
export type RegistrationRequest = Static<typeof RegistrationRequest>

/** A client metadata document: the members that may be registered, and `client_id`, which must be the document's URL. */
export const ClientDocument = Type.Composite([
  RegistrationRequest,
  Type.Object({
    client_id: Type.String(),
    client_secret: Type.Optional(Type.Unknown()),
    client_secret_expires_at: Type.Optional(Type.Unknown()),
    token_endpoint_auth_methods_supported: Absent(TextList(64)),
  }),
])
export type ClientDocument = Static<typeof ClientDocument>

const PublicJwk = Type.Object({
  kty: Type.String(),
  key_ops: Type.Optional(Type.Array(Type.String())),
  use: Type.Optional(Type.String()),
  alg: Type.Optional(Type.String()),
  kid: Type.Optional(Type.String()),
  n: Type.Optional(Type.String()),
  e: Type.Optional(Type.String()),
  crv: Type.Optional(Type.String()),
  x: Type.Optional(Type.String()),
  y: Type.Optional(Type.String()),
})

const Strings = Type.Array(Type.String())

/** RFC 7591 section 3.2.1: every registered member, and never `null`. */
export const RegistrationResponse = Type.Object(
  {
    client_id: Type.String(),
    client_secret: Type.Optional(Type.String()),
    client_id_issued_at: Type.Integer(),
    client_secret_expires_at: Type.Optional(Type.Integer()),
    registration_access_token: Type.Optional(Type.String()),
    registration_client_uri: Type.Optional(Type.String()),
    redirect_uris: Strings,
    token_endpoint_auth_method: Type.String(),
    grant_types: Strings,
    response_types: Strings,
    client_name: Type.Optional(Type.String()),
    client_uri: Type.Optional(Type.String()),
    logo_uri: Type.Optional(Type.String()),
    tos_uri: Type.Optional(Type.String()),
    policy_uri: Type.Optional(Type.String()),
    scope: Type.Optional(Type.String()),
    contacts: Type.Optional(Strings),
    software_id: Type.Optional(Type.String()),
    software_version: Type.Optional(Type.String()),
    software_statement: Type.Optional(Type.String()),
    dpop_bound_access_tokens: Type.Optional(Type.Boolean()),
    application_type: Type.Optional(Type.String()),
    subject_type: Type.Optional(Type.String()),
    sector_identifier_uri: Type.Optional(Type.String()),
    id_token_signed_response_alg: Type.Optional(Type.String()),
    userinfo_signed_response_alg: Type.Optional(Type.String()),
    authorization_signed_response_alg: Type.Optional(Type.String()),
    introspection_signed_response_alg: Type.Optional(Type.String()),
    default_max_age: Type.Optional(Type.Integer()),
    require_auth_time: Type.Optional(Type.Boolean()),
    default_acr_values: Type.Optional(Strings),
    initiate_login_uri: Type.Optional(Type.String()),
    request_uris: Type.Optional(Strings),
    request_object_signing_alg: Type.Optional(Type.String()),
    require_signed_request_object: Type.Optional(Type.Boolean()),
    require_pushed_authorization_requests: Type.Optional(Type.Boolean()),
    post_logout_redirect_uris: Type.Optional(Strings),
    backchannel_logout_uri: Type.Optional(Type.String()),
    backchannel_logout_session_required: Type.Optional(Type.Boolean()),
    jwks: Type.Optional(Type.Object({ keys: Type.Array(PublicJwk) })),
    jwks_uri: Type.Optional(Type.String()),
    token_endpoint_auth_signing_alg: Type.Optional(Type.String()),
  },
  { patternProperties: { [LOCALIZED]: Type.String() } },
)
export type RegistrationResponse = Static<typeof RegistrationResponse>
