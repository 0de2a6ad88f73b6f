/** The signing keys: made at the first start, kept encrypted, published as a JWKS (RFC 7517), and followed where another node adds some. */
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK } from 'jose'
import type { CryptoKey, JWK } from 'jose'
import type { StoredKey } from '../domain/records.ts'
import type { Keys } from '../storage/storage.ts'
import { StorageRefused, StorageUnavailable } from '../storage/storage.ts'
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
  /** The same object until the keys change. */
  readonly jwks: { readonly keys: readonly JWK[] }
  /**
   * Sees to it that what the others tell is not older than `FOLLOW_MS`. While the database is away, they tell what they told before.
   *
   * @param kid the key that is asked for: if it is unknown here, another node may just have made it
   */
  follow(now: number, kid?: string): Promise<void>
}

/** The age, in ms, at which the keys are looked up again: so long a node may sign with an earlier key, or know a removed one. */
export const FOLLOW_MS = 60_000
/** How soon, in ms, an unknown key makes us look again: anybody can name one. */
export const MISSED_PAUSE_MS = 5_000

type Opened = ReadonlyMap<string, SigningKey>

/**
 * Loads the keys, and makes those that are missing. Nodes that start together agree on the key that was stored first.
 *
 * @throws {StorageRefused} if `secret` isn't the one that encrypted the stored keys
 */
export async function loadKeyset(store: Keys, secret: string, now: number): Promise<Keyset> {
  const encryptionKey = deriveKey(secret, 'signing keys')
  let byKid = await load(store, encryptionKey, now)
  let newest = newestOf(byKid)
  let jwks = jwksOf(byKid)
  let lookedAt = now
  let looking: Promise<void> | undefined

  async function look(at: number): Promise<void> {
    const found = await load(store, encryptionKey, at, byKid)
    const same = found.size === byKid.size && [...found.keys()].every((kid) => byKid.has(kid))
    byKid = found
    newest = newestOf(byKid)
    if (!same) jwks = jwksOf(byKid)
  }

  return {
    signingKey: (alg) => newest.get(alg)!,
    find: (kid) => byKid.get(kid),
    get jwks() {
      return jwks
    },
    async follow(at, kid) {
      const missed = kid !== undefined && !byKid.has(kid)
      if (looking === undefined && at - lookedAt < (missed ? MISSED_PAUSE_MS : FOLLOW_MS)) return
      lookedAt = at
      looking ??= look(at).finally(() => (looking = undefined))
      await looking.catch((error: unknown) => {
        if (!(error instanceof StorageUnavailable)) throw error
      })
    },
  }
}

/** All keys by their ids, the newest generation of each algorithm last; `opened` needn't be decrypted again. */
async function load(store: Keys, encryptionKey: Buffer, now: number, opened: Opened = new Map()): Promise<Opened> {
  const stored = await store.list()
  const missing = SIGNING_ALGS.filter((alg) => stored.every((key) => key.alg !== alg))
  for (const alg of missing) await store.insert(await generate(alg, encryptionKey, now))
  const all = missing.length > 0 ? await store.list() : stored
  const keys = await Promise.all(all.map((key) => opened.get(key.kid) ?? open(key, encryptionKey)))
  return new Map(keys.map((key) => [key.kid, key]))
}

/** Listed in order: the last of each algorithm wins. */
const newestOf = (keys: Opened): ReadonlyMap<SigningAlg, SigningKey> => new Map([...keys.values()].map((key) => [key.alg, key]))
const jwksOf = (keys: Opened): Keyset['jwks'] => ({ keys: [...keys.values()].map((key) => key.publicJwk) })

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
