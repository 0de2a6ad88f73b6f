/**
 * How people log in, in terms of `amr` (RFC 8176) and `acr`. The values of `acr` are a ladder of three rungs, of which each includes
 * those below it: one factor, two factors, and two factors that can't be phished.
 */

/** A login as tokens describe it. */
export interface Authentication {
  /** Names of RFC 8176 section 2. */
  readonly amr: readonly string[]
  readonly acr: string
}

/** A password or a provider, over TLS or on loopback (SAML Authentication Context section 3.4.9). */
const ONE_FACTOR = 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport'
/** OpenID Provider Authentication Policy Extension section 4. */
const MULTI_FACTOR = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor'
/** A passkey (OpenID Connect Extended Authentication Profile ACR Values section 2). */
const PHISHING_RESISTANT = 'phr'

/** The ladder, its lowest rung first. */
const LADDER: readonly string[] = [ONE_FACTOR, MULTI_FACTOR, PHISHING_RESISTANT]

/** What requests can ask for. */
export const ACR_VALUES: readonly string[] = [ONE_FACTOR]

export const PASSWORD_LOGIN = { acr: ONE_FACTOR, amr: ['pwd'] } as const satisfies Authentication

/** A passkey whose authenticator verified the person: possession, and a PIN or a body. Nothing attests that its key is in hardware. */
export const PASSKEY_AMR: readonly string[] = ['pop', 'user', 'mfa']

/** The rung that methods reach together. */
export function acrOf(amr: readonly string[]): string {
  if (!amr.includes('mfa')) return ONE_FACTOR
  return amr.includes('pop') ? PHISHING_RESISTANT : MULTI_FACTOR
}

export const isMultiFactor = ({ acr }: Pick<Authentication, 'acr'>): boolean => LADDER.indexOf(acr) >= LADDER.indexOf(MULTI_FACTOR)

/** How a request wants the user to have logged in. */
export interface WantedAcr {
  /** Any one of them satisfies the request. */
  readonly values: readonly unknown[]
  /** Whether the request must fail otherwise (OpenID Connect Core section 5.5.1.1). */
  readonly essential: boolean
}

/**
 * Whether a login here satisfies a request. A voluntary acr can be ignored when only an id_token is issued (OpenID Connect Core
 * section 5.5.1.1). With a resource it can't: the resource would refuse the token, and the client would ask again for ever (RFC
 * 9470 section 5).
 */
export function satisfiesAcr({ values, essential }: WantedAcr, resources: readonly string[]): boolean {
  return (!essential && resources.length === 0) || values.some((value) => ACR_VALUES.some((known) => known === value))
}
