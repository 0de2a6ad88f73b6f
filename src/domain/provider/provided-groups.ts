/** The groups that somebody is in because a provider, or an admission rule, says so. */
import { holds } from '../admission/admission.ts'
import type { Applicant } from '../admission/admission.ts'
import { storedRules } from '../admission/admission-rule.ts'
import type { StoredAdmissionRule } from '../admission/admission-rule.ts'
import { claimAt } from '../admission/claim-path.ts'
import type { Provider } from './provider.ts'

/** What the claim that the operator named says. A provider that leaves it out, as some do where there are too many, says none. */
export function groupsBy({ settings }: Pick<Provider, 'settings'>, { claims }: Pick<Applicant, 'claims'>): string[] {
  const claim = settings.groups === undefined ? undefined : claimAt(claims.named, settings.groups)
  return (Array.isArray(claim) ? claim : [claim]).filter((each) => typeof each === 'string')
}

/** Those of all rules that hold, whether one of them was needed or not. */
export const groupsByRules = (applicant: Applicant, rules: readonly StoredAdmissionRule[]): string[] =>
  rules.flatMap(({ rule, group }) => (group !== undefined && storedRules([rule]).some((each) => holds(applicant, each)) ? [group] : []))
