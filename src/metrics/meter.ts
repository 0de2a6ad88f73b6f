/** What the rest of the server sees of the metrics. prometheus.ts keeps them, if they are wanted; otherwise nothing does. */
import type { COUNTERS, CounterName, GAUGES, GaugeName, LabelsOf, TIMES, TimeName } from './catalog.ts'

export interface Meter {
  /** Whether anybody asks: what costs more than a call is left out otherwise. */
  readonly isOn: boolean
  count<N extends CounterName>(name: N, labels: LabelsOf<(typeof COUNTERS)[N]>, by?: number): void
  time<N extends TimeName>(name: N, labels: LabelsOf<(typeof TIMES)[N]>, seconds: number): void
  /** What counts or times the same labels again and again, without looking for them each time. */
  counter<N extends CounterName>(name: N, labels: LabelsOf<(typeof COUNTERS)[N]>): Adding
  timer<N extends TimeName>(name: N, labels: LabelsOf<(typeof TIMES)[N]>): Adding
  /** `read` is called whenever somebody asks: it must be quick, and must not throw. */
  watch<N extends GaugeName>(name: N, read: () => readonly Reading<N>[]): void
}

/** Adds a count, or a time in seconds. */
export type Adding = (value: number) => void

export interface Reading<N extends GaugeName> {
  readonly labels: LabelsOf<(typeof GAUGES)[N]>
  readonly value: number
}

export const SILENT: Meter = {
  isOn: false,
  count: () => undefined,
  time: () => undefined,
  counter: () => () => undefined,
  timer: () => () => undefined,
  watch: () => undefined,
}

/** Labels whose values an operator chooses: resources and providers. */
const OPEN = ['resource', 'provider'] as const
/** How many of their values are shown apart. */
export const MOST_VALUES = 100
const OTHERS = 'others'

/** Shows the first values of open labels, and all others as one. */
export function createLabelBound(most = MOST_VALUES): <L extends Readonly<Record<string, string>>>(labels: L) => L {
  const known = new Map(OPEN.map((name) => [name, new Set<string>()] as const))
  return (labels) => {
    for (const [name, values] of known) {
      const value = labels[name]
      if (value === undefined || values.has(value)) continue
      if (values.size >= most) return { ...labels, [name]: OTHERS }
      values.add(value)
    }
    return labels
  }
}
