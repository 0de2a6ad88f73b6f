/** A session as it is kept. Instants are milliseconds since the epoch. */

/** A logged-in browser. */
export interface Session {
  readonly idHash: string
  /** The name by which clients know it (OpenID Connect Back-Channel Logout section 2.1): kept when its person logs in again. */
  readonly sid: string
  readonly userId: string
  readonly authTime: number
  readonly createdAt: number
  readonly lastSeenAt: number
  /** The absolute end; the idle end follows from `lastSeenAt`. */
  readonly expiresAt: number
}
