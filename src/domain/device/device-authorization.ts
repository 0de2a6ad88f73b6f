/** A device authorization (RFC 8628) as it is stored. Instants are milliseconds since the epoch. */

export interface DeviceAuthorization {
  readonly deviceCodeHash: string
  /** The id of the future grant. */
  readonly grantId: string
  readonly userCodeHash: string
  readonly clientId: string
  /** The parameters of the request, unchanged. */
  readonly parameters: { readonly scope?: string | undefined; readonly resource?: string | string[] | undefined }
  readonly createdAt: number
  readonly expiresAt: number
  readonly decision?: 'allowed' | 'denied' | undefined
}
