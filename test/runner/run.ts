/**
 * `npm test`: runs every test file, several to a process (plan.ts), on one PostgreSQL, and asks for full coverage of `src`.
 * Files or folders given as arguments run as with `npx tap`: each in its own process, without coverage.
 *
 * PostgreSQL is started here and not in tap's `before`, because that process ends before the tests begin. This one lives as long
 * as the run, and the server ends with it, even if it is killed.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startEmbedded } from '../support/processes/embedded-postgres.ts'
import { bundleServers } from './bundle.ts'
import { planTasks } from './plan.ts'
import { findSkipped, renderSkipped } from './skipped.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** One file for each process. tap ignores this folder. */
const GROUPS = '.tap/groups'
const RESULTS = join(ROOT, '.tap/test-results', GROUPS)
/** Chooses the moments of kills: the same ones in each run, unless FAULTS_SEED asks for others. */
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
  rmSync(RESULTS, { recursive: true, force: true }) // else results of groups that no longer exist would be counted
  const code = await runTap(['--no-allow-empty-coverage', ...flags, ...files], {
    FAULTS_SEED: process.env['FAULTS_SEED'] ?? SEED,
    SERVER_BUNDLES: await bundleServers(ROOT),
    COVER: postgres === undefined ? 'all but PostgreSQL' : 'all',
    ...(postgres !== undefined && { SHARED_POSTGRES_URL: postgres }),
  })
  notes.push(...renderSkipped(findSkipped(RESULTS)))
  for (const note of notes) console.log(`# ${note}`)
  return code
}

/** Returns the URL of a server for all tests, or undefined if none can be started or TEST_POSTGRES_URL names another one. */
async function sharePostgres(notes: string[]): Promise<string | undefined> {
  const uncovered = 'The coverage of src/storage/postgres is not checked'
  if (process.env['TEST_POSTGRES_URL'] !== undefined) {
    notes.push(`${uncovered}: no test may stop or change the server of TEST_POSTGRES_URL.`)
    return undefined
  }
  try {
    return (await startEmbedded({ teardown: (end) => endings.unshift(end) }, { connections: 200 })).url
  } catch (error) {
    notes.push(`${uncovered}: PostgreSQL can't be started here: ${(error as Error).message}`)
    return undefined
  }
}

/** Writes a file for each task of the plan: tap runs these. */
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

/** Runs tap in the foreground and returns its exit code. */
async function runTap(args: readonly string[], env: Record<string, string>): Promise<number> {
  const manifest = createRequire(import.meta.url).resolve('tap/package.json')
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin: { tap: string } }
  const child = spawn(process.execPath, [join(dirname(manifest), bin.tap), ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: 'inherit',
  })
  // Ctrl-C reaches tap without our help; the other signals don't.
  process.on('SIGINT', () => undefined)
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal))
  const [code] = (await once(child, 'exit')) as [number | null]
  return code ?? 1
}
