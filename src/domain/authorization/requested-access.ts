/** What an authorization request asks for: scopes, and the resources they are for (RFC 8707 section 2.1). */
import type { AuthorizationParameters } from '../../schemas/authorization.ts'
import { claimScopes, restrictClaims } from './claims-request.ts'
import type { RequestedClaims } from './claims-request.ts'
import type { OAuthError } from '../protocol/errors.ts'
import { userClaims } from '../user/user-claims.ts'
import type { Client } from '../client/client.ts'
import { MANAGEMENT_ID, managementRole } from '../management/management.ts'
import type { UserProfile } from '../user/user.ts'
import { wordsOf } from '../resource/resource.ts'
import type { Resource } from '../resource/resource.ts'
import { sha256 } from '../protocol/sha256.ts'
import { invalidTarget, isResource, resourceKey } from '../protocol/resource-indicator.ts'
import { scopeNames } from '../resource/resource-registry.ts'
import type { ResourceRegistry } from '../resource/resource-registry.ts'
import { ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'
import { BUILT_IN_SCOPES, grantableScopes, parseRequestedScope, permissionAt } from '../protocol/scope.ts'

/** A resource that tokens may be for: its URI as registered, or as the request spells it if it isn't registered. */
export interface Target {
  readonly identifier: string
  readonly resource?: Resource | undefined
}

/** The parameters that name them, in any kind of request. */
export type AccessParameters = { [name in 'scope' | 'resource']?: AuthorizationParameters[name] | undefined }

export interface RequestedAccess {
  readonly scopes: readonly string[]
  readonly targets: readonly Target[]
  /** Claims about the user that the request asks for by name, besides the scopes. */
  readonly claims?: RequestedClaims | undefined
}

export function parseRequestedAccess(
  { scope, resource }: AccessParameters,
  client: Client,
  registry: ResourceRegistry,
  claims?: RequestedClaims,
): Result<RequestedAccess, OAuthError> {
  const named = parseRequestedScope(scope)
  if (!named.ok) return named
  const requested = named.value
  const parsed = parseTargets(requested, resource, client, registry)
  if (!parsed.ok) return parsed
  const targets = parsed.value
  const theirs = targets.flatMap((target) => target.resource ?? []).flatMap(scopeNames)
  // A registration policy also limits scopes that need no registration (threat-model.md T12).
  const allowed = client.origin === 'registration' ? client.policy?.scopes : undefined
  const supported = [...new Set([...BUILT_IN_SCOPES, ...theirs])].filter((name) => allowed?.includes(name) ?? true)
  const scopes = grantableScopes(requested, client.metadata.scopes, supported, [
    'offline_access',
    // A client that registered itself can't know what a resource will ask for later (step-up): the user decides.
    ...(client.origin === 'operator' ? [] : theirs),
  ])
  if (claims === undefined || !scopes.includes('openid')) return ok({ scopes, targets })
  // Asking for a claim must not get around the limits of its scope.
  const mayHave = (scope: string): boolean => grantableScopes([scope], client.metadata.scopes, supported).length > 0
  return ok({ scopes, targets, claims: restrictClaims(claims, mayHave) })
}

/** Scopes that most users have no claims for. */
const RARE_SCOPES = ['address', 'phone']

/**
 * What a request asks of one user, without the rare scopes for which the user has no claims. So nobody is asked to share an
 * address that isn't stored, and nobody has allowed to share one that is stored later.
 */
export function accessTo<Access extends RequestedAccess>(access: Access, user: UserProfile): Access {
  const unknown = RARE_SCOPES.filter((scope) => Object.keys(userClaims(user, [scope])).length === 0)
  const isKnown = (scope: string): boolean => !unknown.includes(scope)
  return { ...access, scopes: access.scopes.filter(isKnown), claims: restrictClaims(access.claims, isKnown) }
}

/** The resources that a request names, or else implies by its scopes. The error is `invalid_target`. */
export function parseTargets(
  requested: readonly string[],
  resource: AccessParameters['resource'],
  client: Client,
  registry: ResourceRegistry,
): Result<Target[], OAuthError> {
  const indicators = [resource ?? []].flat()
  if (!indicators.every(isResource)) return invalidTarget('resource must be an absolute URI without a fragment')
  const stranger = indicators.find((indicator) => !registry.accepts(indicator))
  if (stranger !== undefined) return invalidTarget(`${stranger} is not a resource that is registered here`)
  if (managementRole(client) === undefined && indicators.some((indicator) => registry.find(indicator)?.id === MANAGEMENT_ID))
    return invalidTarget('this client may not manage the server')
  return ok(indicators.length === 0 ? impliedTargets(requested, registry) : namedTargets(indicators, registry))
}

/**
 * What the user decides on: each scope, and each scope of claims that are asked for by name, at each resource that the tokens are
 * for. A scope of a resource also counts only in the words in which its operator described it.
 */
export function decisions({ scopes, targets, claims }: RequestedAccess): string[] {
  const asked = [...new Set([...scopes, ...claimScopes(claims)])]
  if (targets.length === 0) return asked
  return targets.flatMap(({ identifier, resource }) => {
    const described = new Map(resource?.scopes.map((scope) => [scope.name, sha256(JSON.stringify(wordsOf(scope)))]))
    // A scope of another resource only isn't asked for at this one.
    const here = asked.filter((name) => described.has(name) || !isScopeOfResource(name, targets))
    return here.map((name) => [permissionAt(name, identifier), described.get(name) ?? []].flat().join(' '))
  })
}

const isScopeOfResource = (scope: string, targets: readonly Target[]): boolean =>
  targets.some(({ resource }) => resource !== undefined && scopeNames(resource).includes(scope))

/**
 * The permissions of a request: each scope, and a resource's scope once for each resource that has it. A scope that is allowed
 * at one resource isn't allowed at another that has a scope of the same name.
 */
export function permissions({ scopes, targets }: RequestedAccess): string[] {
  return scopes.flatMap((scope) => {
    const owners = targets.filter(({ resource }) => resource !== undefined && scopeNames(resource).includes(scope))
    return owners.length === 0 ? [scope] : owners.map(({ identifier }) => permissionAt(scope, identifier))
  })
}

/** Each resource once, by its first spelling. */
function namedTargets(indicators: readonly string[], registry: ResourceRegistry): Target[] {
  const targets = new Map<string, Target>()
  for (const indicator of indicators) {
    const resource = registry.find(indicator)
    const key = resourceKey(indicator)
    if (!targets.has(key)) targets.set(key, { identifier: resource?.identifier ?? indicator, resource })
  }
  return [...targets.values()]
}

/** A client without resource indicators means the resource whose scopes it asks for, if there is exactly one. */
function impliedTargets(requested: readonly string[], { resources }: ResourceRegistry): Target[] {
  const meant = resources.filter((resource) => scopeNames(resource).some((scope) => requested.includes(scope)))
  return meant.length === 1 ? meant.map((resource) => ({ identifier: resource.identifier, resource })) : []
}
