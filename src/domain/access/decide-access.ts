/**
 * Who may use which resource, and which of its scopes. Nothing else decides that: authorization, tokens, introspection and the gate ask
 * here (docs/access.md).
 */
import { ACR_VALUES } from '../authorization/authentication.ts'
import { MANAGEMENT_ID } from '../management/management.ts'
import type { Resource } from '../resource/resource.ts'
import { concerns } from './access-rule.ts'
import type { AccessRule, Asker } from './access-rule.ts'

/** What holds for a resource without a rule that allows somebody. */
export type AccessDefault = 'open' | 'closed'

export interface AccessPolicy {
  readonly fallback: AccessDefault
  rulesOf(resourceId: string): readonly AccessRule[]
  /** The values of `acr`, the weakest login first. */
  readonly ladder: readonly string[]
}

export interface Verdict {
  readonly allowed: boolean
  /** The id of the rule that decided, if one did. */
  readonly rule?: string | undefined
  /** The weakest login that would do, if a stronger one would. */
  readonly acr?: string | undefined
}

export interface Decision {
  /** Whether the resource may be used at all: of one with scopes, any scope. */
  readonly use: Verdict
  readonly scopes: ReadonlyMap<string, Verdict>
}

export function createAccessPolicy(
  rules: readonly AccessRule[],
  fallback: AccessDefault,
  ladder: readonly string[] = ACR_VALUES,
): AccessPolicy {
  const byResource = new Map<string, AccessRule[]>()
  for (const rule of rules) byResource.set(rule.resourceId, [...(byResource.get(rule.resourceId) ?? []), rule])
  return { fallback, ladder, rulesOf: (resourceId) => byResource.get(resourceId) ?? [] }
}

/** As long as there are no rules. */
export const EVERYBODY_MAY: AccessPolicy = createAccessPolicy([], 'open')

/** @param resource undefined for one that nobody registered, which has no rules */
export function decideAccess(
  { fallback, rulesOf, ladder }: AccessPolicy,
  resource: Pick<Resource, 'id' | 'scopes'> | undefined,
  asker: Asker,
): Decision {
  const rules = resource === undefined ? [] : rulesOf(resource.id)
  // Who may manage the server is a matter of roles.
  const isClosed = resource?.id !== MANAGEMENT_ID && (fallback === 'closed' || rules.some(({ effect }) => effect === 'allow'))
  const about = rules.filter((rule) => concerns(rule, asker))
  const rung = (acr = ''): number => ladder.indexOf(acr)

  /** About a scope, or the whole resource. */
  function verdictOn(scope?: string): Verdict {
    const covering = about.filter(({ scopes }) => scopes === undefined || (scope !== undefined && scopes.includes(scope)))
    const denying = covering.find(({ effect }) => effect === 'deny')
    if (denying !== undefined) return { allowed: false, rule: denying.id }
    if (!isClosed) return { allowed: true }
    // An acr that is no value here can't be reached.
    const allowing = covering.filter(({ acr }) => acr === undefined || rung(acr) >= 0).sort((one, other) => rung(one.acr) - rung(other.acr))
    const reached = allowing.find(({ acr }) => acr === undefined || rung(acr) <= rung(asker.acr))
    if (reached !== undefined) return { allowed: true, rule: reached.id }
    const [weakest] = allowing
    return weakest === undefined ? { allowed: false } : { allowed: false, rule: weakest.id, acr: weakest.acr }
  }

  const scopes = new Map((resource?.scopes ?? []).map(({ name }) => [name, verdictOn(name)]))
  return { use: scopes.size === 0 ? verdictOn() : best([...scopes.values()]), scopes }
}

/** What is allowed, or else says most: that a stronger login would do, or which rule denies. */
const best = (verdicts: readonly Verdict[]): Verdict =>
  verdicts.find(({ allowed }) => allowed) ??
  verdicts.find(({ acr }) => acr !== undefined) ??
  verdicts.find(({ rule }) => rule !== undefined) ??
  verdicts[0]!
