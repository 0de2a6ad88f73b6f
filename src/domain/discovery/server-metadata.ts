/** The server's metadata (RFC 8414 section 2, OpenID Connect Discovery section 3). */
import type { EndpointMember, ServerMetadata } from '../../schemas/metadata.ts'
import { RESPONSE_MODES } from '../authorization/verified-redirect.ts'
import { ACR_VALUES } from '../authorization/authentication.ts'
import { DISPLAYS, PROMPTS } from '../authorization/authorization-request.ts'
import { CLAIMS } from '../token/claims.ts'
import { ASSERTION_ALGS } from '../client/client-keys.ts'
import { FAPI_ALGS } from '../client/security-profile.ts'
import type { ServerProfile } from '../client/security-profile.ts'
import { TOKEN_EXCHANGE } from '../token/personal-token.ts'
import { AUTH_METHODS, GRANT_TYPES, ID_TOKEN_ALGS } from '../client/client-metadata.ts'
import { DPOP_ALGS, STRICT_DPOP_ALGS } from '../dpop/dpop-proof.ts'
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
  securityProfile: ServerProfile
  /** Whether personal access tokens can be exchanged (RFC 8693). */
  tokenExchange: boolean
}): ServerMetadata {
  const { issuer, endpoints, scopes, languages, clientDocuments } = options
  const { methods, introspectionMethods, assertionAlgs, responseAlgs, requestObjectAlgs, dpopAlgs, codeChallengeMethods, requirePar } =
    options.securityProfile === 'fapi2' ? STRICT : { ...usual, ...options }
  return {
    issuer,
    ...endpoints,
    scopes_supported: [...scopes],
    response_types_supported: ['code'],
    response_modes_supported: [...RESPONSE_MODES],
    grant_types_supported: [...GRANT_TYPES, ...(options.tokenExchange ? [TOKEN_EXCHANGE] : [])],
    subject_types_supported: [...SUBJECT_TYPES],
    id_token_signing_alg_values_supported: [...responseAlgs],
    userinfo_signing_alg_values_supported: [...responseAlgs],
    authorization_signing_alg_values_supported: [...responseAlgs],
    introspection_signing_alg_values_supported: [...responseAlgs],
    token_endpoint_auth_methods_supported: [...methods],
    token_endpoint_auth_signing_alg_values_supported: [...assertionAlgs],
    revocation_endpoint_auth_methods_supported: [...methods],
    revocation_endpoint_auth_signing_alg_values_supported: [...assertionAlgs],
    introspection_endpoint_auth_methods_supported: [...introspectionMethods],
    introspection_endpoint_auth_signing_alg_values_supported: [...assertionAlgs],
    code_challenge_methods_supported: [...codeChallengeMethods],
    dpop_signing_alg_values_supported: [...dpopAlgs],
    claim_types_supported: ['normal'],
    claims_supported: [...CLAIMS],
    acr_values_supported: [...ACR_VALUES],
    prompt_values_supported: [...PROMPTS],
    display_values_supported: [...DISPLAYS],
    ui_locales_supported: [...languages],
    claims_parameter_supported: true,
    request_parameter_supported: true,
    // Of other places than /par.
    request_uri_parameter_supported: options.securityProfile === 'none',
    require_request_uri_registration: true,
    request_object_signing_alg_values_supported: [...requestObjectAlgs],
    require_pushed_authorization_requests: requirePar,
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
    authorization_response_iss_parameter_supported: true,
    client_id_metadata_document_supported: clientDocuments,
  }
}

/** Resources introspect with a secret, whatever clients are held to. */
const introspectionMethods = AUTH_METHODS.filter((method) => method !== 'none')

const usual = {
  methods: AUTH_METHODS,
  introspectionMethods,
  assertionAlgs: ASSERTION_ALGS,
  responseAlgs: ID_TOKEN_ALGS,
  requestObjectAlgs: REQUEST_OBJECT_ALGS,
  dpopAlgs: DPOP_ALGS,
}
/** What is left of it for clients that are held to FAPI 2.0. */
const STRICT = {
  methods: ['private_key_jwt'],
  introspectionMethods,
  assertionAlgs: FAPI_ALGS,
  responseAlgs: FAPI_ALGS,
  requestObjectAlgs: FAPI_ALGS,
  dpopAlgs: STRICT_DPOP_ALGS,
  codeChallengeMethods: ['S256'],
  requirePar: true,
}

/** The path of an issuer; `''` if it has none. */
export const issuerPath = (issuer: string): string => new URL(issuer).pathname.replace(/\/$/, '')
