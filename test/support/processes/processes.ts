/** The server and the command line as processes of their own: bounded in time, on the loopback interface, ended with the test. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConfigSchema } from '#src/config/schema.ts'

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
/** What runs TypeScript as it runs the tests, so that coverage comes out right. */
export const LOADER = ['--import', new URL('../../loader/register.mjs', import.meta.url).href]
/** What runs TypeScript as in development: it knows of `paths` in tsconfig.json. */
export const TSX = ['--import', import.meta.resolve('tsx')]
/**
 * Coverage counts what our loader runs: the lines of another, or of what is built, are others and would spoil the sum. What
 * isn't counted starts without tap's own preparations, too, which NODE_OPTIONS hands on.
 */
export const UNCOUNTED = { _TAPJS_PROCESSINFO_COVERAGE_: '0', NODE_OPTIONS: '' }

/** The arguments that run a script of the checkout, for a process that isn't counted: its bundle, if `npm test` made one (runner/bundle.ts). */
export function uncounted(script: string): string[] {
  const { SERVER_BUNDLES: bundles } = process.env
  const bundle = bundles && join(bundles, relative(ROOT, script).replace(/\.ts$/, '.mjs'))
  return bundle && existsSync(bundle) ? [bundle] : [...LOADER, script]
}

/** No process of a test lives longer, in milliseconds. */
const LIFETIME_MS = 120_000

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  /** What was printed so far. */
  stdout(): string
  readonly ended: Promise<Ended>
  /** Resolves once standard output holds `text`; rejects if the process ends before. */
  printed(text: string | RegExp): Promise<string>
}

export interface SpawnOptions {
  /** The working directory: where `data/` and `.env` are. */
  cwd: string
  /** Variables of the configuration: none else is set. */
  env?: Record<string, string>
  /** Which Node runs it, if not this one. */
  command?: string
  /** Options of Node itself. */
  nodeOptions?: string[]
  /** What runs TypeScript, if not what runs the tests. Without coverage. */
  loader?: readonly string[]
  /** Whether what it runs counts for coverage. By default it doesn't: then a server starts in half the CPU time. */
  counts?: boolean
  ipc?: boolean
  input?: string
}

type Teardown = { teardown(fn: () => unknown): unknown }

/** @param script a file of the checkout, such as `src/server.ts`, or an absolute path */
export function spawnNode(t: Teardown, script: string, args: readonly string[], options: SpawnOptions): Running {
  const { cwd, env = {}, command = process.execPath, nodeOptions = [], counts = false, ipc = false, input } = options
  const file = script.startsWith('/') ? script : `${ROOT}${script}`
  const { loader = file.endsWith('.ts') ? LOADER : [] } = options
  const isOurs = loader === LOADER
  const run = isOurs && !counts ? uncounted(file) : [...loader, file]
  const child = spawn(command, [...nodeOptions, ...run, ...args], {
    cwd,
    env: { ...inherited(), ...(isOurs && counts ? {} : UNCOUNTED), ...env },
    stdio: ['pipe', 'pipe', 'pipe', ...(ipc ? (['ipc'] as const) : [])],
  })
  const limit = setTimeout(() => child.kill('SIGKILL'), LIFETIME_MS)
  let stdout = ''
  let stderr = ''
  const watchers = new Set<() => void>()
  child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk
    for (const watcher of watchers) watcher()
  })
  child.stderr!.setEncoding('utf8').on('data', (chunk: string) => void (stderr += chunk))
  const ended = new Promise<Ended>((resolve) =>
    child.once('close', (code, signal) => {
      clearTimeout(limit)
      resolve({ code, signal, stdout, stderr })
    }),
  )
  t.teardown(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await ended
  })
  child.stdin!.on('error', () => undefined) // a process that ended doesn't read on
  child.stdin!.end(input ?? '')
  return {
    child,
    stdout: () => stdout,
    ended,
    printed: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (typeof text === 'string' ? stdout.includes(text) : text.test(stdout)) resolve(stdout)
        }
        watchers.add(look)
        look()
        void ended.then((end) => reject(new Error(`ended before it printed ${String(text)}: ${JSON.stringify(end)}`)))
      }),
  }
}

/** The server, once it listens; its address is the default issuer with a free port. */
export async function spawnServer(t: Teardown, options: SpawnOptions, script = 'src/server.ts'): Promise<Running & { issuer: string }> {
  const running = spawnNode(t, script, [], { ...options, env: { PORT: '0', ...options.env } })
  const output = await running.printed('is the issuer')
  const issuer = /ready: (\S+) is the issuer/.exec(output)![1]!
  return { ...running, issuer }
}

/** The log, which is JSON where standard output is no terminal. */
export function logLines(stdout: string): { level: number; msg: string; reqId?: string }[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ReturnType<typeof logLines>[number])
}

/** The environment of the tests, without what would configure the server. */
export function inherited(): NodeJS.ProcessEnv {
  const names = new Set(['NO_COLOR', ...Object.values(ConfigSchema.properties).map(({ variable }) => variable.name)])
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !names.has(name) && !name.startsWith('RAILWAY_')))
}
