/** Comparison of secrets: its time does not depend on where two texts differ. */
import { timingSafeEqual } from 'node:crypto'

/** Whether two texts are the same. Texts of different length are told apart at once: the length of ours is no secret. */
export function constantTimeEqual(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}
