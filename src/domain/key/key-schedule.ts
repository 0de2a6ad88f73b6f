/**
 * The life of signing keys: next, current, retired, over. What is stored is only from when on each one signs; when it
 * retires is when its successor begins, so that a rotation is one insert, and every node reads the same from it.
 *
 * A key is published `LEAD_MS` before it signs, which is longer than a verifier may keep `/jwks` and a node may take to
 * learn of the key; and as long after it retired as a token may live. So no verifier meets a `kid` that it can't find.
 */
import type { SigningAlg, StoredKey } from './stored-key.ts'

/** How long verifiers may keep `/jwks`, in seconds. */
export const JWKS_MAX_AGE = 300
/** The age, in ms, at which a node looks the keys up again: so long it may sign with a revoked key, or not know a new one. */
export const FOLLOW_MS = 60_000
/** How long, in ms, a key is published before it signs: with room for clocks that differ, and for verifiers that look rarely. */
export const LEAD_MS = 3_600_000
/** The longest life of a token, in ms, that any setting allows (ACCESS_TOKEN_TTL, `resource add --token-ttl`). */
export const LONGEST_TOKEN_MS = 86_400_000
/** How much longer, in ms, a public part is kept: as long as a session may last, an old id_token says whom to log out. */
export const REMEMBERED_MS = 365 * 86_400_000

export type KeyState = 'next' | 'current' | 'retired' | 'over' | 'revoked'

/** A key that has to be made. */
export interface DueKey {
  readonly alg: SigningAlg
  readonly generation: number
  readonly activeAt: number
}

export interface KeyPlan {
  /** Each key with its state, in the order given. */
  readonly states: ReadonlyMap<StoredKey, KeyState>
  readonly due: readonly DueKey[]
  /** Those whose private part isn't needed any more. */
  readonly spent: readonly StoredKey[]
  /** Those that nobody asks for any more. */
  readonly forgotten: readonly StoredKey[]
  /** The next instant at which another key signs. */
  readonly changesAt: number
}

/**
 * What becomes of the keys at `now`.
 *
 * @param keys every one that is stored
 * @param algs what has to be signed with, beside what there are keys for
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

/** Whether a key in this state stands in the JWKS. */
export const isPublished = (state: KeyState): boolean => state === 'next' || state === 'current' || state === 'retired'

function stateOf(key: StoredKey, keys: readonly StoredKey[], now: number): KeyState {
  if (key.revokedAt !== undefined) return 'revoked'
  const end = retiredAt(key, keys)
  if (now >= end) return now >= end + LONGEST_TOKEN_MS ? 'over' : 'retired'
  // The first that hasn't ended: the one before may have been revoked, and then it doesn't wait for its hour.
  const signsBefore = (other: StoredKey) =>
    other.alg === key.alg && other.generation < key.generation && other.revokedAt === undefined && now < retiredAt(other, keys)
  return keys.some(signsBefore) ? 'next' : 'current'
}

/** When a later generation took over; one that was revoked before it began never did. */
function retiredAt({ alg, generation }: StoredKey, keys: readonly StoredKey[]): number {
  const successors = keys.filter((key) => key.alg === alg && key.generation > generation && (key.revokedAt ?? Infinity) > key.activeAt)
  return Math.min(...successors.map(({ activeAt }) => activeAt))
}

/** Without any key one is needed at once. Otherwise the successor is made so early that it can be published before it signs. */
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
