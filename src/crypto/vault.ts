/** Seals what is kept with SECRET, and opens what SECRET or SECRET_PREVIOUS has sealed. */
import { StorageRefused } from '../storage/storage.ts'
import { decrypt, deriveKey, encrypt } from './secret.ts'

export interface Vault {
  encrypt(plain: string): string
  /** @throws {StorageRefused} if neither secret is the one that sealed it */
  decrypt(sealed: string): string
  /** Whether SECRET doesn't open it, but SECRET_PREVIOUS does. */
  isStale(sealed: string): boolean
}

/** @param previous the secret before, which may have sealed what is there already */
export function createVault(secret: string, previous: string | undefined): Vault {
  const [key, ...others] = [secret, ...(previous === undefined ? [] : [previous])].map((each) => deriveKey(each, 'signing keys')) as [
    Buffer,
    ...Buffer[],
  ]

  return {
    encrypt: (plain) => encrypt(plain, key),
    decrypt(sealed) {
      const plain = [key, ...others].map((each) => tryOpen(sealed, each)).find((opened) => opened !== undefined)
      if (plain !== undefined) return plain
      throw new StorageRefused(
        'SECRET (or the secret file beside the database) is not the one that encrypted the signing keys in it: bring back the earlier one, or set SECRET_PREVIOUS to it.',
      )
    },
    isStale: (sealed) => tryOpen(sealed, key) === undefined && others.some((each) => tryOpen(sealed, each) !== undefined),
  }
}

function tryOpen(sealed: string, key: Buffer): string | undefined {
  try {
    return decrypt(sealed, key)
  } catch {
    return undefined
  }
}
