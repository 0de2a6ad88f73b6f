/** A signing key as it is stored. Instants are milliseconds since the epoch. */

/** How the server may sign its tokens. */
export type SigningAlg = 'ES256' | 'RS256' | 'PS256' | 'EdDSA'

export interface StoredKey {
  readonly kid: string
  readonly alg: SigningAlg
  readonly generation: number
  readonly publicJwk: string
  /** Absent once the key will never sign again. */
  readonly encryptedPrivateJwk?: string | undefined
  readonly createdAt: number
  /** When the key starts to sign. It stops when its successor starts. */
  readonly activeAt: number
  /** Nobody may trust the key from this instant on. */
  readonly revokedAt?: number | undefined
}
