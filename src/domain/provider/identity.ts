/** Who somebody is at a provider: what the provider says, and what is kept of it. Instants are milliseconds since the epoch. */

/** What a provider says of somebody, in one form for all kinds; admission rules read nothing else. */
export interface IdentityClaims {
  readonly issuer: string
  /** The account's id there; of GitHub the number, of Microsoft tenant and object id. Never a name. */
  readonly subject: string
  /** In lower case, with the domain in ASCII. */
  readonly email?: string | undefined
  /** Whether the provider vouches that this person receives mail there, by the strict reading of its kind. */
  readonly emailVerified: boolean
  /** The company whose Google account this is (`hd`), in lower case. */
  readonly hostedDomain?: string | undefined
  /** The Microsoft tenant (`tid`). */
  readonly tenant?: string | undefined
  /** GitHub's organizations, in lower case. */
  readonly organizations: readonly string[]
  /** GitHub's teams as `organization/team`, in lower case. */
  readonly teams: readonly string[]
  /** What the person is called there: only to be shown, because names change hands. */
  readonly username?: string | undefined
  readonly name?: string | undefined
  readonly givenName?: string | undefined
  readonly familyName?: string | undefined
  readonly picture?: string | undefined
  readonly locale?: string | undefined
  /** Other claims as they came, for rules that name them. */
  readonly named: Readonly<Record<string, unknown>>
}

/** Which account at which provider belongs to a user. */
export interface Identity {
  readonly id: string
  readonly userId: string
  readonly providerId: string
  readonly issuer: string
  readonly subject: string
  /** Whether the provider let this person in: then nothing else does once it doesn't. */
  readonly managed: boolean
  /** What the provider said last. */
  readonly claims: IdentityClaims
  readonly encryptedRefreshToken?: string | undefined
  readonly linkedAt: number
  readonly lastLoginAt: number
  /** When a session or grant that came of it was last used, as far as that was noticed. */
  readonly lastUsedAt: number
  /** When the provider last said who this is, or that it is gone. */
  readonly lastCheckedAt: number
  /** Since when the provider can't be asked. */
  readonly unreachableSince?: number | undefined
  /** Since when it isn't admitted any more, and why. */
  readonly failedAt?: number | undefined
  readonly failure?: string | undefined
}
