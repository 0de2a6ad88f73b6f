/**
 * The one error of this server. `description` goes on the wire, `detail` only into the log. Which HTTP status and
 * which shape it takes (JSON, page, redirect) is decided once per endpoint.
 */

import { err } from './result.ts'

/** RFC 6749 (4.1.2.1, 5.2), RFC 6750 (3.1), RFC 7591 (3.2.2), RFC 8628 (3.5), RFC 8707 (2), OpenID Connect Core (3.1.2.6), RFC 9449 (5, 8), RFC 9470 (5). */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'unsupported_response_type'
  | 'unsupported_token_type'
  | 'invalid_scope'
  | 'invalid_target'
  | 'access_denied'
  | 'server_error'
  | 'temporarily_unavailable'
  | 'authorization_pending'
  | 'slow_down'
  | 'expired_token'
  | 'invalid_token'
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce'
  | 'insufficient_scope'
  | 'invalid_redirect_uri'
  | 'invalid_client_metadata'
  | 'invalid_software_statement'
  | 'unapproved_software_statement'
  | 'login_required'
  | 'consent_required'
  | 'account_selection_required'
  | 'interaction_required'
  | 'unmet_authentication_requirements'
  | 'invalid_request_object'
  | 'invalid_request_uri'
  | 'registration_not_supported'

export class OAuthError extends Error {
  readonly code: OAuthErrorCode
  readonly description: string
  /** HTTP status where the error is rendered as a response of its own (never used for redirects). */
  readonly status: number
  /** For the log only: what the client must not learn. */
  readonly detail: string | undefined

  constructor(code: OAuthErrorCode, description: string, options: { status?: number; detail?: string } = {}) {
    super(`${code}: ${description}`)
    this.name = 'OAuthError'
    this.code = code
    this.description = description
    this.status = options.status ?? defaultStatus(code)
    this.detail = options.detail
  }
}

/** What a rule returns that refuses. */
export interface Refusal {
  readonly ok: false
  readonly error: OAuthError
}

export const refuse = (code: OAuthErrorCode, description: string, options?: { status?: number; detail?: string }): Refusal =>
  err(new OAuthError(code, description, options))

function defaultStatus(code: OAuthErrorCode): number {
  switch (code) {
    case 'invalid_client':
    case 'invalid_token':
      return 401
    case 'insufficient_scope':
      return 403
    case 'server_error':
      return 500
    case 'temporarily_unavailable':
      return 503
    default:
      return 400
  }
}

/** The JSON body of RFC 6749 section 5.2. Characters outside its grammar for `error_description` are replaced. */
export function errorBody(error: OAuthError): { error: OAuthErrorCode; error_description: string } {
  return { error: error.code, error_description: wireText(error.description) }
}

/** RFC 6749 section 5.2: `error_description` holds %x20-21 / %x23-5B / %x5D-7E only. */
export function wireText(text: string): string {
  return text.replace(/["\\]/g, "'").replace(/[^\x20-\x7E]/g, '?')
}
