/** What an error page says: one cause and one advice, in the reader's words. The protocol's words are for developers. */
import type { OAuthError, OAuthErrorCode } from '../protocol/errors.ts'

/** Each has a sentence in every language. */
export const ERROR_CAUSES = [
  'client',
  'redirect',
  'request',
  'scope',
  'target',
  'unauthorized',
  'denied',
  'rule',
  'role',
  'weak',
  'waiting',
  'unlisted',
  'refused',
  'login',
  'expired',
  'foreign',
  'missing',
  'limited',
  'busy',
  'server',
] as const
export type ErrorCause = (typeof ERROR_CAUSES)[number]

/** What a person can do about it; each has a sentence in every language. */
export const ERROR_ADVICES = [
  'reconnect',
  'developer',
  'restart',
  'wait',
  'retry',
  'contact',
  'home',
  'return',
  'ask',
  'strengthen',
  'approval',
] as const
export type ErrorAdvice = (typeof ERROR_ADVICES)[number]

const BY_CODE: Partial<Record<OAuthErrorCode, ErrorCause>> = {
  invalid_client: 'client',
  unauthorized_client: 'unauthorized',
  invalid_scope: 'scope',
  invalid_target: 'target',
  access_denied: 'denied',
  login_required: 'login',
  consent_required: 'login',
  account_selection_required: 'login',
  interaction_required: 'login',
  unmet_authentication_requirements: 'login',
  temporarily_unavailable: 'busy',
  server_error: 'server',
}

const BY_STATUS: Readonly<Record<number, ErrorCause>> = { 404: 'missing', 405: 'missing', 429: 'limited', 500: 'server', 503: 'busy' }

const ADVICES: Readonly<Record<ErrorCause, ErrorAdvice>> = {
  client: 'reconnect',
  redirect: 'developer',
  request: 'developer',
  scope: 'developer',
  target: 'developer',
  unauthorized: 'developer',
  denied: 'restart',
  rule: 'ask',
  role: 'ask',
  weak: 'strengthen',
  waiting: 'approval',
  unlisted: 'ask',
  refused: 'ask',
  login: 'restart',
  expired: 'restart',
  foreign: 'restart',
  missing: 'home',
  limited: 'wait',
  busy: 'retry',
  server: 'contact',
}

/** By what threw it, else by its status, else by its code. */
export function causeOf({ code, status, page }: Pick<OAuthError, 'code' | 'status' | 'page'>): ErrorCause {
  return page?.cause ?? BY_STATUS[status] ?? BY_CODE[code] ?? 'request'
}

export const adviceOf = (cause: ErrorCause): ErrorAdvice => ADVICES[cause]
