/**
 * `npm run bench:profile -- [words of a row's name] ...`: where the server's time goes while each row of `npm run bench`
 * is asked, by what runs (self time of V8's sampling profiler on the main thread). Of all rows it keeps the largest parts in
 * bench/profile.md.
 */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from './measure/load.ts'
import { addMachine, build, startOurs } from './servers/ours.ts'
import { prepare } from './rows/prepare.ts'
import { comeBy, openDoor } from './rows/provided.ts'
import { supply } from './rows/scenario.ts'
import { scenarios } from './rows/scenarios.ts'

interface Profile {
  readonly nodes: readonly Node[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
  /** Microseconds of the monotonic clock, which all processes of a machine share. */
  readonly startTime: number
}
interface Node {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  readonly children?: readonly number[]
}
interface Window {
  readonly name: string
  readonly requests: number
  readonly from: number
  readonly to: number
  readonly cpu: number
}

type Share = readonly [name: string, us: number]
interface Row {
  readonly window: Window
  readonly functions: readonly Share[]
  readonly parts: readonly Share[]
}

const AMOUNT = 4000
const LINES = 15
const PARTS_KEPT = 9
const nowUs = (): number => Number(process.hrtime.bigint() / 1000n)
const words = process.argv.slice(2)

build()
const folder = mkdtempSync(join(tmpdir(), 'solar-profile-'))
try {
  const windows = await measure()
  const file = readdirSync(folder).find((name) => name.endsWith('.cpuprofile'))!
  const profile = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Profile
  const rows = windows.map((window) => ({ window, ...shares(profile, window) }))
  rows.forEach(print)
  if (words.length === 0) writeFileSync(fileURLToPath(new URL('profile.md', import.meta.url)), render(rows))
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function measure(): Promise<Window[]> {
  const databaseUrl = `sqlite:${join(folder, 'bench.db')}`
  const door = await openDoor()
  const server = await startOurs(databaseUrl, door.settings, ['--cpu-prof', `--cpu-prof-dir=${folder}`, '--cpu-prof-interval=200'])
  const windows: Window[] = []
  const prepared = await prepare(server.url)
  const provided = await comeBy(door, server.url, prepared.client)
  for (const scenario of scenarios({ ...prepared, provided, machine: addMachine(databaseUrl) })) {
    if (words.length > 0 && !words.some((word) => scenario.name.includes(word))) continue
    await supply(server, scenario, AMOUNT)
    await run(server, scenario.load(AMOUNT))
    await supply(server, scenario, AMOUNT)
    const load = scenario.load(AMOUNT)
    const from = nowUs()
    const { cpuMsPer1000 } = await run(server, load)
    windows.push({ name: scenario.name, requests: load.amount, from, to: nowUs(), cpu: cpuMsPer1000 ?? NaN })
  }
  await server.stop()
  await door.stop()
  return windows
}

/** Microseconds of a window, by function and by part, the largest first; what passes while nothing is to be done is left out. */
function shares(
  { nodes, samples, timeDeltas, startTime }: Profile,
  { from, to, requests }: Window,
): { functions: Share[]; parts: Share[] } {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const parents = new Map(nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node] as const)))
  const functions = new Map<string, number>()
  const parts = new Map<string, number>()
  let at = startTime
  samples.forEach((id, index) => {
    const took = timeDeltas[index]!
    at += took
    const node = byId.get(id)!
    if (at < from || at > to || node.callFrame.functionName === '(idle)') return
    const parent = parents.get(id)
    const [label, part] = [labelOf(node, parent), partOf(node, parent)]
    functions.set(label, (functions.get(label) ?? 0) + took)
    parts.set(part, (parts.get(part) ?? 0) + took)
  })
  const sorted = (times: ReadonlyMap<string, number>): Share[] =>
    [...times].map(([name, us]) => [name, us / requests] as const).sort((a, b) => b[1] - a[1])
  return { functions: sorted(functions), parts: sorted(parts) }
}

function print({ window, functions, parts }: Row): void {
  const lines = (shares: readonly Share[], count: number) =>
    shares.slice(0, count).map(([name, us]) => `${us.toFixed(1).padStart(7)}  ${name}`)
  process.stdout.write(
    `\n## ${window.name}: ${window.cpu.toFixed(0)} us of CPU a request\n${[...lines(parts, LINES), '    ---', ...lines(functions, 3 * LINES)].join('\n')}\n`,
  )
}

function render(rows: readonly Row[]): string {
  return [
    '# Where the time goes',
    '',
    `${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, by \`npm run bench:profile\`: microseconds of the main thread for a request, the largest parts.`,
    "`SQLite` and `dist/storage/sqlite.js` hold SQLite's own work, and the wait for the disk, which costs time but no CPU; the profiler itself slows every row down.",
    '',
    '| request | parts, us |',
    '|---|---|',
    ...rows.map(
      ({ window, parts }) =>
        `| ${window.name} | ${parts
          .slice(0, PARTS_KEPT)
          .map(([name, us]) => `${name} ${us.toFixed(0)}`)
          .join(', ')} |`,
    ),
    '',
  ].join('\n')
}

function fileOf(url: string): string {
  return url.replace(/^.*\/node_modules\//, '').replace(/^.*\/dist\//, 'dist/')
}

/** What native code is called by tells what it is for. */
function labelOf({ callFrame }: Node, parent: Node | undefined): string {
  const { functionName, url, lineNumber } = callFrame
  if (url === '')
    return `${functionName}${parent === undefined || functionName.startsWith('(') ? '' : ` <- ${parent.callFrame.functionName} ${fileOf(parent.callFrame.url)}`}`
  return `${functionName || '(anonymous)'} ${fileOf(url)}:${lineNumber + 1}`
}

function partOf({ callFrame }: Node, parent: Node | undefined): string {
  const { functionName, url } = callFrame
  if (functionName.startsWith('(')) return functionName
  const file = fileOf(url === '' ? (parent?.callFrame.url ?? '') : url)
  if (file.includes('storage/sqlite.js') && url === '') return 'SQLite'
  if (file.startsWith('dist/')) return file.split('/').slice(0, 3).join('/')
  if (file.startsWith('node:')) return file
  return file
    .split('/')
    .slice(0, file.startsWith('@') ? 2 : 1)
    .join('/')
}
