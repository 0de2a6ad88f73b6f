/** A pending back-channel logout as it is stored. */

/** A client to notify when the session ends (OpenID Connect Back-Channel Logout section 2.3). */
export interface LogoutNotice {
  readonly sid: string
  readonly clientId: string
  readonly userId: string
  /** As in the grant. */
  readonly sector?: string | undefined
}
