/** Keeps metrics for Prometheus. Loaded only where somebody asks for them. */
import { AggregatorRegistry, Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import { COUNTERS, GAUGES, TIMES } from './catalog.ts'
import type { CounterSpec, GaugeName, GaugeSpec, MetricSpec } from './catalog.ts'
import { createLabelBound } from './meter.ts'
import type { Meter, Reading } from './meter.ts'

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
  const each = <S extends MetricSpec, M>(specs: Record<string, S>, make: (spec: S) => M): Record<string, M> =>
    Object.fromEntries(Object.entries(specs).map(([key, spec]) => [key, make(spec)]))

  const counters = each<CounterSpec, Counter>(COUNTERS, ({ name, help, labels, from = [] }) => {
    const counter = new Counter({ name, help, labelNames: labels, registers })
    for (const values of from) counter.labels(...values).inc(0)
    return counter
  })
  const times = each<MetricSpec, Histogram>(
    TIMES,
    ({ name, help, labels }) => new Histogram({ name, help, labelNames: labels, buckets: BUCKETS, registers }),
  )
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
      count: (name, labels, by = 1) => counters[name]!.inc(bound(labels), by),
      time: (name, labels, seconds) => times[name]!.observe(bound(labels), seconds),
      watch: (name, read) => void readers.set(name, read as () => readonly Reading<GaugeName>[]),
    },
    snapshot: () => registry.getMetricsAsJSON(),
    text: () => registry.metrics(),
  }
}

/** What several processes count, as one. */
export const together = (snapshots: readonly Snapshot[]): { text(): Promise<string>; snapshot(): Promise<Snapshot> } => {
  const registry = AggregatorRegistry.aggregate([...snapshots])
  return { text: () => registry.metrics(), snapshot: () => registry.getMetricsAsJSON() }
}

/** What stays true of a process that has ended: without it, sums would fall, and Prometheus would take that for a new beginning. */
export const lasting = (snapshot: Snapshot): Snapshot => snapshot.filter(({ type }) => ['counter', 'histogram'].includes(String(type)))
