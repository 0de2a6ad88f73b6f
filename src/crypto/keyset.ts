/** The signing keys of a node: generates missing ones, follows changes by other nodes, and publishes a JWKS (RFC 7517). */
import type { JWK } from 'jose'
import { FOLLOW_MS, isPublished, planKeys } from '../domain/key/key-schedule.ts'
import type { KeyPlan } from '../domain/key/key-schedule.ts'
import type { SigningAlg, StoredKey } from '../domain/key/stored-key.ts'
import { createSingleFlight } from '../domain/protocol/single-flight.ts'
import type { Keys } from '../storage/storage.ts'
import { StorageUnavailable } from '../storage/storage.ts'
import { newId, newSecret } from './random.ts'
import { deriveKey } from './secret.ts'
import { makeKey, openKey } from './signing-key.ts'
import type { SigningKey, VerifyingKey } from './signing-key.ts'
import { createVault } from './vault.ts'

/** Algorithms that every server needs. Keys for others are made when a client needs one. */
const FIRST_ALGS: readonly SigningAlg[] = ['ES256', 'RS256']

export interface Keyset {
  /** The key that signs with `alg` now. Makes one if there is none. */
  signingKey(alg: SigningAlg): Promise<SigningKey>
  /** One of our keys, which may be retired; `undefined` for an unknown or revoked one. */
  find(kid: string): VerifyingKey | undefined
  /** The same object until the keys change. */
  readonly jwks: { readonly keys: readonly JWK[] }
  /** The keys that sign now, and since when, in ms. */
  readonly signing: readonly { readonly alg: SigningAlg; readonly activeAt: number }[]
  /** The key of pairwise subjects (domain/client/subject.ts). It never changes. */
  readonly subjectKey: Buffer
  /** Seals the secrets of one-time codes. It never changes. */
  readonly codeKey: Buffer
  /**
   * Reloads the keys if the cached copy is older than `FOLLOW_MS`. Keeps serving the cached keys while the database is unreachable.
   *
   * @param now ms
   * @param kid the key that is needed: if it is unknown, another node may have just made it, so the keys are reloaded earlier
   */
  refresh(now: number, kid?: string): Promise<void>
  /** Makes the keys that are due, and deletes those that are over. Returns the new ones. `now` is ms. */
  rotateDue(now: number): Promise<readonly StoredKey[]>
}

export interface KeysetOptions {
  /** The previous secret, for keys that are still encrypted with it. They are re-encrypted with the current one. */
  readonly previousSecret?: string | undefined
  /** How long a key signs, in seconds. */
  readonly rotationInterval?: number | 'off'
  /** Who makes keys, for the audit log. */
  readonly actor?: string
}

/** How long to wait before an unknown key makes us reload again, in ms, because anybody can name one. */
export const MISSED_PAUSE_MS = 5_000

/**
 * Loads the keys, and makes the missing ones. Nodes that start together agree on the key that was stored first.
 *
 * @param secret at least 32 characters; encrypts the stored private keys
 * @param now ms
 * @throws {StorageRefused} if neither `secret` nor the previous one encrypted the stored keys
 */
