/** Choices that come again with their seed. */

export interface Seeded {
  readonly seed: number
  /** At least `from`, less than `to`. */
  between(from: number, to: number): number
  /** True that often, between 0 and 1. */
  chance(share: number): boolean
}

/** Mulberry32: small, and even enough to choose moments by. */
export function createSeeded(seed: number): Seeded {
  let state = seed
  function next(): number {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return { seed, between: (from, to) => from + next() * (to - from), chance: (share) => next() < share }
}

/** The seed that was asked for, to see a run again, or any. */
export const anySeed = (): number => Number(process.env['FAULTS_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
