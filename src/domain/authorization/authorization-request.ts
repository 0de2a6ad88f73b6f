/**
 * Parses an authorization request whose redirect URI is verified: every error found here goes back to the client (RFC 6749
 * section 4.1.2.1).
 */
import type { AuthorizationParameters } from '../../schemas/authorization.ts'
import { ACR_VALUES, isReachable, withResources } from './authentication.ts'
import type { WantedAcr } from './authentication.ts'
import { parseClaimsRequest } from './claims-request.ts'
import { isPublicClient } from '../client/client-metadata.ts'
import { isFapi } from '../client/security-profile.ts'
import { OAuthError, refuse } from '../protocol/errors.ts'
import { CODE_CHALLENGE_METHODS, isCodeChallenge } from '../protocol/pkce.ts'
import type { CodeChallenge, CodeChallengeMethod } from '../protocol/pkce.ts'
import type { Client } from '../client/client.ts'
import { redirectKind } from '../protocol/redirect-uri.ts'
import type { RedirectKind } from '../protocol/redirect-uri.ts'
import { parseRequestedAccess } from './requested-access.ts'
import type { RequestedAccess } from './requested-access.ts'
import type { ResourceRegistry } from '../resource/resource-registry.ts'
import { RESPONSE_MODES } from './verified-redirect.ts'
import { err, ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'

export const PROMPTS = ['none', 'login', 'consent', 'select_account'] as const
export type Prompt = (typeof PROMPTS)[number]

/** How pages may look; the first one is the default, also for unknown values. */
export const DISPLAYS = ['page', 'popup', 'touch', 'wap'] as const
export type Display = (typeof DISPLAYS)[number]

/** Longest name that the login page takes. The hints of some directories are longer, and mean nothing here. */
const MAX_USERNAME = 256

export interface AuthorizationRequest extends RequestedAccess {
  readonly codeChallenge: CodeChallenge | undefined
  /** Thumbprint of the key to bind the code to (RFC 9449 section 10). */
  readonly dpopJkt: string | undefined
  readonly nonce: string | undefined
  readonly prompts: ReadonlySet<Prompt>
  /** Longest time since the last login, in seconds. */
  readonly maxAge: number | undefined
  readonly loginHint: string | undefined
  /** The `sub` of the id_token_hint: only this user may get a code. */
  readonly hintedSubject?: string | undefined
  /** Values of the claim `sub` that the request asks for: only these users may get a code. */
  readonly claimedSubjects?: readonly unknown[] | undefined
  /** How the user should have logged in. */
  readonly acr?: WantedAcr | undefined
  readonly redirectKind: RedirectKind
  /** The logins that access rules ask for, of which any would bring more. */
  readonly demanded?: WantedAcr | undefined
  /** Why the person who is logged in can have nothing of it, if that is so. */
  readonly refused?: OAuthError | undefined
}

export interface AuthorizationPolicy {
  readonly registry: ResourceRegistry
  readonly codeChallengeMethods: readonly CodeChallengeMethod[]
  /** Whether confidential clients need PKCE, too; public ones always do. */
  readonly requirePkce: boolean
}

/**
 * @param parameters match their schema
 * @param redirectUri is verified (verified-redirect.ts)
 * @returns the request, or an error of RFC 6749 section 4.1.2.1 or one of its extensions
 */
export function parseAuthorizationRequest(
  parameters: AuthorizationParameters,
  redirectUri: string,
  client: Client,
  policy: AuthorizationPolicy,
): Result<AuthorizationRequest, OAuthError> {
  if (!client.metadata.grantTypes.includes('authorization_code'))
    return refuse('unauthorized_client', 'this client did not register the grant type authorization_code')
  const unsupported = checkUnsupported(parameters)
  if (unsupported !== undefined) return err(unsupported)
  const codeChallenge = parseCodeChallenge(parameters, client, policy)
  if (!codeChallenge.ok) return codeChallenge
  const { dpop_jkt: dpopJkt } = parameters
  if (dpopJkt !== undefined && !/^[\w-]{43}$/.test(dpopJkt))
    return refuse('invalid_request', 'dpop_jkt must be a SHA-256 thumbprint (RFC 9449, RFC 7638)')
  const prompts = parsePrompts(parameters.prompt)
  if (!prompts.ok) return prompts
  if (parameters.max_age !== undefined && !/^\d{1,10}$/.test(parameters.max_age)) {
    return refuse('invalid_request', 'max_age must be a number of seconds')
  }
  const claims = parseClaimsRequest(parameters.claims)
  if (!claims.ok) return claims
  const access = parseRequestedAccess(parameters, client, policy.registry, claims.value.claims)
  if (!access.ok) return access
  const resources = access.value.targets.map(({ identifier }) => identifier)
  // OpenID Connect Registration section 2: the parameter and the claim override `default_acr_values`.
  const acrValues = parameters.acr_values?.split(' ') ?? client.metadata.defaultAcrValues
  const acr = withResources(claims.value.acr ?? (acrValues && { values: acrValues, essential: false }), resources)
  if (acr !== undefined && !isReachable(acr))
    return refuse('unmet_authentication_requirements', `an acr here is ${ACR_VALUES.join(' or ')}`)
  return ok({
    ...access.value,
    claimedSubjects: claims.value.subjects,
    codeChallenge: codeChallenge.value,
    dpopJkt,
    nonce: parameters.nonce,
    ...(acr !== undefined && { acr }),
    prompts: prompts.value,
    maxAge: parameters.max_age === undefined ? client.metadata.defaultMaxAge : Number(parameters.max_age),
    loginHint: (parameters.login_hint?.length ?? 0) > MAX_USERNAME ? undefined : parameters.login_hint,
    redirectKind: redirectKind(redirectUri),
  })
}

function checkUnsupported(parameters: AuthorizationParameters): OAuthError | undefined {
  if (parameters.response_type === undefined) return new OAuthError('invalid_request', 'response_type is required')
  if (parameters.response_type !== 'code') return new OAuthError('unsupported_response_type', 'response_type must be code')
  const { response_mode: mode } = parameters
  if (mode !== undefined && !RESPONSE_MODES.some((known) => known === mode)) {
    return new OAuthError('invalid_request', `response_mode must be ${RESPONSE_MODES.join(' or ')}`)
  }
  return undefined
}

/** Those of FAPI 2.0 (Security Profile section 5.3.2.2). */
const STRICT_METHODS: readonly CodeChallengeMethod[] = ['S256']

/** RFC 7636 section 4.3. Public clients must send a challenge (RFC 9700 section 2.1.1). */
function parseCodeChallenge(
  { code_challenge: value, code_challenge_method: methodName }: AuthorizationParameters,
  client: Client,
  policy: AuthorizationPolicy,
): Result<CodeChallenge | undefined, OAuthError> {
  if (value === undefined) {
    if (methodName !== undefined) return refuse('invalid_request', 'code_challenge_method needs a code_challenge')
    if (isPublicClient(client) || policy.requirePkce || isFapi(client.metadata))
      return refuse('invalid_request', 'code_challenge is required (PKCE, RFC 7636)')
    return ok(undefined)
  }
  const method = CODE_CHALLENGE_METHODS.find((candidate) => candidate === (methodName ?? 'plain'))
  const methods = isFapi(client.metadata) ? STRICT_METHODS : policy.codeChallengeMethods
  if (method === undefined || !methods.includes(method)) {
    return refuse('invalid_request', `code_challenge_method must be ${methods.join(' or ')}`)
  }
  if (!isCodeChallenge(value, method)) return refuse('invalid_request', `code_challenge is not a valid ${method} challenge`)
  return ok({ value, method })
}

/** OpenID Connect Core section 3.1.2.1. Unknown values are ignored; `none` must be the only one. */
function parsePrompts(raw: string | undefined): Result<ReadonlySet<Prompt>, OAuthError> {
  const values = (raw ?? '').split(' ').filter((value) => value !== '')
  if (values.includes('none') && values.length > 1) return refuse('invalid_request', 'prompt none must not be combined with other values')
  return ok(new Set(PROMPTS.filter((prompt) => values.includes(prompt))))
}
