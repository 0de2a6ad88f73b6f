/** The figures as tables, for the terminal and for the results file. */
import { cpus } from 'node:os'
import type { Flushes } from '../flushes.ts'
import type { Figures } from './load.ts'
import type { Row } from '../rows/row.ts'
import { ratios, spread } from './spread.ts'
import type { Spread } from './spread.ts'

/** What is true of the whole run. */
export interface About {
  readonly date: string
  readonly rounds: number
  readonly sittings: number
  /** What to know about the peer; empty if it didn't take part. */
  readonly peerNotes: readonly string[]
}

const BARE_NOTE = 'Bare: Fastify answering the same bytes and signing with the same algorithms.'
const HEAD = [
  'request',
  'per second',
  'p50 ms',
  'p99 ms',
  'server CPU ms / 1000',
  'bare CPU ms / 1000',
  'CPU ratio',
  'throughput ratio',
  'peer CPU ms / 1000',
  'times less CPU than the peer',
]

export const number = (value: number, digits = 0): string => value.toFixed(digits)
export const cpuOf = (rounds: readonly Figures[] | undefined) => (rounds ?? []).map(({ cpuMsPer1000 }) => cpuMsPer1000)

/** The middle and the range, such as `291 (284-310)`. */
export function withRange(figures: Spread | undefined, digits = 0): string {
  if (figures === undefined) return '-'
  const [median, low, high] = [figures.median, figures.low, figures.high].map((value) => number(value, digits))
  return low === high ? median! : `${median} (${low}-${high})`
}

export function renderTable(head: readonly string[], rows: readonly (readonly string[])[], first = '---'): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), `|${first}|${'---:|'.repeat(head.length - 1)}`, ...rows.map(line)]
}

/** Of servers that didn't take part. */
function withoutEmptyColumns(head: readonly string[], rows: readonly (readonly string[])[]): [string[], string[][]] {
  const kept = (cells: readonly string[]) => cells.filter((_, column) => rows.some((row) => row[column] !== '-'))
  return [kept(head), rows.map(kept)]
}

function cells({ name, ours, bare, peer }: Row): string[] {
  const middle = middleRound(ours)
  const throughput = bare && middleRound(bare).requestsPerSecond / middle.requestsPerSecond
  return [
    name,
    number(middle.requestsPerSecond),
    number(middle.p50Ms, 2),
    number(middle.p99Ms, 2),
    withRange(spread(cpuOf(ours))),
    withRange(spread(cpuOf(bare))),
    withRange(spread(ratios(cpuOf(ours), cpuOf(bare))), 1),
    throughput === undefined ? '-' : number(throughput, 1),
    withRange(spread(cpuOf(peer))),
    withRange(spread(ratios(cpuOf(peer), cpuOf(ours))), 1),
  ]
}

const of = (rounds: number): string =>
  rounds === 1 ? 'one round' : `the middle of ${rounds} rounds, with the lowest and the highest in brackets`

export function renderReport(rows: readonly Row[], { date, rounds, sittings, peerNotes }: About): string {
  const [cpu] = cpus()
  const bare = rows.some((row) => row.bare !== undefined) ? [BARE_NOTE] : []
  const refusals = rows.filter(({ refusal }) => refusal !== undefined).map(({ name, refusal }) => `${name} ("${refusal}")`)
  const refused = refusals.length === 0 ? [] : [`What the peer could not do: ${refusals.join(', ')}.`]
  const notes = [...bare, ...peerNotes, ...refused]
  return [
    `${date}, Node ${process.versions.node}, ${cpus().length} x ${cpu?.model.trim() ?? 'unknown CPU'}, SQLite on disk, rate limits off, all else by default.`,
    `All servers run in one session and take turns${sittings === 1 ? '' : `, ${sittings} times from their start`}: ${of(rounds * sittings)}. Ratios are taken round by round.`,
    ...(notes.length === 0 ? [] : ['', ...notes.map((note) => `- ${note}`)]),
    '',
    ...renderTable(...withoutEmptyColumns(HEAD, rows.map(cells))),
    '',
  ].join('\n')
}

export function renderFlushes(figures: readonly Flushes[]): string {
  const rows = figures.map(({ connections, perSecond }) =>
    perSecond === undefined
      ? [String(connections), '-', '-', '-']
      : [String(connections), number(perSecond.requests), number(perSecond.flushes), number(perSecond.requests / perSecond.flushes, 1)],
  )
  const refusals = figures.flatMap(({ refusal }) => (refusal === undefined ? [] : [`${refusal}.`]))
  return [
    '## Group commit',
    '',
    'Registrations, each on the disk before its answer leaves, and the flushes that they cost: requests that arrive together share one.',
    '',
    ...renderTable(['connections', 'requests per second', 'flushes per second', 'requests per flush'], rows, '---:'),
    ...(refusals.length === 0 ? [] : ['', ...refusals]),
    '',
  ].join('\n')
}

/** The round in the middle by CPU time, or by throughput where there is none. */
function middleRound(rounds: readonly Figures[]): Figures {
  const sorted = rounds.toSorted((a, b) => (a.cpuMsPer1000 ?? 0) - (b.cpuMsPer1000 ?? 0) || b.requestsPerSecond - a.requestsPerSecond)
  return sorted[Math.floor(sorted.length / 2)]!
}
