/** Keeps metrics for Prometheus. Loaded only where somebody asks for them. */
import { AggregatorRegistry, Gauge, Registry, collectDefaultMetrics } from 'prom-client'
import type { Metric } from 'prom-client'
import { COUNTERS, GAUGES, TIMES } from './catalog.ts'
import type { CounterSpec, GaugeName, GaugeSpec, MetricSpec } from './catalog.ts'
import { createLabelBound } from './meter.ts'
import type { Meter, Reading } from './meter.ts'
import { tallyCounts, tallyTimes } from './tally.ts'
import type { Shown, Tally } from './tally.ts'

/** The metrics of a process at one instant, as they pass between processes. */
export type Snapshot = Awaited<ReturnType<Registry['getMetricsAsJSON']>>

export interface Prometheus {
  readonly meter: Meter
  snapshot(): Promise<Snapshot>
  /** As Prometheus reads it. */
  text(): Promise<string>
}

export const CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE

/** In seconds. Most answers take milliseconds; a password takes some hundred. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export function createPrometheus(version: string): Prometheus {
  const registry = new Registry()
  const registers = [registry]
  const bound = createLabelBound()

  /** The library would hash labels at each call. What it needs of a metric is this, as of those that it adds up itself. */
  function register(type: 'counter' | 'histogram', { name, help }: MetricSpec, show: () => Shown[]): void {
    const get = async () => ({ name, help, type, aggregator: 'sum', values: show() })
    registry.registerMetric({ name, help, type, get } as unknown as Metric)
  }
  const counters = tallies<CounterSpec>(COUNTERS, (spec) => {
    const tally = tallyCounts(spec, bound)
    register('counter', spec, tally.show)
    for (const values of spec.labels.length === 0 ? [[]] : (spec.from ?? []))
      tally.add(Object.fromEntries(spec.labels.map((label, index) => [label, values[index]!])), 0)
    return tally
  })
  const times = tallies<MetricSpec>(TIMES, (spec) => {
    const tally = tallyTimes(spec, bound, BUCKETS)
    register('histogram', spec, tally.show)
    return tally
  })
  const readers = new Map<string, () => readonly Reading<GaugeName>[]>()
  for (const [key, { name, help, labels, together }] of Object.entries<GaugeSpec>(GAUGES))
    new Gauge({
      name,
      help,
      labelNames: labels,
      registers,
      aggregator: together,
      collect() {
        this.reset()
        for (const { labels, value } of readers.get(key)?.() ?? []) this.set(labels, value)
      },
    })
  const build = { name: 'solar_build_info', help: 'The version that runs.', labelNames: ['version'], registers }
  new Gauge({ ...build, aggregator: 'max' }).set({ version }, 1)
  collectDefaultMetrics({ register: registry })

  return {
    meter: {
      isOn: true,
      count: (name, labels, by = 1) => counters[name]!.add(labels, by),
      time: (name, labels, seconds) => times[name]!.add(labels, seconds),
      counter: (name, labels) => counters[name]!.adding(labels),
      timer: (name, labels) => times[name]!.adding(labels),
      watch: (name, read) => void readers.set(name, read as () => readonly Reading<GaugeName>[]),
    },
    snapshot: () => registry.getMetricsAsJSON(),
    text: () => registry.metrics(),
  }
}

const tallies = <S extends MetricSpec>(specs: Record<string, S>, make: (spec: S) => Tally): Record<string, Tally> =>
  Object.fromEntries(Object.entries(specs).map(([key, spec]) => [key, make(spec)]))

/** What several processes count, as one. */
export const together = (snapshots: readonly Snapshot[]): { text(): Promise<string>; snapshot(): Promise<Snapshot> } => {
  const registry = AggregatorRegistry.aggregate([...snapshots])
  return { text: () => registry.metrics(), snapshot: () => registry.getMetricsAsJSON() }
}

/** What stays true of a process that has ended: without it, sums would fall, and Prometheus would take that for a new beginning. */
export const lasting = (snapshot: Snapshot): Snapshot => snapshot.filter(({ type }) => ['counter', 'histogram'].includes(String(type)))
