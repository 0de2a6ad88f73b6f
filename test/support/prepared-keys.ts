/**
 * RSA keys that were made once on this machine, for the apps of tests: making one costs more CPU than most tests. They are
 * kept in node_modules/.cache. Apps of one test file take turns, so that those that a test compares have different ones.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { StoredKey } from '#src/domain/key/stored-key.ts'
import { makeKey } from '#src/crypto/signing-key.ts'
import { createVault } from '#src/crypto/vault.ts'
import type { Keys } from '#src/storage/storage.ts'

/** More than the apps of any one test. */
const PREPARED = 24
const FOLDER = fileURLToPath(new URL('../../node_modules/.cache/rsa-keys/', import.meta.url))
const FIRST = { alg: 'RS256', generation: 1, activeAt: 0 } as const
const unsealed = { encrypt: (plain: string) => plain, decrypt: (plain: string) => plain, opens: () => true, isStale: () => false }

/** Processes that run side by side begin at different ones. */
let next = process.pid

/** Stores a key as the first start of a server would, if there is none yet: what loads the keys then finds it. */
export async function insertPreparedKey(store: Keys, secret: string, now: number): Promise<void> {
  if ((await store.list()).length > 0) return
  const key = await preparedKey(next++ % PREPARED)
  await store.insert({
    ...key,
    encryptedPrivateJwk: createVault(secret, undefined).encrypt(key.encryptedPrivateJwk!),
    createdAt: now,
    activeAt: now,
  })
}

async function preparedKey(number: number): Promise<StoredKey> {
  const file = `${FOLDER}${number}.json`
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as StoredKey
  } catch {
    const key = await makeKey(FIRST, unsealed, 0)
    mkdirSync(FOLDER, { recursive: true })
    const own = `${file}.${process.pid}`
    writeFileSync(own, JSON.stringify(key))
    renameSync(own, file)
    return key
  }
}
