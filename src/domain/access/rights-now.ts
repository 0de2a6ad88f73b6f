/**
 * What is left, under the rules of this moment, of what was asked or consented. A grant keeps what was consented: what a rule takes away
 * returns with it.
 */
import type { RequestedAccess, Target } from '../authorization/requested-access.ts'
import { BUILT_IN_SCOPES, permissionAt } from '../protocol/scope.ts'
import type { Resource } from '../resource/resource.ts'
import { scopeNames } from '../resource/resource-registry.ts'
import type { ResourceRegistry } from '../resource/resource-registry.ts'
import type { Grant } from '../token/grant.ts'
import type { Asker } from './access-rule.ts'
import { decideAccess } from './decide-access.ts'
import type { Decision, Verdict } from './decide-access.ts'

/** Why somebody may not use a resource, or some scopes of it. For operators only. */
export interface Denial extends Verdict {
  readonly resource: string
  /** Absent for the whole resource. */
  readonly scopes?: readonly string[]
  /** The logins that would do, each for some of it. */
  readonly stronger: readonly string[]
}

interface RightsAt {
  /** Undefined if the resource may not be used, or nothing is left of what was wanted there. */
  readonly scopes: readonly string[] | undefined
  readonly denial: Denial | undefined
}

/** What may be used at one resource. `wanted` are scopes of it; none, if none of them was named. */
function rightsAt({ use, scopes }: Decision, resource: string, wanted: readonly string[]): RightsAt {
  const verdictOf = (scope: string): Verdict => scopes.get(scope)!
  const refused = wanted.filter((scope) => !verdictOf(scope).allowed)
  const isNothing = !use.allowed || (wanted.length > 0 && refused.length === wanted.length)
  const denying = refused.map(verdictOf)
  const strongest = denying.find(({ acr }) => acr !== undefined) ?? denying[0]
  const stronger = (strongest === undefined ? [use, ...scopes.values()] : denying).flatMap(({ acr }) => acr ?? [])
  if (isNothing) return { scopes: undefined, denial: { resource, stronger, ...(strongest ?? use) } }
  const left = wanted.filter((scope) => verdictOf(scope).allowed)
  return { scopes: left, denial: strongest && { resource, scopes: refused, stronger, ...strongest } }
}

const isBuiltIn = (scope: string): boolean => BUILT_IN_SCOPES.some((known) => known === scope)

export interface AccessNow<Access extends RequestedAccess> {
  readonly access: Access
  readonly denials: readonly Denial[]
  /** Whether resources were asked for, and none may be used. */
  readonly isNothing: boolean
}

/** What a request may be given. A resource that has scopes appears with those that are allowed; one that may not be used is left out. */
export function accessNow<Access extends RequestedAccess>(
  asked: Access,
  asker: Asker,
  { access: policy }: ResourceRegistry,
): AccessNow<Access> {
  const denials: Denial[] = []
  const targets = asked.targets.flatMap((target): Target[] => {
    const { identifier, resource } = target
    const decision = decideAccess(policy, resource, asker)
    const wanted = [...decision.scopes.keys()].filter((scope) => asked.scopes.includes(scope))
    const { scopes, denial } = rightsAt(decision, identifier, wanted)
    if (denial !== undefined) denials.push(denial)
    if (scopes === undefined) return []
    return [resource === undefined ? target : { ...target, resource: only(resource, decision) }]
  })
  const theirs = targets.flatMap(({ resource }) => (resource === undefined ? [] : scopeNames(resource)))
  const scopes = asked.scopes.filter((scope) => isBuiltIn(scope) || theirs.includes(scope))
  return { access: { ...asked, targets, scopes }, denials, isNothing: asked.targets.length > 0 && targets.length === 0 }
}

/** The resource with the scopes that are allowed. */
const only = (resource: Resource, { scopes }: Decision): Resource => ({
  ...resource,
  scopes: resource.scopes.filter(({ name }) => scopes.get(name)!.allowed),
})

export interface GrantNow {
  /** With the permissions and resources that count now. */
  readonly grant: Grant
  readonly denials: readonly Denial[]
}

/** What a grant is worth now. */
export function grantNow(grant: Grant, asker: Asker, { access: policy, find }: ResourceRegistry): GrantNow {
  const denials: Denial[] = []
  const gone = new Set<string>()
  const resources = grant.resources.filter((identifier) => {
    const decision = decideAccess(policy, find(identifier), asker)
    const wanted = [...decision.scopes.keys()].filter((scope) => grant.scopes.includes(permissionAt(scope, identifier)))
    const { scopes, denial } = rightsAt(decision, identifier, wanted)
    if (denial !== undefined) denials.push(denial)
    for (const scope of wanted) if (scopes?.includes(scope) !== true) gone.add(permissionAt(scope, identifier))
    return scopes !== undefined
  })
  return { grant: { ...grant, resources, scopes: grant.scopes.filter((permission) => !gone.has(permission)) }, denials }
}

export interface ScopesNow {
  /** Undefined if the token opens nothing at its resource now. */
  readonly scopes: readonly string[] | undefined
  readonly denial: Denial | undefined
}

/** The scopes that a token has now, of those that it was issued with. A token for this server itself is no matter of rules. */
export function scopesNow(
  { aud, scopes }: { readonly aud: string; readonly scopes: readonly string[] },
  asker: Asker,
  { access: policy, find }: ResourceRegistry,
  issuer: string,
): ScopesNow {
  if (aud === issuer && find(aud) === undefined) return { scopes, denial: undefined }
  const decision = decideAccess(policy, find(aud), asker)
  const wanted = scopes.filter((scope) => decision.scopes.has(scope))
  const now = rightsAt(decision, aud, wanted)
  return { ...now, scopes: now.scopes && scopes.filter((scope) => !wanted.includes(scope) || now.scopes!.includes(scope)) }
}

/** A denial in words, for the log, the audit log and the command line. */
export function describeDenial({ resource, scopes, rule, acr }: Omit<Denial, 'stronger'>): string {
  const what = scopes === undefined ? resource : `${scopes.join(' ')} at ${resource}`
  if (acr !== undefined) return `${what}: rule ${rule} asks for a login of ${acr}`
  return rule === undefined ? `${what}: no rule allows it` : `${what}: denied by rule ${rule}`
}
