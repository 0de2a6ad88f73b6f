/** Figures of rounds, made up. */
import type { Figures } from '../../bench/measure/load.ts'
import type { Row } from '../../bench/rows/row.ts'

/** A round for each CPU time. */
export function rounds(...cpu: readonly (number | undefined)[]): Figures[] {
  return cpu.map((cpuMsPer1000) => ({
    requestsPerSecond: 1_000_000 / (cpuMsPer1000 ?? 1000),
    p50Ms: (cpuMsPer1000 ?? 1000) / 100,
    p99Ms: 10,
    maxMs: 20,
    cpuMsPer1000,
  }))
}

export function row(name: string, figures: Partial<Row> & Pick<Row, 'ours'>): Row {
  return { name, before: undefined, bare: undefined, peer: undefined, refusal: undefined, ...figures }
}
