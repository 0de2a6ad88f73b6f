/**
 * The exchange of a personal access token for a short JWT (RFC 8693), for MCP servers that verify signatures only. The reserved client asks
 * for it, which nobody can register, and which doesn't authenticate: the token is what counts. Never a refresh token.
 */
import { namedGroups } from '../domain/access/group.ts'
import { describeDenial, scopesNow } from '../domain/access/rights-now.ts'
import { schemeOf } from '../domain/dpop/dpop-token.ts'
import { refuse } from '../domain/protocol/errors.ts'
import type { OAuthError } from '../domain/protocol/errors.ts'
import { invalidTarget, resourceKey } from '../domain/protocol/resource-indicator.ts'
import { ok } from '../domain/protocol/result.ts'
import type { Result } from '../domain/protocol/result.ts'
import { formatScope, isSubset, parseRequestedScope, parseScope } from '../domain/protocol/scope.ts'
import { PERSONAL_TOKEN_CLIENT, personalTokenClaims } from '../domain/token/personal-token.ts'
import type { Resource } from '../domain/resource/resource.ts'
import type { TokenRequest, TokenResponse } from '../schemas/token.ts'
import type { HeldPersonalToken } from '../storage/storage.ts'
import type { GrantContext } from './grant.ts'

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const JWT = 'urn:ietf:params:oauth:token-type:jwt'

/** The longest life of what is issued, in seconds. */
const MAX_TTL = 300

type Found = HeldPersonalToken & { readonly resource: Resource }

/** @param find the live token of a text; it is asked each time, and so are the access rules */
export async function exchangePersonalToken(
  form: TokenRequest,
  { jwt, settings, registry, dpopJkt: jkt, newId }: GrantContext,
  find: (text: string) => Promise<Found | undefined>,
  now: number,
): Promise<Result<TokenResponse, OAuthError>> {
  const { subject_token: text, subject_token_type: kind, requested_token_type: wanted = ACCESS_TOKEN } = form
  if (text === undefined || kind === undefined) return refuse('invalid_request', 'subject_token and subject_token_type are required')
  if (kind !== ACCESS_TOKEN) return refuse('invalid_request', `subject_token_type must be ${ACCESS_TOKEN}`)
  if (wanted !== ACCESS_TOKEN && wanted !== JWT) return refuse('invalid_request', `requested_token_type must be ${ACCESS_TOKEN} or ${JWT}`)
  if (form.actor_token !== undefined) return refuse('invalid_request', 'actor_token is not supported')
  const found = await find(text)
  const ttl = found === undefined ? 0 : Math.min(MAX_TTL, Math.floor((found.token.expiresAt - now) / 1000))
  if (found === undefined || ttl < 1) return refuse('invalid_request', 'the subject token is unknown, expired or revoked')
  const { token, user, groups, resource } = found
  const named = [form.resource ?? [], form.audience ?? []].flat()
  if (named.some((name) => resourceKey(name) !== resourceKey(resource.identifier)))
    return invalidTarget('the subject token is for another resource')
  const iat = Math.floor(now / 1000)
  const issued = { issuer: settings.issuer, jti: newId(), iat, exp: iat + Math.min(ttl, resource.accessTokenTtl ?? MAX_TTL) }
  const whole = personalTokenClaims(token, resource, issued)
  const asker = { user: { id: user.id, groups }, clientId: PERSONAL_TOKEN_CLIENT }
  const { scopes, denial } = scopesNow({ aud: whole.aud, scopes: parseScope(whole.scope) }, asker, registry, settings.issuer)
  if (scopes === undefined)
    return refuse('invalid_target', 'the resource may not be used now', { ...(denial !== undefined && { denial: describeDenial(denial) }) })
  const narrowed = parseRequestedScope(form.scope)
  if (!narrowed.ok) return narrowed
  if (!isSubset(narrowed.value, scopes)) return refuse('invalid_scope', 'scope exceeds that of the subject token')
  const scope = formatScope(narrowed.value.length === 0 ? scopes : narrowed.value)
  const learned = namedGroups(resource, groups)
  const claims = { ...whole, scope, ...(learned !== undefined && { groups: learned }), ...(jkt !== undefined && { cnf: { jkt } }) }
  return ok({
    access_token: await jwt.signAccessToken(claims, resource.accessTokenAlg),
    issued_token_type: wanted,
    token_type: schemeOf(jkt),
    expires_in: claims.exp - claims.iat,
    scope,
  })
}
