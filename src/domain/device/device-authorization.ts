/** A device authorization (RFC 8628) as it is stored. Instants are milliseconds since the epoch. */

export interface DeviceAuthorization {
  readonly deviceCodeHash: string
  /** The id of the future grant. */
  readonly grantId: string
  readonly userCodeHash: string
  readonly clientId: string
  /** The network that asked; its waiting devices are counted. */
  readonly network?: string | undefined
  /** The parameters of the request, unchanged; none once it has expired. */
  readonly parameters: { readonly scope?: string | undefined; readonly resource?: string | string[] | undefined }
  readonly createdAt: number
  readonly expiresAt: number
  readonly decision?: 'allowed' | 'denied' | undefined
}
