/** The signing keys: made at the first start, kept encrypted, published as a JWKS (RFC 7517). */
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK } from 'jose'
import type { CryptoKey, JWK } from 'jose'
import type { StoredKey } from '../domain/records.ts'
import type { Keys } from '../storage/storage.ts'
import { StorageRefused } from '../storage/storage.ts'
import { decrypt, deriveKey, encrypt } from './secret.ts'

export type SigningAlg = StoredKey['alg']
export const SIGNING_ALGS = ['ES256', 'RS256'] as const satisfies readonly SigningAlg[]

export interface SigningKey {
  readonly kid: string
  readonly alg: SigningAlg
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
  readonly publicJwk: JWK
}

export interface Keyset {
  /** The key that signs with `alg` now. */
  signingKey(alg: SigningAlg): SigningKey
  /** Any of our keys by its id; `undefined` for a stranger's. */
  find(kid: string): SigningKey | undefined
  readonly jwks: { readonly keys: readonly JWK[] }
}

/**
 * Loads the keys, and makes those that are missing. Nodes that start together agree on the key that was stored first.
 *
 * @throws {StorageRefused} if `secret` isn't the one that encrypted the stored keys
 */
export async function loadKeyset(store: Keys, secret: string, now: number): Promise<Keyset> {
  const encryptionKey = deriveKey(secret, 'signing keys')
  const stored = await store.list()
  const missing = SIGNING_ALGS.filter((alg) => stored.every((key) => key.alg !== alg))
  for (const alg of missing) await store.insert(await generate(alg, encryptionKey, now))
  const keys = await Promise.all((missing.length > 0 ? await store.list() : stored).map((key) => open(key, encryptionKey)))
  const byKid = new Map(keys.map((key) => [key.kid, key]))
  const newest = new Map(keys.map((key) => [key.alg, key])) // listed in order: the last of each wins
  return {
    signingKey: (alg) => newest.get(alg)!,
    find: (kid) => byKid.get(kid),
    jwks: { keys: keys.map((key) => key.publicJwk) },
  }
}

async function generate(alg: SigningAlg, encryptionKey: Buffer, createdAt: number): Promise<StoredKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true, modulusLength: 2048 })
  const jwk = await exportJWK(publicKey)
  const kid = await calculateJwkThumbprint(jwk)
  const publicJwk = { ...jwk, kid, alg, use: 'sig' }
  const encryptedPrivateJwk = encrypt(JSON.stringify(await exportJWK(privateKey)), encryptionKey)
  return { kid, alg, generation: 1, publicJwk: JSON.stringify(publicJwk), encryptedPrivateJwk, createdAt }
}

/** @throws {StorageRefused} if `secret` isn't the one that encrypted these private keys */
export function checkSecret(encryptedPrivateJwks: readonly string[], secret: string): void {
  const encryptionKey = deriveKey(secret, 'signing keys')
  for (const encrypted of encryptedPrivateJwks) readPrivateJwk(encrypted, encryptionKey)
}

async function open(key: StoredKey, encryptionKey: Buffer): Promise<SigningKey> {
  const { kid, alg } = key
  const publicJwk = JSON.parse(key.publicJwk) as JWK
  return {
    kid,
    alg,
    privateKey: (await importJWK(readPrivateJwk(key.encryptedPrivateJwk, encryptionKey), alg)) as CryptoKey,
    publicKey: (await importJWK(publicJwk, alg)) as CryptoKey,
    publicJwk,
  }
}

function readPrivateJwk(encrypted: string, encryptionKey: Buffer): JWK {
  try {
    return JSON.parse(decrypt(encrypted, encryptionKey)) as JWK
  } catch (cause) {
    throw new StorageRefused('SECRET (or the secret file beside the database) is not the one that encrypted the signing keys in it: bring back the earlier one.', { cause })
  }
}
