/** A signing key as it is kept. Instants are milliseconds since the epoch. */

/** How our tokens may be signed. */
export type SigningAlg = 'ES256' | 'RS256' | 'PS256' | 'EdDSA'

/** A signing key as it is kept: the private part encrypted. */
export interface StoredKey {
  readonly kid: string
  readonly alg: SigningAlg
  readonly generation: number
  readonly publicJwk: string
  /** Absent once the key never signs again. */
  readonly encryptedPrivateJwk?: string | undefined
  readonly createdAt: number
  /** From when on it signs; until its successor does. */
  readonly activeAt: number
  /** From when on nobody may trust it. */
  readonly revokedAt?: number | undefined
}
