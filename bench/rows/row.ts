/** A row of figures, as the rounds bring them. */
import type { Figures } from '../measure/load.ts'

/** Each round of each server; `undefined` for one that doesn't take part. */
export interface Row {
  readonly name: string
  readonly ours: readonly Figures[]
  readonly before: readonly Figures[] | undefined
  readonly bare: readonly Figures[] | undefined
  readonly peer: readonly Figures[] | undefined
  /** Why the peer has no figures although it takes part. */
  readonly refusal: string | undefined
}

/** The rows that were measured in each sitting, with the rounds of all. */
export function joinSittings([first = [], ...others]: readonly (readonly Row[])[]): Row[] {
  return first.flatMap((row) => {
    const same = others.map((rows) => rows.find(({ name }) => name === row.name))
    return same.every((found) => found !== undefined) ? [same.reduce(join, row)] : []
  })
}

function join(one: Row, other: Row): Row {
  const both = (a: readonly Figures[] | undefined, b: readonly Figures[] | undefined) => a && b && [...a, ...b]
  return {
    name: one.name,
    ours: [...one.ours, ...other.ours],
    before: both(one.before, other.before),
    bare: both(one.bare, other.bare),
    peer: both(one.peer, other.peer),
    refusal: one.refusal ?? other.refusal,
  }
}
