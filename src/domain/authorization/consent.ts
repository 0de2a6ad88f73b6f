/** A consent as it is kept. */

/** What a person allowed a client before. A scope of a resource stands there with the resource: `permissions()`. */
export interface Consent {
  readonly userId: string
  readonly clientId: string
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
}
