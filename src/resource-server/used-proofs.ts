/** The proofs that were used, in memory: each counts once until it is over (RFC 9449 section 11.1). */

/** Whether it is the first use of a proof that is over at `expiresAt`; both instants in ms. */
export type UseProof = (replayId: string, expiresAt: number, now: number) => boolean

/** @param limit how many are remembered; the oldest goes first */
export function createUsedProofs(limit = 100_000): UseProof {
  const used = new Map<string, number>()
  return (replayId, expiresAt, now) => {
    if ((used.get(replayId) ?? 0) > now) return false
    used.delete(replayId)
    // A Map keeps the order, so that those that are over are about the first.
    for (const [id, until] of used) {
      if (until > now && used.size < limit) break
      used.delete(id)
    }
    used.set(replayId, expiresAt)
    return true
  }
}