export async function loadKeyset(
  store: Keys,
  secret: string,
  now: number,
  { previousSecret, rotationInterval = 'off', actor = 'server' }: KeysetOptions = {},
): Promise<Keyset> {
  const vault = createVault(secret, previousSecret)
  const algs = new Set(FIRST_ALGS)
  let byKid: ReadonlyMap<string, VerifyingKey | SigningKey> = new Map()
  let signers: ReadonlyMap<SigningAlg, SigningKey> = new Map()
  let jwks: Keyset['jwks'] = { keys: [] }
  let signing: Keyset['signing'] = []
  let reloadedAt = now
  let changesAt = Infinity
  const reloading = createSingleFlight<void>()

  /** Makes the keys that are due, unless another node has just made them; returns the plan for all keys afterwards. */
  async function ensureDue(at: number, interval: number | 'off'): Promise<{ plan: KeyPlan; made: StoredKey[] }> {
    const plan = planKeys(await store.list(), algs, at, interval)
    if (plan.due.length === 0) return { plan, made: [] }
    const made: StoredKey[] = []
    for (const due of plan.due) {
      const key = await makeKey(due, vault, at)
      const { kid, alg, generation, activeAt } = key
      const event = {
        id: newId(),
        at,
        name: 'key.made',
        actor,
        details: { kid, alg, signs_from: new Date(activeAt).toISOString() },
      } as const
      // The first key of an algorithm is no change to record.
      if (await store.insert(key, generation > 1 ? event : undefined)) made.push(key)
    }
    return { plan: planKeys(await store.list(), algs, at, 'off'), made }
  }

  /** Makes the keys of a plan the current ones. */
  function apply({ states, changesAt: next }: KeyPlan): void {
    const trusted = [...states].filter(([, state]) => state !== 'revoked')
    const opened = trusted.map(([key, state]) => [state, byKid.get(key.kid) ?? openKey(key, vault)] as const)
    const published = opened.filter(([state]) => isPublished(state)).map(([, { publicJwk }]) => publicJwk)
    byKid = new Map(opened.map(([, key]) => [key.kid, key]))
    signing = [...states].filter(([, state]) => state === 'current').map(([{ alg, activeAt }]) => ({ alg, activeAt }))
    signers = new Map(opened.filter(([state]) => state === 'current').map(([, key]) => [key.alg, key as SigningKey]))
    if (published.length !== jwks.keys.length || published.some(({ kid }, index) => kid !== jwks.keys[index]!.kid))
      jwks = { keys: published }
    changesAt = next
  }

  const reload = async (at: number): Promise<void> => apply((await ensureDue(at, 'off')).plan)

  /**
   * Re-encrypts with SECRET what SECRET_PREVIOUS encrypted. Returns the keys that never change, which are stored before anything
   * changes: that of pairwise subjects is derived once, from the secret of the first start.
   */
  async function reencrypt(): Promise<Pick<Keyset, 'subjectKey' | 'codeKey'>> {
    const privateKeys = (await store.list()).flatMap(({ encryptedPrivateJwk }) => encryptedPrivateJwk ?? [])
    const stale = privateKeys.filter((encrypted) => vault.isStale(encrypted))
    const derived = deriveKey(stale.length > 0 ? previousSecret! : secret, 'pairwise subjects').toString('base64url')
    const stored = await store.getOrInsertSecret('pairwise subjects', vault.encrypt(derived))
    const storedForCodes = await store.getOrInsertSecret('one-time codes', vault.encrypt(newSecret()))
    stale.push(...[stored, storedForCodes].filter((encrypted) => vault.isStale(encrypted)))
    for (const encrypted of stale) await store.reencrypt(encrypted, vault.encrypt(vault.decrypt(encrypted)))
    const open = (encrypted: string) => Buffer.from(vault.decrypt(encrypted), 'base64url')
    return { subjectKey: open(stored), codeKey: open(storedForCodes) }
  }

  const { subjectKey, codeKey } = await reencrypt()
  await reload(now)

  return {
    async signingKey(alg) {
      const known = signers.get(alg)
      if (known !== undefined) return known
      algs.add(alg)
      await reload(reloadedAt)
      return signers.get(alg)!
    },
    find: (kid) => byKid.get(kid),
    get jwks() {
      return jwks
    },
    get signing() {
      return signing
    },
    subjectKey,
    codeKey,
    async refresh(at, kid) {
      const missed = kid !== undefined && !byKid.has(kid)
      const fresh = at - reloadedAt < (missed ? MISSED_PAUSE_MS : FOLLOW_MS) && at < changesAt
      if (reloading.current === undefined && fresh) return
      reloadedAt = at
      changesAt = Infinity
      await reloading
        .join(() => reload(at))
        .catch((error: unknown) => {
          if (!(error instanceof StorageUnavailable)) throw error
        })
    },
    async rotateDue(at) {
      const { plan, made } = await ensureDue(at, rotationInterval)
      for (const { kid } of plan.spent) await store.deletePrivateKey(kid)
      for (const { kid } of plan.forgotten) await store.delete(kid)
      apply(plan)
      return made
    },
  }
}
