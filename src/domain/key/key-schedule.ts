/**
 * The life of signing keys: next, current, retired, over. Only the instant from which a key signs is stored. It retires when its
 * successor starts to sign, so a rotation is one insert, and every node derives the same states.
 */
import type { SigningAlg, StoredKey } from './stored-key.ts'

/** How long verifiers may cache `/jwks`, in seconds. */
export const JWKS_MAX_AGE = 300
/** The age in ms at which a node reloads its keys. Until then it may sign with a revoked key, or miss a new one. */
export const FOLLOW_MS = 60_000
/**
 * How long a key is published before it signs, in ms. This exceeds `JWKS_MAX_AGE` and `FOLLOW_MS`, with room for clock differences
 * and slow verifiers, so that no verifier meets an unknown `kid`.
 */
export const LEAD_MS = 3_600_000
/** The longest lifetime of a token that any setting allows, in ms (ACCESS_TOKEN_TTL, `resource add --token-ttl`). */
export const LONGEST_TOKEN_MS = 86_400_000
/** How much longer a public key is stored, in ms: as long as a session may last, because an id_token can be a logout hint. */
export const REMEMBERED_MS = 365 * 86_400_000

export type KeyState = 'next' | 'current' | 'retired' | 'over' | 'revoked'

/** A key to generate. `activeAt` is ms. */
export interface DueKey {
  readonly alg: SigningAlg
  readonly generation: number
  readonly activeAt: number
}

export interface KeyPlan {
  /** The state of each key, in the given order. */
  readonly states: ReadonlyMap<StoredKey, KeyState>
  readonly due: readonly DueKey[]
  /** Keys whose private part isn't needed any more. */
  readonly spent: readonly StoredKey[]
  /** Keys that can be deleted. */
  readonly forgotten: readonly StoredKey[]
  /** When another key starts to sign, in ms; `Infinity` if no next key is known. */
  readonly changesAt: number
}

/**
 * What to do with the keys.
 *
 * @param keys all stored keys
 * @param algs algorithms that need a key, besides those that have one
 * @param now ms
 * @param interval how long a key signs, in seconds
 */
export function planKeys(keys: readonly StoredKey[], algs: Iterable<SigningAlg>, now: number, interval: number | 'off'): KeyPlan {
  const known = new Set([...algs, ...keys.map(({ alg }) => alg)])
  const states = new Map(keys.map((key) => [key, stateOf(key, keys, now)]))
  const inState = (...wanted: KeyState[]) => keys.filter((key) => wanted.includes(states.get(key)!))
  return {
    states,
    due: [...known].flatMap(
      (alg) =>
        dueKey(
          alg,
          keys.filter((key) => key.alg === alg),
          inState('current', 'next'),
          now,
          interval,
        ) ?? [],
    ),
    spent: inState('over').filter(({ encryptedPrivateJwk }) => encryptedPrivateJwk !== undefined),
    forgotten: inState('over', 'revoked').filter(
      (key) => now >= (key.revokedAt ?? retiredAt(key, keys)) + LONGEST_TOKEN_MS + REMEMBERED_MS,
    ),
    changesAt: Math.min(...inState('next').map(({ activeAt }) => activeAt)),
  }
}

/** Whether a key in this state is in the JWKS. A retired key stays in it for `LONGEST_TOKEN_MS`. */
export const isPublished = (state: KeyState): boolean => state === 'next' || state === 'current' || state === 'retired'

function stateOf(key: StoredKey, keys: readonly StoredKey[], now: number): KeyState {
  if (key.revokedAt !== undefined) return 'revoked'
  const end = retiredAt(key, keys)
  if (now >= end) return now >= end + LONGEST_TOKEN_MS ? 'over' : 'retired'
  // The first key that hasn't ended signs, even before its time: its predecessor may have been revoked.
  const signsBefore = (other: StoredKey) =>
    other.alg === key.alg && other.generation < key.generation && other.revokedAt === undefined && now < retiredAt(other, keys)
  return keys.some(signsBefore) ? 'next' : 'current'
}

/** When a later generation takes over. One that was revoked before it began never does. */
function retiredAt({ alg, generation }: StoredKey, keys: readonly StoredKey[]): number {
  const successors = keys.filter((key) => key.alg === alg && key.generation > generation && (key.revokedAt ?? Infinity) > key.activeAt)
  return Math.min(...successors.map(({ activeAt }) => activeAt))
}

/** Without a usable key, one is due at once. Otherwise the successor is due `LEAD_MS` before it has to sign. */
function dueKey(
  alg: SigningAlg,
  ofAlg: readonly StoredKey[],
  usable: readonly StoredKey[],
  now: number,
  interval: number | 'off',
): DueKey | undefined {
  const generation = Math.max(0, ...ofAlg.map((key) => key.generation)) + 1
  const [current, next] = usable.filter((key) => key.alg === alg)
  if (current === undefined) return { alg, generation, activeAt: now }
  if (next !== undefined || interval === 'off' || now < current.activeAt + interval * 1000 - LEAD_MS) return undefined
  return { alg, generation, activeAt: now + LEAD_MS }
}
