/**
 * `npm run bench:size`: a million clients and three million refresh tokens on each engine, beside an almost empty database;
 * keeps the figures in bench/size.md. Takes about a quarter of an hour and 10 GB in the temporary folder.
 * `-- --quick` only shows that it works, `-- SQLite` or `-- PostgreSQL` measures one engine and keeps nothing.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { OnProgress } from '../../src/transfer/export.ts'
import { showProgress } from '../../src/transfer/progress.ts'
import { median } from '../measure/median.ts'
import { build } from '../servers/ours.ts'
import { postgres, sqlite } from './engines.ts'
import type { Engine } from './engines.ts'
import { familyLoads } from './families.ts'
import { fill } from './fill.ts'
import { renderSize } from './report.ts'
import type { EngineReport } from './report.ts'
import { measureSweeping } from './sweeping.ts'
import { measureStart, measureTokens } from './tokens.ts'
import type { Filled } from './tokens.ts'

const quick = process.argv.includes('--quick')
const chosen = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
/** Requests a round, and rounds. */
const AMOUNT = quick ? 100 : 1000
const ROUNDS = quick ? 1 : 9
const OPEN_CODES = AMOUNT * (ROUNDS + 1)
const CLIENTS = quick ? 10_000 : 1_000_000
/** Clients that are over, half of them connected: five records of each on average. */
const OVER = quick ? 500 : 20_000

const folder = mkdtempSync(join(tmpdir(), 'solar-size-'))
const endings: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })]
try {
  build()
  const engines = [async () => sqlite(folder), () => postgres({ teardown: (end) => endings.push(end) })]
  const reports: EngineReport[] = []
  for (const open of engines) {
    const engine = await open()
    if (chosen.length === 0 || chosen.includes(engine.name)) reports.push(await measure(engine))
  }
  const report = renderSize(reports, new Date().toISOString().slice(0, 10))
  process.stdout.write(`\n${report}`)
  if (!quick && chosen.length === 0) writeFileSync(fileURLToPath(new URL('../size.md', import.meta.url)), report)
} finally {
  for (const end of endings.reverse()) await end()
}

async function measure(engine: Engine): Promise<EngineReport> {
  const say = (text: string) => process.stderr.write(`${engine.name}: ${text}\n`)
  const now = Date.now()
  // With the open codes there are as many families as half the clients, so that there are three tokens for each client.
  const crowd = { clients: CLIENTS + 2 * OPEN_CODES, openCodes: OPEN_CODES, now, name: 'live', over: false }
  const handful = { ...crowd, clients: 6 * OPEN_CODES }
  const records: Record<string, number> = {}
  const showing = showProgress(process.stderr)
  const note: OnProgress = (table, count, over) => {
    showing(table, count, over)
    if (over) records[table] = count
  }
  say('filling')
  const empty: Filled = { databaseUrl: await engine.createDatabase('empty'), loads: familyLoads(handful, 2 * OPEN_CODES) }
  const full: Filled = { databaseUrl: await engine.createDatabase('crowded'), loads: familyLoads(crowd, 2 * OPEN_CODES) }
  await fill(empty.databaseUrl, handful, () => undefined)
  const begun = performance.now()
  await fill(full.databaseUrl, crowd, note)
  const fillSeconds = (performance.now() - begun) / 1000
  const room = await engine.room(full.databaseUrl)
  for (const { databaseUrl } of [empty, full]) await engine.settle(databaseUrl)

  say('starting')
  const starts = { empty: [] as number[], full: [] as number[], emptyCpu: [] as number[], fullCpu: [] as number[] }
  for (let round = -1; round < ROUNDS; round++) {
    // the first one makes keys and the administrator
    const [first, second] = [await measureStart(empty), await measureStart(full)]
    if (round < 0) continue
    starts.empty.push(first.ms)
    starts.full.push(second.ms)
    starts.emptyCpu.push(first.cpuMs)
    starts.fullCpu.push(second.cpuMs)
  }
  say('asking for tokens')
  const tokens = await measureTokens(engine, empty, full, AMOUNT, ROUNDS)
  for (const { name, empty, full } of tokens) say(`${name}: CPU ms / 1000 ${empty.cpuMsPer1000}, full ${full.cpuMsPer1000}`)

  say('sweeping')
  await fill(full.databaseUrl, { clients: OVER, openCodes: 0, now, name: 'over', over: true }, () => undefined)
  await engine.settle(full.databaseUrl)
  const sweeping = await measureSweeping(full)
  return {
    engine: engine.name,
    records,
    room,
    fillSeconds,
    emptyClients: handful.clients,
    tokens,
    sweeping,
    start: {
      empty: { ms: median(starts.empty), cpuMs: median(starts.emptyCpu) },
      full: { ms: median(starts.full), cpuMs: median(starts.fullCpu) },
    },
  }
}
