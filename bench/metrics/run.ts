/**
 * `npm run bench:metrics`: what metrics cost a request. Two servers run in one process, one with `METRICS_LISTEN` and one without, and take
 * turns: two processes of the same code may differ by more than metrics cost. What metrics cost the process as a whole, which is next to
 * nothing, both pay. Keeps the figures in bench/metrics.md. `-- --quick` only shows that it works.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '#src/process/free-port.ts'
import { say } from '../measure/again.ts'
import { percent } from '../measure/comparison.ts'
import { measureRow } from '../measure/measure-row.ts'
import type { Contestant } from '../measure/measure-row.ts'
import { cpuOf, renderTable, withRange } from '../measure/report.ts'
import { interval, ratios, spread } from '../measure/spread.ts'
import { prepare } from '../rows/prepare.ts'
import { joinSittings } from '../rows/row.ts'
import type { Row } from '../rows/row.ts'
import { scenarios } from '../rows/scenarios.ts'
import { addMachine, build, variablesOf } from '../servers/ours.ts'
import { startProcess } from '../servers/processes.ts'

const quick = process.argv.includes('--quick')
const ROWS = [
  'register',
  'authorize',
  'code exchange',
  'refresh',
  'refresh, openid, DPoP',
  'userinfo, seen before',
  'userinfo, DPoP',
  'introspect, seen before',
]
const SITTINGS = quick ? 1 : 4
/** Many short ones: the machine changes less between neighbours. */
const ROUNDS = quick ? 1 : 24
const AMOUNT = quick ? 64 : 640
const WARM_UP = quick ? 64 : 3000

type Kind = 'on' | 'off'

build()
const folder = mkdtempSync(join(tmpdir(), 'solar-metrics-'))
try {
  const sittings: Row[][] = []
  while (sittings.length < SITTINGS) sittings.push(await sit(sittings.length))
  const text = render(joinSittings(sittings))
  process.stdout.write(`\n${text}`)
  if (!quick) writeFileSync(fileURLToPath(new URL('../metrics.md', import.meta.url)), text)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** A new process; which server starts first changes from one to the next. */
async function sit(sitting: number): Promise<Row[]> {
  const order = sitting % 2 === 0 ? (['on', 'off'] as const) : (['off', 'on'] as const)
  const ports = { [order[0]]: await freePort() } as Record<Kind, number>
  const metricsPort = await freePort()
  const databaseOf = (kind: Kind) => `sqlite:${join(folder, `${kind}-${sitting}.db`)}`
  const ofKind = (kind: Kind) => ({
    ...variablesOf(ports[kind], databaseOf(kind)),
    ...(kind === 'on' && { METRICS_LISTEN: String(metricsPort) }),
  })
  const script = fileURLToPath(new URL('two-in-one.ts', import.meta.url))
  const both = await startProcess(['--import', 'tsx', script], '/readyz', (port) => {
    ports[order[1]] = port // the last to listen
    return { SERVERS: JSON.stringify(order.map(ofKind)), NODE_ENV: 'production' }
  })
  try {
    const sideOf = async (kind: Kind) => {
      const server = { ...both, url: `http://localhost:${ports[kind]}` }
      const all = scenarios({ ...(await prepare(server.url)), machine: addMachine(databaseOf(kind)) })
      return (name: string): Contestant => ({ server, scenario: all.find((one) => one.name === name)! })
    }
    const [on, off] = [await sideOf('on'), await sideOf('off')]
    const amounts = { rounds: Array.from({ length: ROUNDS }, (_, round) => round), amount: AMOUNT, amountOfCheap: AMOUNT, warmUp: WARM_UP }
    const rows: Row[] = []
    for (const name of ROWS) {
      rows.push(await measureRow({ ours: on(name), before: off(name), peer: undefined }, amounts, undefined))
      say(`${name}: done\n`)
    }
    return rows
  } finally {
    await both.stop()
  }
}

function render(rows: readonly Row[]): string {
  return [
    '# Metrics',
    '',
    `${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${cpus().length} x ${cpus()[0]!.model.trim()}, SQLite on disk, by \`npm run bench:metrics\`.`,
    'Two servers in one process, one with `METRICS_LISTEN` and one without, take turns, so that both have the same code, heap and luck.',
    `CPU time of a request in us: the middle of ${SITTINGS * ROUNDS} rounds in ${SITTINGS} processes, with the lowest and the highest; then the change from round to round, with the interval in which it is with a probability of 95 %.`,
    '',
    ...renderTable(
      ['request', 'without metrics', 'with metrics', 'change', '95 % interval'],
      rows.map(({ name, ours, before }) => {
        const [on, off] = [cpuOf(ours), cpuOf(before)]
        const change = interval(ratios(on, off).filter((ratio) => ratio !== undefined))
        return [
          name,
          withRange(spread(off)),
          withRange(spread(on)),
          change === undefined ? '-' : percent(change.median),
          change === undefined ? '-' : `${percent(change.low)} to ${percent(change.high)}`,
        ]
      }),
    ),
    '',
  ].join('\n')
}
