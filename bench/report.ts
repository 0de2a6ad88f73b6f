/** The figures as a table, for the terminal and for the results file. */
import { cpus } from 'node:os'
import type { Flushes } from './flushes.ts'
import type { Figures } from './load.ts'

export interface Row {
  readonly name: string
  readonly ours: Figures
  readonly bare: Figures
}

const number = (value: number, digits = 0): string => value.toFixed(digits)

export function renderReport(rows: readonly Row[], date: string): string {
  const head = '| request | per second | p50 ms | p99 ms | server CPU ms / 1000 | bare CPU ms / 1000 | CPU ratio | throughput ratio |'
  const rule = '|---|---:|---:|---:|---:|---:|---:|---:|'
  const lines = rows.map(({ name, ours, bare }) =>
    [
      '',
      name,
      number(ours.requestsPerSecond),
      number(ours.p50Ms, 2),
      number(ours.p99Ms, 2),
      ours.cpuMsPer1000 === undefined ? '-' : number(ours.cpuMsPer1000),
      bare.cpuMsPer1000 === undefined ? '-' : number(bare.cpuMsPer1000),
      ours.cpuMsPer1000 === undefined || bare.cpuMsPer1000 === undefined ? '-' : number(ours.cpuMsPer1000 / bare.cpuMsPer1000, 1),
      number(bare.requestsPerSecond / ours.requestsPerSecond, 1),
      '',
    ]
      .join(' | ')
      .trim(),
  )
  const [cpu] = cpus()
  return [
    `${date}, Node ${process.versions.node}, ${cpus().length} x ${cpu?.model.trim() ?? 'unknown CPU'}, SQLite on disk, rate limits off, all else by default.`,
    'Both servers run in one session, one after the other for each row; medians of the rounds. Bare: Fastify answering the same bytes and signing with the same algorithms.',
    '',
    head,
    rule,
    ...lines,
    '',
  ].join('\n')
}

export function renderFlushes(figures: readonly Flushes[]): string {
  return [
    '## Group commit',
    '',
    'Registrations, each on the disk before its answer leaves, and the flushes that they cost: requests that arrive together share one.',
    '',
    '| connections | requests per second | flushes per second | requests per flush |',
    '|---:|---:|---:|---:|',
    ...figures.map(
      ({ connections, requestsPerSecond, flushesPerSecond }) =>
        `| ${connections} | ${number(requestsPerSecond)} | ${number(flushesPerSecond)} | ${number(requestsPerSecond / flushesPerSecond, 1)} |`,
    ),
    '',
  ].join('\n')
}
