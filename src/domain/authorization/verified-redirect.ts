/**
 * Where an authorization response may go. Only a redirect URI that its client registered becomes a `VerifiedRedirect`, and
 * responses only go to a `VerifiedRedirect`: nobody redirects by mistake (threat-model.md T3).
 */
import type { AuthorizationParameters } from '../../schemas/authorization.ts'
import { OAuthError, refuse, wireText } from '../protocol/errors.ts'
import { isFapi } from '../client/security-profile.ts'
import type { Client } from '../client/client.ts'
import { appendParameters, matchRedirectUri } from '../protocol/redirect-uri.ts'
import { ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'
import { parseScope } from '../protocol/scope.ts'

/** What `response_mode` may be. Those with `jwt` bring one signed parameter (JARM section 2.3); `jwt` itself is `query.jwt`. */
export const RESPONSE_MODES = ['query', 'form_post', 'jwt', 'query.jwt', 'form_post.jwt'] as const

declare const verified: unique symbol

export interface VerifiedRedirect {
  readonly uri: string
  /** Whether the request named the URI; otherwise it is the only registered one. */
  readonly given: boolean
  readonly mode: 'query' | 'form_post'
  /** Whether the response is signed (JARM). */
  readonly isSigned: boolean
  /** Returned byte for byte. */
  readonly state: string | undefined
  readonly [verified]: true
}

/**
 * Matches the request's redirect URI (RFC 6749 section 3.1.2.3). The error must be shown to the user, never sent to the client.
 *
 * @param parameters may still violate their schema: only single strings count here
 */
export function verifyRedirect(client: Client, parameters: AuthorizationParameters): Result<VerifiedRedirect, OAuthError> {
  const { redirectUris } = client.metadata
  const requested: unknown = parameters.redirect_uri
  if (requested !== undefined && typeof requested !== 'string') {
    return refuse('invalid_request', 'redirect_uri must not be repeated')
  }
  const scope: unknown = parameters.scope
  // RFC 6749 section 3.1.2.3 lets a client with one URI omit it; OpenID Connect Core section 3.1.2.1 doesn't.
  if (requested === undefined && typeof scope === 'string' && parseScope(scope).includes('openid')) {
    return refuse('invalid_request', 'redirect_uri is required with the scope openid')
  }
  // FAPI 2.0 Security Profile section 5.3.2.2
  if (requested === undefined && isFapi(client.metadata)) return refuse('invalid_request', 'redirect_uri is required')
  const uri = requested ?? (redirectUris.length === 1 ? redirectUris[0] : undefined)
  if (uri === undefined) return refuse('invalid_request', 'redirect_uri is required: the client registered more than one')
  if (!matchRedirectUri(redirectUris, uri)) {
    return refuse('invalid_request', 'redirect_uri is not one that this client registered')
  }
  const { response_mode: mode } = parameters
  const redirect: Omit<VerifiedRedirect, typeof verified> = {
    uri,
    given: requested !== undefined,
    mode: mode === 'form_post' || mode === 'form_post.jwt' ? 'form_post' : 'query',
    isSigned: mode === 'jwt' || mode === 'query.jwt' || mode === 'form_post.jwt',
    state: typeof parameters.state === 'string' ? parameters.state : undefined,
  }
  return ok(redirect as VerifiedRedirect)
}

/** The response parameters in their order. Every response has `iss` (RFC 9207), and `state` if the request had one. */
export function responseParameters(
  redirect: VerifiedRedirect,
  issuer: string,
  answer: { code: string } | OAuthError,
): Record<string, string> {
  return {
    ...(answer instanceof OAuthError ? { error: answer.code, error_description: wireText(answer.description) } : { code: answer.code }),
    ...(redirect.state !== undefined && { state: redirect.state }),
    iss: issuer,
  }
}

/** How long a signed response counts, in seconds (JARM section 2.1: at most 10 minutes). */
const SIGNED_RESPONSE_TTL = 10 * 60

/** The claims of a signed response, whose parameters include `iss` (JARM section 2.1). `now` is ms. */
export const signedResponseClaims = (parameters: Readonly<Record<string, string>>, clientId: string, now: number) => ({
  ...parameters,
  aud: clientId,
  exp: Math.floor(now / 1000) + SIGNED_RESPONSE_TTL,
})

/** The URL of a response in mode `query`. */
export function responseLocation(redirect: VerifiedRedirect, parameters: Readonly<Record<string, string>>): string {
  return appendParameters(redirect.uri, parameters)
}
