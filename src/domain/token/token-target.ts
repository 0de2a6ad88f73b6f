/** What an access token is for: one resource, and the scopes that belong there (RFC 8707 section 2.2). */
import type { TokenRequest } from '../../schemas/token.ts'
import { refuse } from '../protocol/errors.ts'
import type { OAuthError } from '../protocol/errors.ts'
import type { Client } from '../client/client.ts'
import type { Grant } from './grant.ts'
import type { Resource } from '../resource/resource.ts'
import { parseTargets } from '../authorization/requested-access.ts'
import { invalidTarget, resourceKey } from '../protocol/resource-indicator.ts'
import { scopeNames } from '../resource/resource-registry.ts'
import type { ResourceRegistry } from '../resource/resource-registry.ts'
import { ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'
import { BUILT_IN_SCOPES, grantableScopes, isSubset, parseRequestedScope, permissionAt, permittedScopes } from '../protocol/scope.ts'

export interface TokenTarget {
  readonly scopes: readonly string[]
  /** `undefined` if no resource was granted; then the issuer is the audience. */
  readonly audience: string | undefined
  /** The registered resource that the audience names. */
  readonly resource: Resource | undefined
  /** The user's groups, as far as the resource learns them. */
  readonly groups?: readonly string[] | undefined
}

/**
 * The target of a token within its grant. Scopes that weren't granted for this audience, or that it no longer has, are dropped
 * (RFC 8707 section 2.2). The built-in ones stay, because UserInfo accepts every access token.
 *
 * @param withScope whether the request may narrow the scope (RFC 6749 section 6: a refresh may, a code exchange has no such parameter)
 */
export function narrowTarget(
  grant: Grant,
  form: TokenRequest,
  registry: ResourceRegistry,
  withScope: boolean,
): Result<TokenTarget, OAuthError> {
  const chosen = chooseAudience(grant.resources, [form.resource ?? []].flat(), registry)
  if (!chosen.ok) return chosen
  const named = parseRequestedScope(withScope ? form.scope : undefined)
  if (!named.ok) return named
  const requested = named.value
  const granted = permittedScopes(grant.scopes)
  if (!isSubset(requested, granted)) return refuse('invalid_scope', 'scope exceeds what was granted')
  const resource = chosen.value === undefined ? undefined : registry.find(chosen.value)
  const theirs =
    resource === undefined ? [] : scopeNames(resource).filter((scope) => grant.scopes.includes(permissionAt(scope, resource.identifier)))
  const known: readonly string[] = [...BUILT_IN_SCOPES, ...theirs]
  const scopes = (requested.length === 0 ? granted : requested).filter((scope) => known.includes(scope))
  return ok({ scopes, audience: resource?.identifier ?? chosen.value, resource })
}

/**
 * The target of a token that a client gets for itself (RFC 6749 section 4.4): at most one resource, and those of its scopes that
 * the client registered. Never built-in scopes, which are about a user. Other scopes are dropped, as at /authorize; if none is left,
 * the error is `invalid_scope`.
 */
export function clientTarget(
  form: Pick<TokenRequest, 'scope' | 'resource'>,
  client: Client,
  registry: ResourceRegistry,
): Result<TokenTarget, OAuthError> {
  const named = parseRequestedScope(form.scope)
  if (!named.ok) return named
  const requested = named.value
  const targets = parseTargets(requested, form.resource, client, registry)
  if (!targets.ok) return targets
  const [target, ...others] = targets.value
  if (others.length > 0) return invalidTarget('an access token is for one resource: ask for each of the others by itself')
  const resource = target?.resource
  const scopes = grantableScopes(requested, client.metadata.scopes, resource === undefined ? [] : scopeNames(resource), [])
  if (requested.length > 0 && scopes.length === 0) return refuse('invalid_scope', 'a client can have none of these scopes for itself')
  return ok({ scopes, audience: target?.identifier, resource })
}

/**
 * One audience for each token, so that no resource can use a token at another one. A request that names none gets the first granted
 * one that the registry still accepts.
 */
function chooseAudience(
  granted: readonly string[],
  named: readonly string[],
  registry: ResourceRegistry,
): Result<string | undefined, OAuthError> {
  const [wanted, ...others] = new Set(named.map(resourceKey))
  if (others.length > 0) return invalidTarget('an access token is for one resource: name one, and refresh for each of the others')
  if (wanted === undefined && granted.length === 0) return ok(undefined)
  const audience = granted.filter(registry.accepts).find((candidate) => wanted === undefined || resourceKey(candidate) === wanted)
  return audience === undefined ? invalidTarget('resource was not granted, or is not registered any more') : ok(audience)
}
