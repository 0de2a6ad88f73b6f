/**
 * How people log in here, in the words of tokens. There is one way, so that a request's `acr_values` (voluntary, OpenID
 * Connect Core section 5.5.1.1) never change anything: `max_age` is what asks for a fresher login (RFC 9470 section 4).
 */

/** A password, over TLS unless the server is reached from its own computer only (SAML Authentication Context section 3.4.9). */
export const PASSWORD_LOGIN = {
  acr: 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport',
  /** RFC 8176 section 2. */
  amr: ['pwd'],
} as const

export const ACR_VALUES: readonly string[] = [PASSWORD_LOGIN.acr]
