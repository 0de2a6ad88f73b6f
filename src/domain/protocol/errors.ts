/**
 * The error of all protocol rules. `description` goes over the wire, `detail` only into the log. Each endpoint decides once how it
 * responds: JSON, page or redirect.
 */

import { err } from './result.ts'

/**
 * RFC 6749 (4.1.2.1, 5.2), RFC 6750 (3.1), RFC 7591 (3.2.2), RFC 8628 (3.5), RFC 8707 (2), OpenID Connect Core (3.1.2.6), RFC 9449
 * (5, 8), RFC 9470 (5).
 */
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
  | 'insufficient_user_authentication'
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

/** What an error page says beyond the code. */
interface PageWords {
  readonly cause?: 'redirect' | 'expired' | 'foreign' | 'rule' | 'role' | 'weak' | 'waiting' | 'unlisted' | 'refused'
  /** The website of the app (`client_uri`), where the person may begin again. */
  readonly tryAgain?: string | undefined
}

export class OAuthError extends Error {
  readonly code: OAuthErrorCode
  readonly description: string
  /** HTTP status of the response; not used for redirects. */
  readonly status: number
  /** For the log only: the client must not learn it. */
  readonly detail: string | undefined
  /** What a rule denied, in words, if one did: for the log and the audit log only. */
  readonly denial: string | undefined
  readonly page: PageWords | undefined

  constructor(
    code: OAuthErrorCode,
    description: string,
    options: { status?: number; detail?: string; denial?: string; page?: PageWords } = {},
  ) {
    super(`${code}: ${description}`)
    this.name = 'OAuthError'
    this.code = code
    this.description = description
    this.status = options.status ?? defaultStatus(code)
    this.detail = options.detail ?? options.denial
    this.denial = options.denial
    this.page = options.page
  }
}

/** A `Result` that is an `OAuthError`. */
export interface Refusal {
  readonly ok: false
  readonly error: OAuthError
}

export const refuse = (code: OAuthErrorCode, description: string, options?: ConstructorParameters<typeof OAuthError>[2]): Refusal =>
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

/** The JSON body of an error (RFC 6749 section 5.2). */
export function errorBody(error: OAuthError): { error: OAuthErrorCode; error_description: string } {
  return { error: error.code, error_description: wireText(error.description) }
}

/** Replaces what RFC 6749 section 5.2 doesn't allow in `error_description`: only %x20-21 / %x23-5B / %x5D-7E. */
export function wireText(text: string): string {
  return text.replace(/["\\]/g, "'").replace(/[^\x20-\x7E]/g, '?')
}
