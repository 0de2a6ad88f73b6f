/** What a few rounds of one measurement say: the one in the middle, and how far apart they are. */
import { median } from './median.ts'

export interface Spread {
  readonly median: number
  readonly low: number
  readonly high: number
}

/** The whole range. `undefined` if a value is missing or there are none. */
export function spread(values: readonly (number | undefined)[]): Spread | undefined {
  const known = values.filter((value) => value !== undefined)
  if (known.length < values.length || known.length === 0) return undefined
  return { median: median(known), low: Math.min(...known), high: Math.max(...known) }
}

/**
 * The middle, and the interval in which it would be in 95 of 100 such runs if the rounds didn't depend on one another (order
 * statistics; fewer than six rounds can't promise as much, and their interval is the whole range).
 */
export function interval(values: readonly number[]): Spread | undefined {
  const sorted = values.toSorted((a, b) => a - b)
  const outside = Math.max(0, Math.floor((sorted.length - 1.96 * Math.sqrt(sorted.length)) / 2))
  return spread(sorted.slice(outside, sorted.length - outside))
}

/**
 * How many times `above` is `below`, round by round: what slows the machine for a while slows neighbouring rounds alike.
 * `undefined` where a value is missing.
 */
export function ratios(above: readonly (number | undefined)[], below: readonly (number | undefined)[]): (number | undefined)[] {
  return above.slice(0, below.length).map((value, round) => {
    const by = below[round]
    return value === undefined || by === undefined ? undefined : value / by
  })
}
