/** The server's metadata (RFC 8414 section 2, OpenID Connect Discovery section 3). */
import type { EndpointMember, ServerMetadata } from '../../schemas/metadata.ts'
import { ACR_VALUES } from '../authorization/authentication.ts'
import { DISPLAYS, PROMPTS } from '../authorization/authorization-request.ts'
import { CLAIMS } from '../token/claims.ts'
import { ASSERTION_ALGS } from '../client/client-keys.ts'
import { AUTH_METHODS, GRANT_TYPES, ID_TOKEN_ALGS } from '../client/client-metadata.ts'
import { DPOP_ALGS } from '../dpop/dpop-proof.ts'
import type { CodeChallengeMethod } from '../protocol/pkce.ts'
import { REQUEST_OBJECT_ALGS } from '../client/request-members.ts'
import { SUBJECT_TYPES } from '../client/subject.ts'

export function serverMetadata(options: {
  issuer: string
  scopes: readonly string[]
  codeChallengeMethods: readonly CodeChallengeMethod[]
  languages: readonly string[]
  /** The endpoints' addresses; no registration endpoint if nobody may register. */
  endpoints: Pick<ServerMetadata, EndpointMember>
  /** Whether the URL of a metadata document may be a client id. */
  clientDocuments: boolean
  /** Whether every client must push its requests. */
  requirePar: boolean
}): ServerMetadata {
  const { issuer, endpoints, scopes, codeChallengeMethods, languages, clientDocuments, requirePar } = options
  const confidentialMethods = AUTH_METHODS.filter((method) => method !== 'none')
  return {
    issuer,
    ...endpoints,
    scopes_supported: [...scopes],
    response_types_supported: ['code'],
    response_modes_supported: ['query', 'form_post'],
    grant_types_supported: [...GRANT_TYPES],
    subject_types_supported: [...SUBJECT_TYPES],
    id_token_signing_alg_values_supported: [...ID_TOKEN_ALGS],
    userinfo_signing_alg_values_supported: [...ID_TOKEN_ALGS],
    token_endpoint_auth_methods_supported: [...AUTH_METHODS],
    token_endpoint_auth_signing_alg_values_supported: [...ASSERTION_ALGS],
    revocation_endpoint_auth_methods_supported: [...AUTH_METHODS],
    revocation_endpoint_auth_signing_alg_values_supported: [...ASSERTION_ALGS],
    introspection_endpoint_auth_methods_supported: confidentialMethods,
    introspection_endpoint_auth_signing_alg_values_supported: [...ASSERTION_ALGS],
    code_challenge_methods_supported: [...codeChallengeMethods],
    dpop_signing_alg_values_supported: [...DPOP_ALGS],
    claim_types_supported: ['normal'],
    claims_supported: [...CLAIMS],
    acr_values_supported: [...ACR_VALUES],
    prompt_values_supported: [...PROMPTS],
    display_values_supported: [...DISPLAYS],
    ui_locales_supported: [...languages],
    claims_parameter_supported: true,
    request_parameter_supported: true,
    request_uri_parameter_supported: true,
    require_request_uri_registration: true,
    request_object_signing_alg_values_supported: [...REQUEST_OBJECT_ALGS],
    require_pushed_authorization_requests: requirePar,
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
    authorization_response_iss_parameter_supported: true,
    client_id_metadata_document_supported: clientDocuments,
  }
}

/** The path of an issuer; `''` if it has none. */
export const issuerPath = (issuer: string): string => new URL(issuer).pathname.replace(/\/$/, '')
