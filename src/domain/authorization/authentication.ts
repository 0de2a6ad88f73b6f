/**
 * How people log in here, in the words of tokens. There is one way, so that `acr_values` never change how: `max_age` is
 * what asks for a fresher login (RFC 9470 section 4).
 */

/** A password, over TLS unless the server is reached from its own computer only (SAML Authentication Context section 3.4.9). */
export const PASSWORD_LOGIN = {
  acr: 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport',
  /** RFC 8176 section 2. */
  amr: ['pwd'],
} as const

export const ACR_VALUES: readonly string[] = [PASSWORD_LOGIN.acr]

/** How a request wants the person to have logged in. */
export interface WantedAcr {
  /** Any of these will do. */
  readonly values: readonly unknown[]
  /** Whether nothing else will (OpenID Connect Core section 5.5.1.1). */
  readonly essential: boolean
}

/**
 * Whether a login here can meet what a request wants, which is as good as absent to an id_token alone, unless it is
 * essential. A resource that asked for it would refuse the access token, though, and its client come back for ever (RFC
 * 9470 section 5).
 */
export function satisfiesAcr({ values, essential }: WantedAcr, resources: readonly string[]): boolean {
  return (!essential && resources.length === 0) || values.some((value) => ACR_VALUES.some((known) => known === value))
}
