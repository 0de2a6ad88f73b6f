/**
 * `npm run bench:nodes`: refreshing with one, two and three nodes on one PostgreSQL, with workers that share a port, and with
 * several processes on one SQLite file; with all cores for all, and with a part of a core for each process, so that what more
 * of them gain can be seen on a machine of few cores. Keeps the figures in bench/nodes.md. `-- --quick` only shows that it works.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { run } from './measure/load.ts'
import { median } from './measure/median.ts'
import { build, startOurs } from './servers/ours.ts'
import { postgres, sqlite } from './size/engines.ts'
import type { Engine } from './size/engines.ts'
import { familyLoads } from './size/families.ts'
import type { FamilyLoads } from './size/families.ts'
import { fill } from './size/fill.ts'
import { limitCpu, mayLimit } from './measure/share.ts'

const quick = process.argv.includes('--quick')
const AMOUNT = quick ? 300 : 6000
const ROUNDS = quick ? 1 : 5
/** For all processes together. */
const CONNECTIONS = 12
const FAMILIES = 2000
/** Of a core, for each process that has a share: what three of them, the database and the load need fits into two cores. */
const SHARE = 0.2
const SETTINGS = { SECRET: 'a secret of the benchmark, longer than 32 characters', LOG_LEVEL: 'warn' }

interface Measured {
  readonly requestsPerSecond: number
  readonly p50Ms: number
  /** Per 1000 requests. */
  readonly serverCpuMs: number
  readonly engineCpuMs: number
}

interface Setup {
  readonly name: string
  readonly engine: Engine
  readonly processes: number
  readonly settings?: Record<string, string>
  /** Of how many cores each process has a part; all that there are, if it has none. */
  readonly share?: number
}

const folder = mkdtempSync(join(tmpdir(), 'solar-nodes-'))
const endings: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })]
try {
  build()
  const one = await postgres({ teardown: (end) => endings.push(end) })
  const embedded = sqlite(folder)
  const setups: Setup[] = [
    { name: 'SQLite, one process', engine: embedded, processes: 1 },
    { name: 'SQLite, two processes on one file', engine: embedded, processes: 2 },
    { name: 'PostgreSQL, one node', engine: one, processes: 1 },
    { name: 'PostgreSQL, two nodes', engine: one, processes: 2 },
    { name: 'PostgreSQL, three nodes', engine: one, processes: 3 },
    { name: 'PostgreSQL, one node with `WORKERS=2`', engine: one, processes: 1, settings: { WORKERS: '2' } },
  ]
  const limited: Setup[] = [
    { name: `SQLite, one process with ${SHARE} of a core`, engine: embedded, processes: 1, share: SHARE },
    { name: `PostgreSQL, one node with ${SHARE} of a core`, engine: one, processes: 1, share: SHARE },
    { name: 'PostgreSQL, two such nodes', engine: one, processes: 2, share: SHARE },
    { name: 'PostgreSQL, three such nodes', engine: one, processes: 3, share: SHARE },
    {
      name: 'PostgreSQL, one node with `WORKERS=2`, as much as two',
      engine: one,
      processes: 1,
      settings: { WORKERS: '2' },
      share: 2 * SHARE,
    },
  ]
  if (mayLimit) setups.push(...limited)
  else process.stderr.write('Nobody but root on Linux can give processes a part of a core: those rows are left out.\n')
  const databases = new Map<Engine, { url: string; loads: FamilyLoads }>()
  for (const engine of [embedded, one]) {
    const population = { clients: 2 * FAMILIES + 2, openCodes: 1, now: Date.now(), name: 'live', over: false }
    const url = await engine.createDatabase('nodes')
    await fill(url, population, () => undefined)
    databases.set(engine, { url, loads: familyLoads(population, FAMILIES) })
  }
  const figures = new Map<Setup, Measured[]>(setups.map((setup) => [setup, []]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const setup of setups) {
      const { url, loads } = databases.get(setup.engine)!
      figures.get(setup)!.push(await measure(setup, url, loads))
      process.stderr.write(`${setup.name}: ${Math.round(figures.get(setup)!.at(-1)!.requestsPerSecond)}/s\n`)
    }
  }
  const report = render(figures)
  process.stdout.write(`\n${report}`)
  if (!quick) writeFileSync(fileURLToPath(new URL('nodes.md', import.meta.url)), report)
} finally {
  for (const end of endings.reverse()) await end()
}

/** Each setup in every round, so that what else the machine does meets all alike. */
async function measure({ engine, processes, settings = {}, share }: Setup, url: string, loads: FamilyLoads): Promise<Measured> {
  const nodes = await Promise.all(Array.from({ length: processes }, () => startOurs(url, { ...SETTINGS, ...settings })))
  const lifts: (() => void)[] = []
  try {
    const round = (amount: number) =>
      Promise.all(nodes.map((node) => run(node, loads.refresh(amount / processes, CONNECTIONS / processes))))
    const cpuMs = () => nodes.reduce((sum, node) => sum + (node.cpuMs() ?? NaN), 0)
    await calm(cpuMs)
    await round(AMOUNT / 3)
    if (share !== undefined) lifts.push(...nodes.map(({ pid }) => limitCpu(pid, share)))
    const [ofServers, ofEngine] = [cpuMs(), engine.cpuMs()]
    const amount = share === undefined ? AMOUNT : AMOUNT / 3
    const results = await round(amount)
    return {
      requestsPerSecond: results.reduce((sum, { requestsPerSecond }) => sum + requestsPerSecond, 0),
      p50Ms: median(results.map(({ p50Ms }) => p50Ms)),
      serverCpuMs: ((cpuMs() - ofServers) / amount) * 1000,
      engineCpuMs: ((engine.cpuMs() - ofEngine) / amount) * 1000,
    }
  } finally {
    await Promise.all(nodes.map((node) => node.stop()))
    for (const lift of lifts) lift()
  }
}

/** Waits until every worker has started: one answers before the others are there. */
async function calm(cpuMs: () => number): Promise<void> {
  for (let before = -Infinity; cpuMs() > before + 20; await sleep(500)) before = cpuMs()
}

function render(figures: ReadonlyMap<Setup, readonly Measured[]>): string {
  const [cpu] = cpus()
  const rows = [...figures].map(([{ name }, rounds]) => {
    const middle = (key: keyof Measured, digits: number) => median(rounds.map((measured) => measured[key])).toFixed(digits)
    return `| ${name} | ${middle('requestsPerSecond', 0)} | ${middle('p50Ms', 1)} | ${middle('serverCpuMs', 0)} | ${middle('engineCpuMs', 0)} |`
  })
  return [
    '# Several processes',
    '',
    `${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${cpus().length} x ${cpu?.model.trim() ?? 'unknown CPU'}, by \`npm run bench:nodes\`: refreshing over ${CONNECTIONS} connections; medians of ${ROUNDS} rounds.`,
    "Servers, PostgreSQL and the load generator share the cores: once those are busy, more processes can't answer more here, and CPU time tells what each request costs wherever it runs.",
    `With ${SHARE} of a core for each process the machine is not what bounds them: what two and three of them answer beside one hints at what more machines, or more cores, would gain. A process that is stopped a hundred times a second runs cold and costs far more for each request: these rows compare with each other, not with those above.`,
    '',
    '| | per second | p50 ms | server CPU ms / 1000 | PostgreSQL CPU ms / 1000 |',
    '|---|---:|---:|---:|---:|',
    ...rows,
    '',
  ].join('\n')
}
