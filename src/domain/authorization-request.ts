/**
 * An authorization request, judged after its redirect URI was verified: every error found here travels back to the
 * client (RFC 6749 section 4.1.2.1).
 */
import type { AuthorizationParameters } from '../schemas/authorization.ts'
import { ACR_VALUES, meetsAcrValues } from './authentication.ts'
import { isPublicClient } from './client-metadata.ts'
import { OAuthError } from './errors.ts'
import type { OAuthErrorCode } from './errors.ts'
import { CODE_CHALLENGE_METHODS, isCodeChallenge } from './pkce.ts'
import type { CodeChallenge, CodeChallengeMethod } from './pkce.ts'
import type { Client } from './records.ts'
import { redirectKind } from './redirect-uri.ts'
import type { RedirectKind } from './redirect-uri.ts'
import { parseRequestedAccess } from './requested-access.ts'
import type { RequestedAccess } from './requested-access.ts'
import type { ResourceRegistry } from './resource-registry.ts'
import { err, ok } from './result.ts'
import type { Result } from './result.ts'

export const PROMPTS = ['none', 'login', 'consent', 'select_account'] as const
export type Prompt = (typeof PROMPTS)[number]

export interface AuthorizationRequest extends RequestedAccess {
  readonly codeChallenge: CodeChallenge | undefined
  readonly nonce: string | undefined
  readonly prompts: ReadonlySet<Prompt>
  /** Seconds since the last login that are still fine. */
  readonly maxAge: number | undefined
  readonly loginHint: string | undefined
  /** The `sub` of the id_token_hint: nobody else will do. */
  readonly hintedSubject?: string | undefined
  readonly redirectKind: RedirectKind
}

export interface AuthorizationPolicy {
  readonly registry: ResourceRegistry
  readonly codeChallengeMethods: readonly CodeChallengeMethod[]
  /** Whether confidential clients need PKCE too; public ones always do. */
  readonly requirePkce: boolean
}

/** Judges what a request asks; `parameters` have passed their shape, `redirectUri` is verified. */
export function parseAuthorizationRequest(
  parameters: AuthorizationParameters,
  redirectUri: string,
  client: Client,
  policy: AuthorizationPolicy,
): Result<AuthorizationRequest, OAuthError> {
  if (!client.metadata.grantTypes.includes('authorization_code')) return refuse('unauthorized_client', 'this client did not register the grant type authorization_code')
  const unsupported = checkUnsupported(parameters)
  if (unsupported !== undefined) return err(unsupported)
  const codeChallenge = parseCodeChallenge(parameters, client, policy)
  if (!codeChallenge.ok) return codeChallenge
  const prompts = parsePrompts(parameters.prompt)
  if (!prompts.ok) return prompts
  if (parameters.max_age !== undefined && !/^\d{1,10}$/.test(parameters.max_age)) {
    return refuse('invalid_request', 'max_age must be a number of seconds')
  }
  const access = parseRequestedAccess(parameters, client, policy.registry)
  if (!access.ok) return access
  const resources = access.value.targets.map(({ identifier }) => identifier)
  if (!meetsAcrValues(parameters.acr_values, resources)) return refuse('unmet_authentication_requirements', `acr_values must name ${ACR_VALUES.join(' or ')}`)
  return ok({
    ...access.value,
    codeChallenge: codeChallenge.value,
    nonce: parameters.nonce,
    prompts: prompts.value,
    maxAge: parameters.max_age === undefined ? client.metadata.defaultMaxAge : Number(parameters.max_age),
    loginHint: parameters.login_hint,
    redirectKind: redirectKind(redirectUri),
  })
}

function checkUnsupported(parameters: AuthorizationParameters): OAuthError | undefined {
  if (parameters.response_type === undefined) return new OAuthError('invalid_request', 'response_type is required')
  if (parameters.response_type !== 'code') return new OAuthError('unsupported_response_type', 'response_type must be code')
  if (!['query', 'form_post'].includes(parameters.response_mode ?? 'query')) {
    return new OAuthError('invalid_request', 'response_mode must be query or form_post')
  }
  return undefined
}

/** RFC 7636 section 4.3, with RFC 9700 section 2.1.1: a challenge is required of public clients. */
function parseCodeChallenge(
  { code_challenge: value, code_challenge_method: methodName }: AuthorizationParameters,
  client: Client,
  policy: AuthorizationPolicy,
): Result<CodeChallenge | undefined, OAuthError> {
  if (value === undefined) {
    if (methodName !== undefined) return refuse('invalid_request', 'code_challenge_method needs a code_challenge')
    if (isPublicClient(client) || policy.requirePkce) return refuse('invalid_request', 'code_challenge is required (PKCE, RFC 7636)')
    return ok(undefined)
  }
  const method = CODE_CHALLENGE_METHODS.find((candidate) => candidate === (methodName ?? 'plain'))
  if (method === undefined || !policy.codeChallengeMethods.includes(method)) {
    return refuse('invalid_request', `code_challenge_method must be ${policy.codeChallengeMethods.join(' or ')}`)
  }
  if (!isCodeChallenge(value, method)) return refuse('invalid_request', `code_challenge is not a valid ${method} challenge`)
  return ok({ value, method })
}

/** OpenID Connect Core section 3.1.2.1; unknown values are ignored, `none` stands alone. */
function parsePrompts(raw: string | undefined): Result<ReadonlySet<Prompt>, OAuthError> {
  const values = (raw ?? '').split(' ').filter((value) => value !== '')
  if (values.includes('none') && values.length > 1) return refuse('invalid_request', 'prompt none must not be combined with other values')
  return ok(new Set(PROMPTS.filter((prompt) => values.includes(prompt))))
}

function refuse(code: OAuthErrorCode, description: string): { ok: false; error: OAuthError } {
  return err(new OAuthError(code, description))
}
