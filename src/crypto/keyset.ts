/** The signing keys as a node uses them: made where they are missing, followed where another node changes some, published as a JWKS (RFC 7517). */
import type { JWK } from 'jose'
import { FOLLOW_MS, isPublished, planKeys } from '../domain/key/key-schedule.ts'
import type { KeyPlan } from '../domain/key/key-schedule.ts'
import type { SigningAlg, StoredKey } from '../domain/key/stored-key.ts'
import { createSingleFlight } from '../domain/protocol/single-flight.ts'
import type { Keys } from '../storage/storage.ts'
import { StorageUnavailable } from '../storage/storage.ts'
import { newId } from './random.ts'
import { deriveKey } from './secret.ts'
import { makeKey, openKey } from './signing-key.ts'
import type { SigningKey, VerifyingKey } from './signing-key.ts'
import { createVault } from './vault.ts'

/** What a server can't do without; the others are made when a client registers for them. */
const FIRST_ALGS: readonly SigningAlg[] = ['ES256', 'RS256']

export interface Keyset {
  /** The key that signs with `alg` now, which is made if there is none yet. */
  signingKey(alg: SigningAlg): Promise<SigningKey>
  /** Any of our keys by its id, retired ones too; `undefined` for a stranger's and for a revoked one. */
  find(kid: string): VerifyingKey | undefined
  /** The same object until the keys change. */
  readonly jwks: { readonly keys: readonly JWK[] }
  /** Makes the `sub` of pairwise clients: the same for ever. */
  readonly subjectKey: Buffer
  /**
   * Sees to it that what the others tell is not older than `FOLLOW_MS`. While the database is away, they tell what they told before.
   *
   * @param kid the key that is asked for: if it is unknown here, another node may just have made it
   */
  refresh(now: number, kid?: string): Promise<void>
  /** Does what the schedule asks for by now: it makes keys, and removes what is over. Returns those that were made. */
  rotateDue(now: number): Promise<readonly StoredKey[]>
}

export interface KeysetOptions {
  /** The secret that may have sealed what is stored; from now on `secret` does. */
  readonly previousSecret?: string | undefined
  /** How long a key signs, in seconds. */
  readonly rotationInterval?: number | 'off'
  /** Who makes keys, for the audit. */
  readonly actor?: 'server' | 'operator'
}

/** How soon, in ms, an unknown key makes us look again: anybody can name one. */
export const MISSED_PAUSE_MS = 5_000

/**
 * Loads the keys, and makes those that are missing. Nodes that start together agree on the key that was stored first.
 *
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
  let reloadedAt = now
  let changesAt = Infinity
  const reloading = createSingleFlight<void>()

  /** Makes what is due, if nobody else has; returns what is there then. */
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
      // The first of an algorithm is nothing that changes.
      if (await store.insert(key, generation > 1 ? event : undefined)) made.push(key)
    }
    return { plan: planKeys(await store.list(), algs, at, 'off'), made }
  }

  /** From now on the keys of `plan` are what the others tell. */
  function apply({ states, changesAt: next }: KeyPlan): void {
    const trusted = [...states].filter(([, state]) => state !== 'revoked')
    const opened = trusted.map(([key, state]) => [state, byKid.get(key.kid) ?? openKey(key, vault)] as const)
    const published = opened.filter(([state]) => isPublished(state)).map(([, { publicJwk }]) => publicJwk)
    byKid = new Map(opened.map(([, key]) => [key.kid, key]))
    signers = new Map(opened.filter(([state]) => state === 'current').map(([, key]) => [key.alg, key as SigningKey]))
    if (published.length !== jwks.keys.length || published.some(({ kid }, index) => kid !== jwks.keys[index]!.kid))
      jwks = { keys: published }
    changesAt = next
  }

  const reload = async (at: number): Promise<void> => apply((await ensureDue(at, 'off')).plan)

  /** What SECRET_PREVIOUS has sealed is sealed anew. The key of pairwise subjects first: it derives from the secret of the first start. */
  async function reencrypt(): Promise<Buffer> {
    const sealedKeys = (await store.list()).flatMap(({ encryptedPrivateJwk }) => encryptedPrivateJwk ?? [])
    const stale = sealedKeys.filter((sealed) => vault.isStale(sealed))
    const first = deriveKey(stale.length > 0 ? previousSecret! : secret, 'pairwise subjects').toString('base64url')
    const kept = await store.getOrInsertSecret('pairwise subjects', vault.encrypt(first))
    if (vault.isStale(kept)) stale.push(kept)
    for (const sealed of stale) await store.reencrypt(sealed, vault.encrypt(vault.decrypt(sealed)))
    return Buffer.from(vault.decrypt(kept), 'base64url')
  }

  const subjectKey = await reencrypt()
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
    subjectKey,
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
