/** A pending back-channel logout as it is kept. */

/** Somebody to be told when a session ends: a client that took part in it (OpenID Connect Back-Channel Logout section 2.3). */
export interface LogoutNotice {
  readonly sid: string
  readonly clientId: string
  readonly userId: string
}
