/** The figures of a long run, for the terminal and for bench/faults.md. */
import { cpus } from 'node:os'
import type { Latencies } from './arrivals.ts'
import type { KillReport } from './kills.ts'
import type { LoginReport, OverloadReport } from './overload.ts'

export interface Figures {
  readonly kills: readonly (readonly [string, KillReport])[]
  readonly load: OverloadReport
  readonly logins: LoginReport
  /** How long the overload took. */
  readonly minutes: number
  readonly seed: number
  readonly date: string
}

const number = (value: number): string => value.toFixed(0)
const row = (...cells: (string | number)[]): string =>
  `| ${cells.map((cell) => (typeof cell === 'number' ? number(cell) : cell)).join(' | ')} |`
const figures = (name: string, { served, shed, unsent, failed, p50, p99 }: Latencies): string =>
  row(name, served, shed, unsent, failed, p50, p99)

/** The middle of a quarter of the samples, the first quarter being 0. */
function middleOf(samples: readonly number[], quarter: number): number {
  const length = Math.ceil(samples.length / 4)
  const sorted = samples.slice(quarter * length, (quarter + 1) * length).sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? NaN
}

export function renderReport({ kills, load, logins, minutes, seed, date }: Figures): string {
  const [cpu] = cpus()
  return [
    '# Newest run of the faults',
    '',
    `\`npm run test:faults\`, ${date}, Node ${process.versions.node}, ${cpus().length} x ${cpu?.model.trim() ?? 'unknown CPU'}; the load comes from the same machine. FAULTS_SEED=${seed}.`,
    '',
    '## Killed under load',
    '',
    'SIGKILL at random moments under registrations, authorizations, code exchanges, refreshes and revocations; afterwards the server is held against what its clients journaled.',
    '',
    '| what | kills | answers | under way | checks | lost | twice | in the database by half or too often |',
    '|---|---:|---:|---:|---:|---:|---:|---:|',
    ...kills.map(([name, r]) => row(name, r.kills, r.answers, r.unanswered, r.checks, r.lost.length, r.twice.length, r.census.length)),
    '',
    '## Twice the load that it can carry',
    '',
    `Authorizations, code exchanges and refreshes on SQLite. It carries ${number(load.capacity)} a second; ${number(load.offered)} a second came, by the clock, over at most 1500 connections, for ${minutes.toFixed(1)} minutes. Times count from the instant at which a request was due.`,
    '',
    '| requests | served per second | shed per second | not even sent per second | failed | p50 ms | p99 ms |',
    '|---|---:|---:|---:|---:|---:|---:|',
    figures('at twice the load', load.under),
    figures('a fifth of the load, nobody logs in', logins.before),
    figures('a fifth of the load, everybody logs in', logins.during),
    figures('those logins', logins.logins),
    '',
    `Back to normal ${number(load.recovery)} ms after the end: 20 answers in a row within 100 ms each.`,
    '',
    '| memory in MB, medians | second quarter | third quarter | last quarter |',
    '|---|---:|---:|---:|',
    row('RSS', ...[1, 2, 3].map((quarter) => middleOf(load.rss, quarter))),
    row('heap', ...[1, 2, 3].map((quarter) => middleOf(load.heap, quarter))),
    '',
  ].join('\n')
}
