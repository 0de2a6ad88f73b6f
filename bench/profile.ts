/**
 * `npm run bench:profile -- [words of a row's name] ...`: where the server's time goes while each row of `npm run bench`
 * is asked, by what runs (self time of V8's sampling profiler on the main thread). Prints; keeps nothing.
 */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from './load.ts'
import { addMachine, build, prepare, startOurs } from './ours.ts'
import { scenarios } from './scenarios.ts'

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

const AMOUNT = 4000
const LINES = 45
const nowUs = (): number => Number(process.hrtime.bigint() / 1000n)
const words = process.argv.slice(2)

build()
const folder = mkdtempSync(join(tmpdir(), 'solar-profile-'))
try {
  const windows = await measure()
  const file = readdirSync(folder).find((name) => name.endsWith('.cpuprofile'))!
  const profile = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Profile
  for (const window of windows) if (words.length === 0 || words.some((word) => window.name.includes(word))) print(profile, window)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function measure(): Promise<Window[]> {
  const databaseUrl = `sqlite:${join(folder, 'bench.db')}`
  const server = await startOurs(databaseUrl, {}, ['--cpu-prof', `--cpu-prof-dir=${folder}`, '--cpu-prof-interval=200'])
  const windows: Window[] = []
  for (const scenario of scenarios({ ...(await prepare(server.url)), machine: addMachine(databaseUrl) })) {
    await run(server, scenario.load(AMOUNT))
    const load = scenario.load(AMOUNT)
    const from = nowUs()
    const { cpuMsPer1000 } = await run(server, load)
    windows.push({ name: scenario.name, requests: load.amount, from, to: nowUs(), cpu: cpuMsPer1000 ?? NaN })
  }
  await server.stop()
  return windows
}

function print({ nodes, samples, timeDeltas, startTime }: Profile, { name, requests, from, to, cpu }: Window): void {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const parents = new Map(nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node] as const)))
  const self = new Map<string, number>()
  const parts = new Map<string, number>()
  let at = startTime
  samples.forEach((id, index) => {
    const took = timeDeltas[index]!
    at += took
    if (at < from || at > to) return
    const node = byId.get(id)!
    const label = labelOf(node, parents.get(id))
    self.set(label, (self.get(label) ?? 0) + took)
    parts.set(partOf(node, parents.get(id)), (parts.get(partOf(node, parents.get(id))) ?? 0) + took)
  })
  const per = (us: number): string => (us / requests).toFixed(1).padStart(7)
  process.stdout.write(`\n## ${name}: ${cpu.toFixed(0)} us of CPU, ${requests} requests; us a request\n`)
  for (const [part, us] of [...parts].sort((a, b) => b[1] - a[1]).slice(0, 16)) process.stdout.write(`${per(us)}  ${part}\n`)
  process.stdout.write('   ---\n')
  for (const [label, us] of [...self].filter(([label]) => !label.startsWith('(idle)')).sort((a, b) => b[1] - a[1]).slice(0, LINES)) process.stdout.write(`${per(us)}  ${label}\n`)
}

function fileOf(url: string): string {
  return url.replace(/^.*\/node_modules\//, '').replace(/^.*\/dist\//, 'dist/')
}

/** What native code is called by tells what it is for. */
function labelOf({ callFrame }: Node, parent: Node | undefined): string {
  const { functionName, url, lineNumber } = callFrame
  if (url === '') return `${functionName}${parent === undefined || functionName.startsWith('(') ? '' : ` <- ${parent.callFrame.functionName} ${fileOf(parent.callFrame.url)}`}`
  return `${functionName || '(anonymous)'} ${fileOf(url)}:${lineNumber + 1}`
}

function partOf({ callFrame }: Node, parent: Node | undefined): string {
  const { functionName, url } = callFrame
  if (functionName.startsWith('(')) return functionName
  const file = fileOf(url === '' ? (parent?.callFrame.url ?? '') : url)
  if (file.includes('storage/sqlite.js') && url === '') return 'SQLite'
  if (file.startsWith('dist/')) return file.split('/').slice(0, 3).join('/')
  if (file.startsWith('node:')) return file
  return file.split('/').slice(0, file.startsWith('@') ? 2 : 1).join('/')
}
