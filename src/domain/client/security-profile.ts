/**
 * The FAPI 2.0 Security Profile (section 5), to which an operator holds one client or, by `SECURITY_PROFILE`, all of them. A client
 * passes here before it is used; from then on, only `metadata.securityProfile` counts.
 */
import { ASSERTION_ALGS } from './client-keys.ts'
import type { AssertionAlg } from './client-keys.ts'
import { authMethodsOf } from './client-metadata.ts'
import type { ClientMetadata, SecurityProfile } from './client-metadata.ts'
import type { Client } from './client.ts'
import { refuse } from '../protocol/errors.ts'
import type { OAuthError } from '../protocol/errors.ts'
import { ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'

/** The setting: which profile all clients are held to. */
export type ServerProfile = SecurityProfile | 'none'

/** How both sides may sign (section 5.4.1). */
export const FAPI_ALGS = ['PS256', 'ES256', 'EdDSA'] as const satisfies readonly AssertionAlg[]

/** How the server signs for a client that registered no algorithm: with a key that every server has. */
const DEFAULT_ALG = 'ES256'

/** Longest lifetime of an authorization code, in seconds (section 5.3.2.1). */
export const MAX_CODE_TTL = 60

type Profiled = Pick<ClientMetadata, 'securityProfile'>

export const isFapi = ({ securityProfile }: Profiled): boolean => securityProfile === 'fapi2'

/** How a client may sign what it sends: as it registered, if it did. */
export function acceptedAlgs(metadata: Profiled, registered: AssertionAlg | undefined): readonly AssertionAlg[] {
  if (registered !== undefined) return [registered]
  return isFapi(metadata) ? FAPI_ALGS : ASSERTION_ALGS
}

/** How long an authorization code of the client lives, in seconds. */
export const codeTtlOf = (metadata: Profiled, codeTtl: number): number => (isFapi(metadata) ? Math.min(codeTtl, MAX_CODE_TTL) : codeTtl)

/**
 * The metadata as the profile demands it: what the client left open is chosen for it.
 *
 * @returns an error of RFC 7591 section 3.2.2 if the client registered what the profile forbids
 */
export function applyProfile(metadata: ClientMetadata, profile: ServerProfile): Result<ClientMetadata, OAuthError> {
  if (profile === 'none') return ok(metadata)
  const stray = metadata.redirectUris.some((uri) => !/^https:/i.test(uri))
  if (stray) return refuse('invalid_redirect_uri', `redirect_uris must be https for a client ${HELD}`)
  const problem = problemWith(metadata)
  if (problem !== undefined) return refuse('invalid_client_metadata', `${problem} for a client ${HELD}`)
  const { authMethods: _one, ...others } = metadata
  return ok({
    ...others,
    securityProfile: profile,
    tokenEndpointAuthMethod: 'private_key_jwt',
    dpopBoundAccessTokens: true,
    requirePushedAuthorizationRequests: true,
    idTokenSignedResponseAlg: metadata.idTokenSignedResponseAlg ?? DEFAULT_ALG,
    authorizationSignedResponseAlg: metadata.authorizationSignedResponseAlg ?? DEFAULT_ALG,
    introspectionSignedResponseAlg: metadata.introspectionSignedResponseAlg ?? DEFAULT_ALG,
  })
}

const HELD = 'that is held to the FAPI 2.0 Security Profile'

function problemWith(metadata: ClientMetadata): string | undefined {
  if (!authMethodsOf(metadata).includes('private_key_jwt')) return 'token_endpoint_auth_method must be private_key_jwt'
  const registered = {
    token_endpoint_auth_signing_alg: metadata.tokenEndpointAuthSigningAlg,
    request_object_signing_alg: metadata.requestObjectSigningAlg,
    id_token_signed_response_alg: metadata.idTokenSignedResponseAlg,
    userinfo_signed_response_alg: metadata.userinfoSignedResponseAlg,
    authorization_signed_response_alg: metadata.authorizationSignedResponseAlg,
    introspection_signed_response_alg: metadata.introspectionSignedResponseAlg,
  }
  const weak = Object.entries(registered).find(([, alg]) => alg !== undefined && !FAPI_ALGS.some((known) => known === alg))
  return weak && `${weak[0]} must be ${FAPI_ALGS.join(', ')} or absent`
}

/** The client as its profile, or that of the server, has it; the error is `invalid_client`. */
export function holdToProfile<C extends Client>(client: C, serverProfile: ServerProfile): Result<C, OAuthError> {
  const profile = client.metadata.securityProfile ?? serverProfile
  if (profile === 'none') return ok(client)
  const held = applyProfile(client.metadata, profile)
  return held.ok
    ? ok({ ...client, metadata: held.value })
    : refuse('invalid_client', `this client cannot be used: ${held.error.description}`)
}
