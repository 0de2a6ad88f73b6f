/** One signing key (RFC 7517): made, sealed to be kept, and opened to be used. */
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK } from 'jose'
import type { CryptoKey, JWK } from 'jose'
import type { DueKey } from '../domain/key-schedule.ts'
import type { SigningAlg, StoredKey } from '../domain/records.ts'
import type { Vault } from './vault.ts'

/** What recognises a signature of ours. */
export interface VerifyingKey {
  readonly kid: string
  readonly alg: SigningAlg
  readonly publicKey: CryptoKey
  readonly publicJwk: JWK
}

export interface SigningKey extends VerifyingKey {
  readonly privateKey: CryptoKey
}

export async function makeKey({ alg, generation, activeAt }: DueKey, vault: Vault, createdAt: number): Promise<StoredKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true, modulusLength: 2048 })
  const jwk = await exportJWK(publicKey)
  const kid = await calculateJwkThumbprint(jwk)
  const publicJwk = { ...jwk, kid, alg, use: 'sig' }
  const encryptedPrivateJwk = vault.seal(JSON.stringify(await exportJWK(privateKey)))
  return { kid, alg, generation, publicJwk: JSON.stringify(publicJwk), encryptedPrivateJwk, createdAt, activeAt }
}

/** @throws {StorageRefused} if the vault can't open the private part */
export async function openKey({ kid, alg, publicJwk: text, encryptedPrivateJwk: sealed }: StoredKey, vault: Vault): Promise<VerifyingKey | SigningKey> {
  const publicJwk = JSON.parse(text) as JWK
  return {
    kid,
    alg,
    publicKey: (await importJWK(publicJwk, alg)) as CryptoKey,
    publicJwk,
    ...(sealed !== undefined && { privateKey: (await importJWK(JSON.parse(vault.open(sealed)) as JWK, alg)) as CryptoKey }),
  }
}
