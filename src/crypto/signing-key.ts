/** Generates a signing key (RFC 7517), encrypted for storage, and opens a stored one for use. */
import { createPrivateKey, createPublicKey } from 'node:crypto'
import type { JsonWebKey, KeyObject } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import type { JWK } from 'jose'
import type { DueKey } from '../domain/key/key-schedule.ts'
import type { SigningAlg, StoredKey } from '../domain/key/stored-key.ts'
import type { Vault } from './vault.ts'

export interface VerifyingKey {
  readonly kid: string
  readonly alg: SigningAlg
  readonly publicKey: KeyObject
  readonly publicJwk: JWK
}

export interface SigningKey extends VerifyingKey {
  readonly privateKey: KeyObject
}

export async function makeKey({ alg, generation, activeAt }: DueKey, vault: Vault, createdAt: number): Promise<StoredKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true, modulusLength: 2048 })
  const jwk = await exportJWK(publicKey)
  const kid = await calculateJwkThumbprint(jwk)
  const publicJwk = { ...jwk, kid, alg, use: 'sig' }
  const encryptedPrivateJwk = vault.encrypt(JSON.stringify(await exportJWK(privateKey)))
  return { kid, alg, generation, publicJwk: JSON.stringify(publicJwk), encryptedPrivateJwk, createdAt, activeAt }
}

/** @throws {StorageRefused} if the vault can't decrypt the private key */
export function openKey({ kid, alg, publicJwk: text, encryptedPrivateJwk: encrypted }: StoredKey, vault: Vault): VerifyingKey | SigningKey {
  const publicJwk = JSON.parse(text) as JWK
  return {
    kid,
    alg,
    publicKey: createPublicKey({ key: publicJwk as JsonWebKey, format: 'jwk' }),
    publicJwk,
    ...(encrypted !== undefined && {
      privateKey: createPrivateKey({ key: JSON.parse(vault.decrypt(encrypted)) as JsonWebKey, format: 'jwk' }),
    }),
  }
}
