/** Bounds how much is done at a time, so that a crowd can't become as many requests to somebody else. */
import { Unavailable } from './unavailable.ts'

/** Does the work once it is its turn; rejects at once if too many wait already. */
export type Lane = <T>(work: () => Promise<T>) => Promise<T>

export function createLane({ atOnce, waiting }: { readonly atOnce: number; readonly waiting: number }): Lane {
  const queue: (() => void)[] = []
  let running = 0

  return async (work) => {
    if (running < atOnce) running++
    else if (queue.length >= waiting) throw new Unavailable('too many tokens are being asked about')
    // A call that ends hands its turn over.
    else await new Promise<void>((resolve) => queue.push(resolve))
    try {
      return await work()
    } finally {
      const next = queue.shift()
      if (next === undefined) running--
      else next()
    }
  }
}
