/**
 * `npm test`: every test file, several to a process (plan.ts), with one PostgreSQL for all of them, and all of `src` covered.
 * Files or folders as arguments run as `npx tap` runs them, each in its own process and without coverage.
 *
 * The database is started here and not in tap's `before`, which has to end before the tests begin: this process holds it by a
 * pipe, so that it ends with the run, however the run ends.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startEmbedded } from '../support/embedded-postgres.ts'
import { planTasks } from './plan.ts'
import { findSkipped, renderSkipped } from './skipped.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** A gitignored folder; tap leaves alone what it doesn't know there. */
const GROUPS = '.tap/groups'
const RESULTS = join(ROOT, '.tap/test-results', GROUPS)
/** The moments of random kills and the like, the same in each run unless somebody asks for others. */
const SEED = '20260729'

const args = process.argv.slice(2)
const endings: (() => unknown)[] = []
try {
  process.exitCode = args.some((arg) => !arg.startsWith('-')) ? await runTap(args, {}) : await runAll(args)
} finally {
  for (const end of endings) await end()
}

async function runAll(flags: readonly string[]): Promise<number> {
  const notes: string[] = []
  const postgres = await sharePostgres(notes)
  const files = writeGroups()
  rmSync(RESULTS, { recursive: true, force: true }) // tap leaves those of other groups there
  const code = await runTap(['--no-allow-empty-coverage', ...flags, ...files], {
    FAULTS_SEED: process.env['FAULTS_SEED'] ?? SEED,
    COVER: postgres === undefined ? 'all but PostgreSQL' : 'all',
    ...(postgres !== undefined && { SHARED_POSTGRES_URL: postgres }),
  })
  notes.push(...renderSkipped(findSkipped(RESULTS)))
  for (const note of notes) console.log(`# ${note}`)
  return code
}

/** The URL of a server for all tests; undefined where there is none, or somebody gave us one. */
async function sharePostgres(notes: string[]): Promise<string | undefined> {
  const uncovered = 'Coverage of src/storage/postgres is not asked for'
  if (process.env['TEST_POSTGRES_URL'] !== undefined) {
    notes.push(`${uncovered}: no test may stop the server of TEST_POSTGRES_URL, or change it.`)
    return undefined
  }
  try {
    return (await startEmbedded({ teardown: (end) => endings.unshift(end) }, { connections: 200 })).url
  } catch (error) {
    notes.push(`${uncovered}: PostgreSQL can't be started here: ${(error as Error).message}`)
    return undefined
  }
}

/** A file for each task of the plan, which is what tap runs. */
function writeGroups(): string[] {
  const folder = join(ROOT, GROUPS)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  return planTasks(ROOT).map(({ name, files }, index) => {
    const path = `${GROUPS}/${String(index + 1).padStart(2, '0')}-${name}.mjs`
    const lines = files.map((file) => `  ${JSON.stringify(file)},`)
    writeFileSync(
      join(ROOT, path),
      ["import { runGroup } from '../../test/loader/group.mjs'", '', 'await runGroup([', ...lines, '])', ''].join('\n'),
    )
    return path
  })
}

/** Runs tap in the foreground; its exit code. */
async function runTap(args: readonly string[], env: Record<string, string>): Promise<number> {
  const manifest = createRequire(import.meta.url).resolve('tap/package.json')
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin: { tap: string } }
  const child = spawn(process.execPath, [join(dirname(manifest), bin.tap), ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: 'inherit',
  })
  // Ctrl-C reaches tap by itself; other signals are for this process alone.
  process.on('SIGINT', () => undefined)
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal))
  const [code] = (await once(child, 'exit')) as [number | null]
  return code ?? 1
}
