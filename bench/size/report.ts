/** The figures of large databases as tables. */
import { cpus } from 'node:os'
import type { Sweeping } from './sweeping.ts'
import type { Comparison, Start } from './tokens.ts'

export interface EngineReport {
  readonly engine: string
  /** Of the full database, by table. */
  readonly records: Readonly<Record<string, number>>
  readonly room: Readonly<Record<string, number>>
  readonly fillSeconds: number
  readonly emptyClients: number
  readonly start: { readonly empty: Start; readonly full: Start }
  readonly tokens: readonly Comparison[]
  readonly sweeping: Sweeping
}

const number = (value: number, digits = 0): string => value.toFixed(digits)
const count = (value: number): string => value.toLocaleString('en')
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] => [
  `| ${head.join(' | ')} |`,
  `|---${'|---:'.repeat(head.length - 1)}|`,
  ...rows.map((row) => `| ${row.join(' | ')} |`),
  '',
]
const more = (full: number, empty: number): string => `${full >= empty ? '+' : ''}${number((full / empty - 1) * 100)} %`
const quantile = (sorted: readonly number[], q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))]!

export function renderSize(reports: readonly EngineReport[], date: string): string {
  const [cpu] = cpus()
  const first = reports[0]!
  return [
    '# Large databases',
    '',
    `${date}, Node ${process.versions.node}, ${cpus().length} x ${cpu?.model.trim() ?? 'unknown CPU'}, by \`npm run bench:size\`. Both engines flush to the disk, rate limits are off, all else is by default.`,
    'CPU time is that of the server and of the engine together. Other programs may have been at work on the machine: then CPU time tells more than time does.',
    '',
    ...reports.flatMap((report) => [`## ${report.engine}`, '', ...renderEngine(report)]),
    `The almost empty database has ${count(first.emptyClients)} clients: as many as the requests use up. Each request is of another client and grant; codes are of the youngest grants.`,
    "That a client is in use is noted on its row once a day: 'the first of a day' does so, the refreshes of the hours after don't.",
    '',
  ].join('\n')
}

function renderEngine({ records, room, fillSeconds, start, tokens, sweeping }: EngineReport): string[] {
  const filled = Object.entries(records).filter(([, n]) => n > 0)
  const { wall, cpu, before, meanwhile } = sweeping
  const quantiles = (name: string, sorted: readonly number[]) => [
    name,
    number(quantile(sorted, 0.5), 1),
    number(quantile(sorted, 0.99), 1),
    number(sorted.at(-1)!, 1),
  ]
  return [
    `Filled in ${number(fillSeconds)} s. Room, indices included:`,
    '',
    ...table(
      ['records', 'number', 'MB', 'bytes each'],
      filled.map(([name, n]) => [`\`${name}\``, count(n), number((room[name] ?? 0) / 1e6), number((room[name] ?? 0) / n)]),
    ),
    ...table(
      ['', 'almost empty', 'full', ''],
      [
        ...tokens.flatMap(({ name, empty, full }) => [
          [`${name}, p50 ms`, number(empty.p50Ms, 2), number(full.p50Ms, 2), more(full.p50Ms, empty.p50Ms)],
          [
            `${name}, CPU ms / 1000`,
            number(empty.cpuMsPer1000 ?? NaN),
            number(full.cpuMsPer1000 ?? NaN),
            more(full.cpuMsPer1000 ?? NaN, empty.cpuMsPer1000 ?? NaN),
          ],
        ]),
        ['start to first answer, ms', number(start.empty.ms), number(start.full.ms), more(start.full.ms, start.empty.ms)],
        ['start, CPU ms', number(start.empty.cpuMs), number(start.full.cpuMs), more(start.full.cpuMs, start.empty.cpuMs)],
      ],
    ),
    `The sweeper removed ${count(sweeping.records)} records in ${number(sweeping.seconds)} s, while two connections refreshed:`,
    '',
    ...table(
      ['ms', 'p50', 'p99', 'longest'],
      [
        ...(wall.length > 0 ? [quantiles('a transaction of the sweeper', wall), quantiles('its CPU time', cpu)] : []),
        ['a request before', number(before.p50Ms, 1), number(before.p99Ms, 1), number(before.maxMs, 1)],
        ['a request meanwhile', number(meanwhile.p50Ms, 1), number(meanwhile.p99Ms, 1), number(meanwhile.maxMs, 1)],
      ],
    ),
  ]
}
