/**
 * How users log in, in terms of `acr` and `amr`. There is one way, so `acr_values` can't ask for another; `max_age` can ask for
 * a fresher login (RFC 9470 section 4).
 */

/** A password over TLS, or on loopback (SAML Authentication Context section 3.4.9). */
export const PASSWORD_LOGIN = {
  acr: 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport',
  /** RFC 8176 section 2. */
  amr: ['pwd'],
} as const

export const ACR_VALUES: readonly string[] = [PASSWORD_LOGIN.acr]

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
