/** What is known about a user besides username and e-mail address (OpenID Connect Core section 5.1). */

/** OpenID Connect Core section 5.1.1. */
export interface Address {
  /** The full address, as on an envelope. */
  readonly formatted?: string | undefined
  readonly streetAddress?: string | undefined
  readonly locality?: string | undefined
  readonly region?: string | undefined
  readonly postalCode?: string | undefined
  readonly country?: string | undefined
}

export interface Profile {
  readonly name?: string | undefined
  readonly givenName?: string | undefined
  readonly familyName?: string | undefined
  readonly middleName?: string | undefined
  readonly nickname?: string | undefined
  /** URL of a page about the user. */
  readonly page?: string | undefined
  readonly picture?: string | undefined
  readonly website?: string | undefined
  readonly gender?: string | undefined
  /** `YYYY-MM-DD`, `YYYY`, or `0000-MM-DD`. */
  readonly birthdate?: string | undefined
  readonly zoneinfo?: string | undefined
  readonly locale?: string | undefined
  readonly phoneNumber?: string | undefined
  readonly phoneNumberVerified?: boolean | undefined
  readonly address?: Address | undefined
}
