/** Compares secrets in a time that doesn't depend on where they differ. */
import { timingSafeEqual } from 'node:crypto'

/** Whether two texts are equal. Texts of different length return at once, because the length of our secrets is public. */
export function constantTimeEqual(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}
