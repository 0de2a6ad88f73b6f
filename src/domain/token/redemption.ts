/** Whether a request may redeem a code (RFC 6749 section 4.1.3, RFC 7636 section 4.6; threat-model.md T7, T9). */
import type { TokenRequest } from '../../schemas/token.ts'
import { refuse } from '../protocol/errors.ts'
import type { OAuthError, Refusal } from '../protocol/errors.ts'
import { verifyCodeVerifier } from '../protocol/pkce.ts'
import type { AuthorizationCode, Grant } from './grant.ts'
import type { ResourceRegistry } from '../resource/resource-registry.ts'
import type { Result } from '../protocol/result.ts'
import { narrowTarget } from './token-target.ts'
import type { TokenTarget } from './token-target.ts'

/** Checks everything but expiry and reuse, which the storage's `redeem` checks. */
export function checkRedemption(
  code: AuthorizationCode,
  grant: Grant,
  clientId: string,
  form: TokenRequest,
  registry: ResourceRegistry,
): Result<TokenTarget, OAuthError> {
  if (grant.clientId !== clientId) return invalidGrant('the code belongs to another client')
  if (form.redirect_uri !== undefined && form.redirect_uri !== code.redirectUri) {
    return invalidGrant('redirect_uri differs from the one of the authorization request')
  }
  // Clients of OAuth 2.1 don't send it: PKCE does its work (draft-ietf-oauth-v2-1 section 10.2).
  if (form.redirect_uri === undefined && code.redirectUriGiven && code.codeChallenge === undefined) {
    return invalidGrant('redirect_uri is required, because the authorization request named one and used no PKCE')
  }
  if (code.codeChallenge === undefined) {
    if (form.code_verifier !== undefined)
      return invalidGrant('code_verifier was sent, but the authorization request held no code_challenge')
  } else if (form.code_verifier === undefined) {
    return invalidGrant('code_verifier is required: the authorization request held a code_challenge')
  } else if (!verifyCodeVerifier(code.codeChallenge, form.code_verifier)) {
    return invalidGrant('code_verifier does not match the code_challenge')
  }
  return narrowTarget(grant, form, registry, false)
}

export function invalidGrant(description: string): Refusal {
  return refuse('invalid_grant', description)
}
