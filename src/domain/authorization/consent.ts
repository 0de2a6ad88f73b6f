/** A consent as it is stored. */

/** What a user has allowed a client. */
export interface Consent {
  readonly userId: string
  readonly clientId: string
  /** Permissions: a scope of a resource includes the resource (`permissions()`). */
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
}
