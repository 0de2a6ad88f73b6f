/**
 * Remembers used proofs in memory until they expire, so that each is accepted once (RFC 9449 section 11.1). No key can fill the
 * memory and so make room for a replay of others' proofs: a key that uses more than its share is refused instead.
 */

/** Whether this is the first use of the proof, and it can be remembered. Times are in ms. */
export type UseProof = (replayId: string, expiresAt: number, now: number, key: string) => boolean

export interface UsedProofsOptions {
  /** How many to remember; beyond that the oldest are dropped. */
  readonly limit?: number
  /** How many of one key. */
  readonly perKey?: number
  /** How many of one key once the memory is full. */
  readonly share?: number
}

export function createUsedProofs({ limit = 100_000, perKey = 10_000, share = 100 }: UsedProofsOptions = {}): UseProof {
  const used = new Map<string, { readonly until: number; readonly key: string }>()
  const counts = new Map<string, number>()

  function forget(id: string, key: string): void {
    used.delete(id)
    const left = counts.get(key)! - 1
    if (left === 0) counts.delete(key)
    else counts.set(key, left)
  }

  return (replayId, expiresAt, now, key) => {
    const before = used.get(replayId)
    if (before !== undefined && before.until > now) return false
    if (before !== undefined) forget(replayId, before.key)
    // A Map keeps the order, so the expired ones are roughly the first.
    for (const [id, { until, key }] of used) {
      if (until > now) break
      forget(id, key)
    }
    const count = counts.get(key) ?? 0
    const isFull = used.size >= limit
    if (count >= (isFull ? share : perKey)) return false
    if (isFull) {
      const [id, oldest] = used.entries().next().value!
      forget(id, oldest.key)
    }
    used.set(replayId, { until: expiresAt, key })
    // The oldest may have been of this key.
    counts.set(key, (counts.get(key) ?? 0) + 1)
    return true
  }
}
