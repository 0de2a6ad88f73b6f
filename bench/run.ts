/**
 * `npm run bench`: our server beside a bare Fastify that answers the same bytes, and beside a peer, in one run; keeps the
 * newest figures in bench/results.md. `npm run bench -- --help` says what else it does.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { say } from './measure/again.ts'
import { describeCheckout, renderComparison } from './measure/comparison.ts'
import { measureFlushes } from './flushes.ts'
import { USAGE, UsageError, isWhole, readOptions, select } from './measure/options.ts'
import type { Options } from './measure/options.ts'
import { HERE, build } from './servers/ours.ts'
import { peerNotes } from './peer/peer.ts'
import { renderFlushes, renderReport } from './measure/report.ts'
import type { About } from './measure/report.ts'
import { joinSittings } from './rows/row.ts'
import type { Row } from './rows/row.ts'
import { ROW_NAMES } from './rows/scenarios.ts'
import { measure } from './measure/session.ts'

const GROUP_COMMIT = 'group commit'

try {
  if (process.argv.includes('--help')) process.stdout.write(USAGE)
  else await bench(readOptions(process.argv.slice(2), process.env['INIT_CWD'] ?? process.cwd()))
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  process.stderr.write(`${error.message}\n\n${USAGE}`)
  process.exitCode = 2
}

async function bench(options: Options): Promise<void> {
  const names = select([...ROW_NAMES, GROUP_COMMIT], options.words)
  const amount = amountOf(options)
  const folder = mkdtempSync(join(tmpdir(), 'solar-bench-'))
  try {
    const rows = await measureRows(
      names.filter((name) => name !== GROUP_COMMIT),
      amount,
      options,
      folder,
    )
    const parts = rows.length === 0 ? [] : [renderReport(rows, about(options))]
    if (options.against !== undefined) parts.push(renderComparison(rows, describeCheckout(options.against)))
    if (options.others && names.includes(GROUP_COMMIT)) parts.push(renderFlushes(await measureFlushes(join(folder, 'flushes.db'), amount)))
    const report = parts.join('\n')
    process.stdout.write(`\n${report}`)
    if (!isWhole(options) || process.exitCode === 1) return
    writeFileSync(fileURLToPath(new URL('results.md', import.meta.url)), `# Newest benchmark\n\n${report}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * Requests in a round, at least as many as a row has connections. To compare two versions, many short rounds are better than a few
 * long ones: the machine changes less between neighbours.
 */
function amountOf({ quick, against }: Options): number {
  if (quick) return 256
  return against === undefined ? 4000 : 1000
}

async function measureRows(names: readonly string[], amount: number, options: Options, folder: string): Promise<Row[]> {
  if (names.length === 0) return []
  for (const checkout of new Set([HERE, options.against ?? HERE])) build(checkout)
  const sittings: Row[][] = []
  while (sittings.length < options.sittings) {
    const rounds = Array.from({ length: options.rounds }, (_, round) => sittings.length * options.rounds + round)
    const amounts = { rounds, amount, amountOfCheap: 5 * amount, warmUp: options.quick ? 64 : 3000 }
    sittings.push(await measure(names, options, amounts, mkdtempSync(join(folder, 'sitting-')), failed))
  }
  return joinSittings(sittings)
}

function about({ rounds, sittings, others }: Options): About {
  return { date: new Date().toISOString().slice(0, 10), rounds, sittings, peerNotes: others ? peerNotes() : [] }
}

/** What was measured is printed all the same, but not kept. */
function failed({ message }: Error): void {
  say(`FAILED: ${message}\n`)
  process.exitCode = 1
}
