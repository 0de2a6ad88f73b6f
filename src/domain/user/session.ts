/** A session as it is stored. Instants are milliseconds since the epoch. */

/** A logged-in browser. */
export interface Session {
  readonly idHash: string
  /** The id that clients know (OpenID Connect Back-Channel Logout section 2.1). It stays the same when the user logs in again. */
  readonly sid: string
  readonly userId: string
  readonly authTime: number
  readonly createdAt: number
  readonly lastSeenAt: number
  /** The latest end; an idle session ends earlier, depending on `lastSeenAt`. */
  readonly expiresAt: number
}
