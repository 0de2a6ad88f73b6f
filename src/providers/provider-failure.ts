/** What went wrong at a provider, in the words of the log and of the operator: no token, code or secret is among them. */
import * as oidc from 'openid-client'
import { plainText } from '../domain/protocol/text.ts'
import { ProviderUnreachable } from '../fetch/provider-fetch.ts'
import type { ProviderFailure } from './provider-client.ts'

/** Longest text of a provider that is repeated. */
const MAX_REASON = 300

/** Errors of an authorization response with which a person, or the provider's rules, said no (OpenID Connect Core section 3.1.2.6). */
const DENIALS = ['access_denied', 'interaction_required', 'login_required', 'account_selection_required', 'consent_required']

export function failureOf(error: unknown): ProviderFailure {
  const chain = causesOf(error)
  const unreachable = chain.find((each) => each instanceof ProviderUnreachable)
  if (unreachable !== undefined) return { kind: 'unreachable', reason: unreachable.message }
  for (const each of chain) {
    if (each instanceof oidc.AuthorizationResponseError)
      return { kind: DENIALS.includes(each.error) ? 'denied' : 'refused', reason: reasonOf(each.error, each.error_description) }
    // RFC 6749 section 5.2: only this is about the token; others are about us, such as a client secret that has expired.
    if (each instanceof oidc.ResponseBodyError)
      return {
        kind: 'refused',
        reason: reasonOf(each.error, each.error_description),
        ...(each.error === 'invalid_grant' && { ended: true as const }),
      }
  }
  return { kind: 'invalid', reason: plainText(chain.map(({ message }) => message).join(': '), MAX_REASON) }
}

const reasonOf = (error: string, description = ''): string => plainText(`the provider answered ${error} ${description}`, MAX_REASON)

function causesOf(error: unknown): Error[] {
  return error instanceof Error ? [error, ...causesOf(error.cause)] : []
}
