/** Counts and times by their labels, kept so that adding to what was there before hashes, joins and copies nothing. */
import type { MetricSpec } from './catalog.ts'

export type Labels = Readonly<Record<string, string>>

/** A value as it is shown; a series of times has several. */
export interface Shown {
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
  /** Where it isn't the name of the metric. */
  readonly metricName?: string
}

export interface Tally {
  add(labels: Labels, value: number): void
  /** Adds to these labels, without looking for them again. */
  adding(labels: Labels): (value: number) => void
  show(): Shown[]
}

/** @param bound which labels are shown instead of those */
export function tallyCounts({ labels: names }: MetricSpec, bound: (labels: Labels) => Labels): Tally {
  const series = createSeries(names, bound, () => ({ count: 0 }))
  return {
    add(labels, by) {
      series.at(labels).count += by
    },
    adding(labels) {
      const kept = series.at(labels)
      return (by) => {
        kept.count += by
      }
    },
    show: () => series.all.map(({ labels, kept: { count } }) => ({ labels, value: count })),
  }
}

/** @param limits of the buckets, in rising order; what is above the last is only in the sum and the count */
export function tallyTimes({ name, labels: names }: MetricSpec, bound: (labels: Labels) => Labels, limits: readonly number[]): Tally {
  const series = createSeries(names, bound, (): Times => ({ buckets: [...limits, Infinity].map(() => 0), sum: 0 }))
  function addTo(times: Times, seconds: number): void {
    let bucket = 0
    while (seconds > limits[bucket]!) bucket++
    times.buckets[bucket]!++
    times.sum += seconds
  }
  return {
    add: (labels, seconds) => addTo(series.at(labels), seconds),
    adding(labels) {
      const times = series.at(labels)
      return (seconds) => addTo(times, seconds)
    },
    show: () =>
      series.all.flatMap(({ labels, kept: { buckets, sum } }) => {
        let count = 0
        const upTo = buckets.map((more, index) => {
          count += more
          return { metricName: `${name}_bucket`, labels: { le: limits[index] ?? '+Inf', ...labels }, value: count }
        })
        return [...upTo, { metricName: `${name}_sum`, labels, value: sum }, { metricName: `${name}_count`, labels, value: count }]
      }),
  }
}

interface Times {
  readonly buckets: number[]
  sum: number
}

interface Series<K> {
  /** What is kept of these labels; new if they are. */
  at(labels: Labels): K
  readonly all: readonly { readonly labels: Labels; readonly kept: K }[]
}

/** A tree with a level for each label. */
interface Branch<K> {
  readonly byValue: Map<string, Branch<K>>
  kept?: K
}

function createSeries<K>(names: readonly string[], bound: (labels: Labels) => Labels, create: () => K): Series<K> {
  const root: Branch<K> = { byValue: new Map() }
  const all: { labels: Labels; kept: K }[] = []

  function find(labels: Labels): K | undefined {
    let branch = root
    for (const name of names) {
      const next = branch.byValue.get(labels[name]!)
      if (next === undefined) return undefined
      branch = next
    }
    return branch.kept
  }

  function plant(labels: Labels): K {
    let branch = root
    for (const name of names) {
      const next = branch.byValue.get(labels[name]!) ?? { byValue: new Map() }
      branch.byValue.set(labels[name]!, next)
      branch = next
    }
    const kept = (branch.kept = create())
    all.push({ labels: { ...labels }, kept })
    return kept
  }

  function beyond(labels: Labels): K {
    const shown = bound(labels)
    return find(shown) ?? plant(shown)
  }

  return { all, at: (labels) => find(labels) ?? beyond(labels) }
}
