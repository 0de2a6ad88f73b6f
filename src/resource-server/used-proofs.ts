/** Remembers used proofs in memory until they expire, so that each is accepted once (RFC 9449 section 11.1). */

/** Whether this is the first use of the proof. Times are in ms. */
export type UseProof = (replayId: string, expiresAt: number, now: number) => boolean

/** @param limit how many to remember; the oldest are dropped */
export function createUsedProofs(limit = 100_000): UseProof {
  const used = new Map<string, number>()
  return (replayId, expiresAt, now) => {
    if ((used.get(replayId) ?? 0) > now) return false
    used.delete(replayId)
    // A Map keeps the order, so the expired ones are roughly the first.
    for (const [id, until] of used) {
      if (until > now && used.size < limit) break
      used.delete(id)
    }
    used.set(replayId, expiresAt)
    return true
  }
}
