/**
 * How people log in, in terms of `amr` (RFC 8176) and `acr`, and what a login lacks. The values of `acr` are a ladder of three rungs, of
 * which each includes those below it: one factor, two factors, and two factors that can't be phished.
 */
import type { FactorNeeds } from '../user/factors.ts'

/** A login as tokens describe it. */
export interface Authentication {
  /** Names of RFC 8176 section 2. */
  readonly amr: readonly string[]
  readonly acr: string
}

/** A password or a provider, over TLS or on loopback (SAML Authentication Context section 3.4.9). */
const ONE_FACTOR = 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport'
/** OpenID Provider Authentication Policy Extension section 4. */
export const MULTI_FACTOR = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor'
/** A passkey (OpenID Connect Extended Authentication Profile ACR Values section 2). */
export const PHISHING_RESISTANT = 'phr'

/** The ladder, its lowest rung first. */
export const ACR_VALUES: readonly string[] = [ONE_FACTOR, MULTI_FACTOR, PHISHING_RESISTANT]

const rungOf = (acr: unknown): number => ACR_VALUES.findIndex((known) => known === acr)
const [TWO_FACTORS, NOT_PHISHED] = [rungOf(MULTI_FACTOR), rungOf(PHISHING_RESISTANT)]

export const PASSWORD_LOGIN = { acr: ONE_FACTOR, amr: ['pwd'] } as const satisfies Authentication

/** A passkey whose authenticator verified the person: possession, and a PIN or a body. Nothing attests that its key is in hardware. */
export const PASSKEY_AMR: readonly string[] = ['pop', 'user', 'mfa']
/** A one-time code, or a recovery code in its place, after another method. */
export const CODE_AMR: readonly string[] = ['otp', 'mfa']

/** What two methods amount to together. */
export const bothAmr = (first: readonly string[], second: readonly string[]): string[] => [...new Set([...first, ...second])]

/** The rung that methods reach together. */
export function acrOf(amr: readonly string[]): string {
  if (!amr.includes('mfa')) return ONE_FACTOR
  return amr.includes('pop') ? PHISHING_RESISTANT : MULTI_FACTOR
}

/** What a login is worth to access rules. Tokens may state less, because that is what the request wanted (`statedAcr`). */
export function reachedAcr({
  amr,
  acr,
}: {
  readonly amr?: readonly string[] | undefined
  readonly acr?: string | undefined
}): string | undefined {
  return amr === undefined ? acr : acrOf(amr)
}

export const isMultiFactor = ({ acr }: { readonly acr?: string | undefined }): boolean => rungOf(acr) >= TWO_FACTORS

/** How a request wants the user to have logged in. */
export interface WantedAcr {
  /** Any one of them satisfies the request. */
  readonly values: readonly unknown[]
  /** Whether the request must fail otherwise (OpenID Connect Core section 5.5.1.1). */
  readonly essential: boolean
}

/**
 * An acr that counts as essential: what a request calls so, and with a resource any. A voluntary one can be ignored when only an
 * id_token is issued (OpenID Connect Core section 5.5.1.1). With a resource it can't: the resource would refuse the token, and the
 * client would ask again for ever (RFC 9470 section 5).
 */
export const withResources = (wanted: WantedAcr | undefined, resources: readonly string[]): WantedAcr | undefined =>
  wanted && { ...wanted, essential: wanted.essential || resources.length > 0 }

/** Whether there is a login here that satisfies a request. */
export const isReachable = ({ values, essential }: WantedAcr): boolean => !essential || values.some((value) => rungOf(value) >= 0)

/** The `acr` that tokens state: one that the request wants, if the login includes it (OpenID Connect Core section 5.5.1.1). */
export function statedAcr(acr: string, wanted: WantedAcr | undefined): string {
  const included = (wanted?.values ?? []).map(rungOf).filter((rung) => rung >= 0 && rung <= rungOf(acr))
  return included.length === 0 ? acr : ACR_VALUES[Math.max(...included)]!
}

/**
 * What a login lacks: any second factor, a passkey, the setting up of a second factor by the person or (`locked`) with somebody's help,
 * or (`unmet`) what this person can't show.
 */
export type Missing = 'second-factor' | 'passkey' | 'set-up' | 'locked' | 'unmet'

export function missingFactor(
  acr: string,
  { hasCodes, hasPasskeys, isRequired, maySetUp }: FactorNeeds,
  wanted?: WantedAcr,
): Missing | undefined {
  const rung = rungOf(acr)
  const lacksSecond = isRequired && rung < TWO_FACTORS
  if (lacksSecond && !hasCodes && !hasPasskeys) return maySetUp ? 'set-up' : 'locked'
  const highest = Math.max(rung, hasPasskeys ? NOT_PHISHED : hasCodes ? TWO_FACTORS : 0)
  const asked = wanted?.values.map(rungOf).filter((value) => value >= 0) ?? []
  const reachable = asked.filter((value) => value <= highest)
  const next = reachable.length === 0 ? 0 : Math.min(...reachable)
  if (next > rung) return next === NOT_PHISHED ? 'passkey' : 'second-factor'
  if (lacksSecond) return 'second-factor'
  return wanted?.essential === true && reachable.length === 0 ? 'unmet' : undefined
}
