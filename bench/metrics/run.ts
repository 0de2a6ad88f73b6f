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
import { again, say } from '../measure/again.ts'
import { run } from '../measure/load.ts'
import { number, renderTable, withRange } from '../measure/report.ts'
import { interval, ratios, spread } from '../measure/spread.ts'
import { prepare } from '../rows/prepare.ts'
import { supply } from '../rows/scenario.ts'
import type { Scenario } from '../rows/scenario.ts'
import { scenarios } from '../rows/scenarios.ts'
import { addMachine, build } from '../servers/ours.ts'
import { startProcess } from '../servers/processes.ts'
import type { ServerProcess } from '../servers/processes.ts'

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

interface Side {
  readonly server: ServerProcess
  readonly scenarios: readonly Scenario[]
}
/** CPU time of each round, in us a request. */
type Measured = Readonly<Record<Kind, (number | undefined)[]>>

build()
const folder = mkdtempSync(join(tmpdir(), 'solar-metrics-'))
try {
  const measured = new Map<string, Measured>(ROWS.map((name) => [name, { on: [], off: [] }]))
  for (let sitting = 0; sitting < SITTINGS; sitting++) await sit(sitting, measured)
  const text = render(measured)
  process.stdout.write(`\n${text}`)
  if (!quick) writeFileSync(fileURLToPath(new URL('../metrics.md', import.meta.url)), text)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** A new process; which server starts first changes from one to the next. */
async function sit(sitting: number, measured: Map<string, Measured>): Promise<void> {
  const order = sitting % 2 === 0 ? (['on', 'off'] as const) : (['off', 'on'] as const)
  const ports = { [order[0]]: await freePort() } as Record<Kind, number>
  const metricsPort = await freePort()
  const databaseOf = (kind: Kind) => `sqlite:${join(folder, `${kind}-${sitting}.db`)}`
  const variablesOf = (kind: Kind) => ({
    PORT: String(ports[kind]),
    ISSUER: `http://localhost:${ports[kind]}`,
    DATABASE_URL: databaseOf(kind),
    RATE_LIMIT_REGISTER: 'off',
    RATE_LIMIT_TOKEN: 'off',
    ...(kind === 'on' && { METRICS_LISTEN: String(metricsPort) }),
  })
  const script = fileURLToPath(new URL('two-in-one.ts', import.meta.url))
  const both = await startProcess(['--import', 'tsx', script], '/readyz', (port) => {
    ports[order[1]] = port // the last to listen
    return { SERVERS: JSON.stringify(order.map(variablesOf)), NODE_ENV: 'production' }
  })
  try {
    const sideOf = async (kind: Kind): Promise<Side> => {
      const server = { ...both, url: `http://localhost:${ports[kind]}` }
      const machine = addMachine(databaseOf(kind))
      return { server, scenarios: scenarios({ ...(await prepare(server.url)), machine }) }
    }
    const sides = { on: await sideOf('on'), off: await sideOf('off') }
    for (const [name, figures] of measured) {
      const ask = (kind: Kind, amount: number): Promise<number | undefined> => {
        const { server, scenarios } = sides[kind]
        const scenario = scenarios.find((one) => one.name === name)!
        return again(`${name}, metrics ${kind}`, say, async () => {
          await supply(server, scenario, amount)
          return (await run(server, scenario.load(amount))).cpuMsPer1000
        })
      }
      for (const kind of order) await ask(kind, WARM_UP)
      for (let round = 0; round < ROUNDS; round++)
        for (const kind of round % 2 === 0 ? order : order.toReversed()) figures[kind].push(await ask(kind, AMOUNT))
      say(`${name}: done\n`)
    }
  } finally {
    await both.stop()
  }
}

function render(measured: Map<string, Measured>): string {
  const percent = (ratio: number): string => `${ratio < 1 ? '' : '+'}${number((ratio - 1) * 100, 1)} %`
  return [
    '# Metrics',
    '',
    `${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${cpus().length} x ${cpus()[0]!.model.trim()}, SQLite on disk, by \`npm run bench:metrics\`.`,
    'Two servers in one process, one with `METRICS_LISTEN` and one without, take turns, so that both have the same code, heap and luck.',
    `CPU time of a request in us: the middle of ${SITTINGS * ROUNDS} rounds in ${SITTINGS} processes, with the lowest and the highest; then the change from round to round, with the interval in which it is with a probability of 95 %.`,
    '',
    ...renderTable(
      ['request', 'without metrics', 'with metrics', 'change', '95 % interval'],
      [...measured].map(([name, { on, off }]) => {
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
