/** Whether a code may be exchanged by this request (RFC 6749 section 4.1.3, RFC 7636 section 4.6; THREATS T7, T9). */
import type { TokenRequest } from '../schemas/token.ts'
import { OAuthError } from './errors.ts'
import { verifyCodeVerifier } from './pkce.ts'
import type { AuthorizationCode, Grant } from './records.ts'
import { narrowResources } from './resource.ts'
import { err, ok } from './result.ts'
import type { Result } from './result.ts'
import { isSubset, parseScope } from './scope.ts'

/** What a token is issued for. */
export interface TokenTarget {
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
}

/** Judges everything but time and reuse, which the storage's `redeem` decides. */
export function checkRedemption(code: AuthorizationCode, grant: Grant, clientId: string, form: TokenRequest): Result<TokenTarget, OAuthError> {
  if (grant.clientId !== clientId) return invalidGrant('the code belongs to another client')
  if (form.redirect_uri === undefined ? code.redirectUriGiven : form.redirect_uri !== code.redirectUri) {
    return invalidGrant('redirect_uri differs from the one of the authorization request')
  }
  if (code.codeChallenge === undefined) {
    if (form.code_verifier !== undefined) return invalidGrant('code_verifier was sent, but the authorization request held no code_challenge')
  } else if (form.code_verifier === undefined) {
    return invalidGrant('code_verifier is required: the authorization request held a code_challenge')
  } else if (!verifyCodeVerifier(code.codeChallenge, form.code_verifier)) {
    return invalidGrant('code_verifier does not match the code_challenge')
  }
  return narrowTarget(grant, form, false)
}

/**
 * Scopes and resources of a token within its grant.
 *
 * @param withScope whether the request may narrow the scope (RFC 6749 section 6: a refresh may, a code exchange has no such parameter)
 */
export function narrowTarget(grant: Grant, form: TokenRequest, withScope: boolean): Result<TokenTarget, OAuthError> {
  const resources = narrowResources(grant.resources, [form.resource ?? []].flat())
  if (resources === undefined) return err(new OAuthError('invalid_target', 'resource was not granted'))
  const requested = withScope ? parseScope(form.scope) : []
  if (requested.length === 0) return ok({ scopes: grant.scopes, resources })
  if (!isSubset(requested, grant.scopes)) return err(new OAuthError('invalid_scope', 'scope exceeds what was granted'))
  return ok({ scopes: requested, resources })
}

export function invalidGrant(description: string): { ok: false; error: OAuthError } {
  return err(new OAuthError('invalid_grant', description))
}
