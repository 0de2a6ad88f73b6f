/**
 * Who may come in by a provider: every login and every re-check asks `admit`. People whom an operator made or invited come in without a
 * rule; of the others, one rule must hold at this moment.
 */
import type { IdentityClaims } from '../provider/identity.ts'
import type { Provider } from '../provider/provider.ts'
import type { AdmissionRule } from './admission-rule.ts'
import { claimAt, claimHas } from './claim-path.ts'
import { parseAddress, parseDomain } from './mail-address.ts'

/** Somebody at the door, as the provider describes them. */
export interface Applicant {
  readonly provider: Pick<Provider, 'name' | 'kind'>
  readonly claims: IdentityClaims
}

/**
 * Why nobody was let in. `no-rules`: there are none, so only people who exist or were invited come in. `unverified`: a rule names the
 * address or its domain, but the provider doesn't vouch for the address. `guest`: a guest of the tenant. `overage`: the provider left the
 * groups out, because there are too many. `no-match`: no rule names them.
 */
export type RefusalReason = 'no-rules' | 'unverified' | 'guest' | 'overage' | 'no-match'

export type Admission =
  | { readonly admitted: true; /** The rule that holds; `known` for people who need none. */ readonly by: string }
  | {
      readonly admitted: false
      readonly reason: RefusalReason
      /** The rules that people of this provider could meet. */
      readonly missing: readonly string[]
    }

/** `by` of people who need no rule. */
export const KNOWN = 'known'

/**
 * @param known whether an operator made or invited this person: they need no rule
 */
export function admit(applicant: Applicant, rules: readonly AdmissionRule[], known = false): Admission {
  if (known) return { admitted: true, by: KNOWN }
  const verdicts = rules.map((rule) => ({ rule, verdict: compare(applicant, rule) }))
  const holding = verdicts.find(({ verdict }) => verdict === 'holds')
  if (holding !== undefined) return { admitted: true, by: holding.rule.text }
  if (rules.length === 0) return { admitted: false, reason: 'no-rules', missing: [] }
  const missing = verdicts.filter(({ verdict }) => verdict !== 'foreign').map(({ rule }) => rule.text)
  const reason = (['unverified', 'guest', 'overage'] as const).find((each) => verdicts.some(({ verdict }) => verdict === each))
  return { admitted: false, reason: reason ?? 'no-match', missing }
}

/** Whether a rule holds of somebody, whether they need it or not. */
export const holds = (applicant: Applicant, rule: AdmissionRule): boolean => compare(applicant, rule) === 'holds'

/** `foreign`: of another provider, or of another kind of provider. */
type Verdict = 'holds' | 'unverified' | 'guest' | 'overage' | 'differs' | 'foreign'

/** Which kind of provider says what a rule is about; whatever another kind of provider is called, its word doesn't count. */
const SAID_BY = { hd: 'google', org: 'github', team: 'github', tenant: 'microsoft' } as const

/** Whether nobody who comes by this provider can meet the rule. */
export function isForeign(rule: AdmissionRule, provider: Applicant['provider']): boolean {
  if (rule.kind === 'email' || rule.kind === 'domain') return false
  return rule.provider !== provider.name || (rule.kind !== 'claim' && SAID_BY[rule.kind] !== provider.kind)
}

function compare({ provider, claims }: Applicant, rule: AdmissionRule): Verdict {
  if (rule.kind === 'email' || rule.kind === 'domain') {
    const address = parseAddress(claims.email ?? '')
    if (address === undefined || (rule.kind === 'email' ? address.address : address.domain) !== rule.value) return 'differs'
    return claims.emailVerified ? 'holds' : 'unverified'
  }
  if (isForeign(rule, provider)) return 'foreign'
  switch (rule.kind) {
    case 'hd':
      return either(claims.hostedDomain !== undefined && parseDomain(claims.hostedDomain) === rule.value)
    case 'org':
      return either(claims.organizations.some((each) => each.toLowerCase() === rule.value))
    case 'team':
      return either(claims.teams.some((each) => each.toLowerCase() === rule.value))
    case 'tenant':
      if (claims.tenant?.toLowerCase() !== rule.value) return 'differs'
      return isGuest(claims) ? 'guest' : 'holds'
    case 'claim': {
      if (claimHas(claimAt(claims.named, rule.path), rule.value)) return 'holds'
      return isLeftOut(claims, rule.path) ? 'overage' : 'differs'
    }
  }
}

const either = (holds: boolean): Verdict => (holds ? 'holds' : 'differs')

/** Entra marks people of other tenants by `acct`, where that claim is switched on, by their home's `idp`, or in their name. */
function isGuest({ issuer, username, named }: IdentityClaims): boolean {
  const { acct, idp, upn } = named
  const isElsewhere = typeof idp === 'string' && idp !== issuer
  return acct === 1 || acct === '1' || isElsewhere || [upn, username].some((each) => typeof each === 'string' && /#ext#/i.test(each))
}

/** OpenID Connect Core section 5.6.2: a claim that is to be fetched elsewhere, as Entra does with more than 200 groups. */
function isLeftOut({ named }: IdentityClaims, path: string): boolean {
  const [name = ''] = path.slice(1).split('/')
  return claimAt(named, `/_claim_names/${name}`) !== undefined
}
