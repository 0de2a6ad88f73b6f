/** Encrypts private keys with SECRET, and decrypts what SECRET or SECRET_PREVIOUS encrypted. */
import { StorageRefused } from '../storage/storage.ts'
import { decrypt, deriveKey, encrypt } from './secret.ts'

export interface Vault {
  encrypt(plain: string): string
  /** @throws {StorageRefused} if neither secret decrypts it */
  decrypt(encrypted: string): string
  /** Whether one of the secrets decrypts it. */
  opens(encrypted: string): boolean
  /** Whether only SECRET_PREVIOUS decrypts it. */
  isStale(encrypted: string): boolean
}

/** @param previous the previous secret, if it was changed */
export function createVault(secret: string, previous: string | undefined): Vault {
  const [key, ...others] = [secret, ...(previous === undefined ? [] : [previous])].map((each) => deriveKey(each, 'signing keys')) as [
    Buffer,
    ...Buffer[],
  ]

  return {
    encrypt: (plain) => encrypt(plain, key),
    decrypt(encrypted) {
      const plain = [key, ...others].map((each) => tryDecrypt(encrypted, each)).find((decrypted) => decrypted !== undefined)
      if (plain !== undefined) return plain
      throw new StorageRefused(
        'SECRET (or the secret file beside the database) is not the one that encrypted the signing keys in it: restore the previous one, or set SECRET_PREVIOUS to it.',
      )
    },
    opens: (encrypted) => [key, ...others].some((each) => tryDecrypt(encrypted, each) !== undefined),
    isStale: (encrypted) => tryDecrypt(encrypted, key) === undefined && others.some((each) => tryDecrypt(encrypted, each) !== undefined),
  }
}

function tryDecrypt(encrypted: string, key: Buffer): string | undefined {
  try {
    return decrypt(encrypted, key)
  } catch {
    return undefined
  }
}
