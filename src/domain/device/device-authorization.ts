/** A device authorization (RFC 8628) as it is kept. Instants are milliseconds since the epoch. */

/** A device that waits for a person, or did (RFC 8628). */
export interface DeviceAuthorization {
  readonly deviceCodeHash: string
  /** The id that its grant will have. */
  readonly grantId: string
  readonly userCodeHash: string
  readonly clientId: string
  /** What it asked for, as it came. */
  readonly parameters: { readonly scope?: string | undefined; readonly resource?: string | string[] | undefined }
  readonly createdAt: number
  readonly expiresAt: number
  readonly decision?: 'allowed' | 'denied' | undefined
}
