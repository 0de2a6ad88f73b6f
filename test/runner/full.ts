/**
 * `npm run test:full`: every test at full size, then the faults at length; half an hour. Writes bench/full.md. Arguments are for the
 * faults: `-- --minutes=1` makes the overload shorter.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { FIFTH, FULL_SIZE } from '../support/size.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const LOADER = fileURLToPath(new URL('../loader/register.mjs', import.meta.url))

interface Part {
  readonly name: string
  readonly minutes: number
  readonly ok: boolean
  readonly output: string
}

/** Runs a script to its end, and shows what it prints meanwhile. */
async function run(name: string, script: string, args: readonly string[] = []): Promise<Part> {
  const begun = performance.now()
  const child = spawn(process.execPath, ['--import', LOADER, script, ...args], {
    cwd: ROOT,
    env: { ...process.env, TEST_SIZE: 'full', FAULTS_SEED: process.env['FAULTS_SEED'] ?? String(Date.now() % 2 ** 31) },
    stdio: ['inherit', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
    process.stdout.write(chunk)
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal))
  const [code] = (await once(child, 'close')) as [number | null]
  return { name, minutes: (performance.now() - begun) / 60_000, ok: code === 0, output }
}

function outcomeOf({ ok, output }: Part): string {
  const figures = /^# \{ total: \d+.*\}$/m.exec(output)?.[0] ?? ''
  const figure = (name: string) => Number(new RegExp(`${name}: (\\d+)`).exec(figures)?.[1] ?? 0).toLocaleString('en')
  const counted = figures === '' ? '' : `: ${figure('pass')} assertions passed, ${figure('fail')} failed, ${figure('skip')} tests skipped`
  return `${ok ? 'passed' : 'FAILED'}${counted}`
}

function render(parts: readonly Part[]): string {
  const [cpu] = cpus()
  const row = (...cells: (string | number)[]) => `| ${cells.join(' | ')} |`
  return [
    '# Newest full run',
    '',
    `\`npm run test:full\`, ${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${cpus().length} x ${cpu?.model.trim() ?? 'unknown CPU'}, ${process.platform}.`,
    '',
    '| what | minutes | outcome |',
    '|---|---:|---|',
    ...parts.map((part) => row(part.name, part.minutes.toFixed(1), outcomeOf(part))),
    '',
    'What is repeated more often than by `npm test`, which also takes only some of the prompts, of the checks behind PgBouncer, of the servers that are known to go wrong, and of the ways to look at a page; the faults at length have sizes of their own.',
    '',
    '| what | full | `npm test` |',
    '|---|---:|---:|',
    ...(Object.keys(FULL_SIZE) as (keyof typeof FULL_SIZE)[]).map((name) => row(WORDS[name], FULL_SIZE[name], FIFTH[name])),
    '',
  ].join('\n')
}

const WORDS: Record<keyof typeof FULL_SIZE, string> = {
  prizes: 'codes, and tokens, that processes race for',
  fewerPrizes: 'one-time tokens, updates and pushed requests that they race for',
  newFiles: 'new SQLite files opened at the same moment',
  newDatabases: 'empty PostgreSQL databases opened at the same moment',
  histories: 'random histories of rules, consents and tokens',
  kills: 'kills of a server at work',
  waiting: 'requests that wait for a silent host at the same time',
  overload: 'seconds of overload, and of logins beyond what can be checked',
  warmUp: 'seconds that measure what the server can carry',
}

const parts = [
  await run('all tests, with coverage', 'test/runner/run.ts'),
  await run('kills and overload at length ([faults.md](faults.md))', 'test/faults/run.ts', process.argv.slice(2)),
]
writeFileSync(`${ROOT}bench/full.md`, render(parts))
process.exitCode = parts.every(({ ok }) => ok) ? 0 : 1
