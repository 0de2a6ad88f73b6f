/**
 * `npm run bench`: our server beside a bare Fastify that answers the same bytes, in one run; prints the ratio and keeps
 * the newest figures in bench/results.md. `npm run bench -- --quick` only shows that it works.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BareRoute } from './bare.ts'
import { measureFlushes } from './flushes.ts'
import { run } from './load.ts'
import type { Answer, Figures } from './load.ts'
import { addMachine, build, prepare, startOurs } from './ours.ts'
import { startProcess } from './processes.ts'
import type { ServerProcess } from './processes.ts'
import { renderFlushes, renderReport } from './report.ts'
import type { Row } from './report.ts'
import { scenarios } from './scenarios.ts'
import type { Scenario } from './scenarios.ts'

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url))
const quick = process.argv.includes('--quick')
const ROUNDS = quick ? 1 : 3
/** No fewer than the connections of any row. */
const AMOUNT = quick ? 256 : 4000
/** Requests of some 20 us: a round has to be long beside the 10 ms in which the system counts CPU time. */
const AMOUNT_OF_CHEAP = 5 * AMOUNT
const WARM_UP = quick ? 50 : 3000

build()
const folder = mkdtempSync(join(tmpdir(), 'solar-bench-'))
try {
  const rows = await measure(folder)
  const flushes = await measureFlushes(join(folder, 'flushes.db'), AMOUNT)
  const report = `${renderReport(rows, new Date().toISOString().slice(0, 10))}\n${renderFlushes(flushes)}`
  process.stdout.write(`\n${report}`)
  if (!quick) writeFileSync(at('bench/results.md'), `# Newest benchmark\n\n${report}`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function measure(folder: string): Promise<Row[]> {
  const databaseUrl = `sqlite:${join(folder, 'bench.db')}`
  const ours = await startOurs(databaseUrl)
  try {
    const rows: Row[] = []
    for (const scenario of scenarios({ ...(await prepare(ours.url)), machine: addMachine(databaseUrl) })) {
      const row = await measureScenario(scenario, ours, folder)
      process.stderr.write(`${scenario.name}: ${Math.round(row.ours.requestsPerSecond)}/s\n`)
      rows.push(row)
    }
    return rows
  } finally {
    await ours.stop()
  }
}

/** Our rounds first: the first answer, recorded, is what the bare server then repeats. */
async function measureScenario(scenario: Scenario, ours: ServerProcess, folder: string): Promise<Row> {
  let recorded: Answer | undefined
  let shot: { method: 'GET' | 'POST'; path: string } | undefined
  const rounds: Figures[] = []
  const load = (amount: number) => {
    const own = scenario.load(amount)
    return {
      ...own,
      next: (connection: object) => {
        const request = own.next(connection)
        shot ??= request
        return request
      },
      onAnswer: (answer: Answer, connection: object) => {
        recorded ??= answer
        own.onAnswer?.(answer, connection)
      },
    }
  }
  await run(ours, load(WARM_UP))
  for (let round = 0; round < ROUNDS; round++) rounds.push(await run(ours, load(scenario.cheap === true ? AMOUNT_OF_CHEAP : AMOUNT)))

  const bareServer = await startBare(folder, {
    method: shot!.method,
    path: shot!.path.split('?', 1)[0]!,
    status: recorded!.status,
    headers: recorded!.headers,
    body: recorded!.body,
    sign: scenario.sign,
  })
  try {
    const request = { ...shot! }
    const bareLoad = (amount: number) => ({ amount, connections: 16, expected: recorded!.status, next: () => request })
    await run(bareServer, bareLoad(WARM_UP))
    const bareRounds: Figures[] = []
    for (let round = 0; round < ROUNDS; round++)
      bareRounds.push(await run(bareServer, bareLoad(scenario.sign.length === 0 ? AMOUNT_OF_CHEAP : AMOUNT)))
    return { name: scenario.name, ours: median(rounds), bare: median(bareRounds) }
  } finally {
    await bareServer.stop()
  }
}

function startBare(folder: string, route: BareRoute): Promise<ServerProcess> {
  const file = join(folder, 'bare.json')
  writeFileSync(file, JSON.stringify([route]))
  return startProcess(['--import', 'tsx', at('bench/bare.ts')], '/alive', (port) => ({
    PORT: String(port),
    BARE: file,
    NODE_ENV: 'production',
  }))
}

/** The round in the middle by CPU time, or by throughput where there is none. */
function median(rounds: readonly Figures[]): Figures {
  const sorted = [...rounds].sort((a, b) => (a.cpuMsPer1000 ?? 0) - (b.cpuMsPer1000 ?? 0) || b.requestsPerSecond - a.requestsPerSecond)
  return sorted[Math.floor(sorted.length / 2)]!
}
