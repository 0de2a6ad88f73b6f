/** A real server process over a database in a temporary folder, to stop, to kill and to start again. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from '#src/process/free-port.ts'
import { ROOT, UNCOUNTED, inherited, uncounted } from './processes.ts'

type Teardown = { teardown(fn: () => unknown): unknown }

const SERVER = join(ROOT, 'src/server.ts')
/** Longest time for a start or a stop, in ms; the test fails after it. */
const PATIENCE_MS = 30_000

export interface Installation {
  readonly issuer: string
  /** The settings of every process; none of ours gets through to it. */
  readonly env: Readonly<Record<string, string>>
  readonly folder: string
}

/** A folder of its own, a free port, and the settings that say so. */
export async function createInstallation(t: Teardown, more: Record<string, string> = {}): Promise<Installation> {
  const folder = mkdtempSync(join(tmpdir(), 'solar-system-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const port = await freePort()
  const env = { PORT: String(port), DATABASE_URL: `sqlite:${join(folder, 'solar.db')}`, LOG_LEVEL: 'warn', ...more }
  return { issuer: `http://localhost:${port}`, env, folder }
}

export interface Program {
  readonly script?: string
  readonly nodeOptions?: readonly string[]
}

export interface ServerProcess {
  readonly pid: number
  /** Resolves once it can answer; rejects if it ended, or after a time. */
  ready(): Promise<void>
  /** Ends it by the signal, and resolves with how it ended once it has. */
  end(signal: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

/**
 * Starts the server as `npm start` does, from its source, or another script in its place; resolves once it is ready. It
 * doesn't count for coverage, so that it starts sooner. `npm test` has it bundled, for the same reason.
 */
export async function startServer(
  t: Teardown,
  { issuer, env, folder }: Installation,
  { script = SERVER, nodeOptions = [] }: Program = {},
): Promise<ServerProcess> {
  const options = {
    cwd: folder,
    env: { ...inherited(), ...env, ...UNCOUNTED },
    stdio: ['ignore', 'ignore', 'pipe'] as ['ignore', 'ignore', 'pipe'],
  }
  const child = spawn(process.execPath, [...nodeOptions, ...uncounted(script)], options)
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  t.teardown(() => child.kill('SIGKILL'))
  async function ready(): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS
    while (!(await isReady(issuer))) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the server stopped instead of starting:\n${said}`)
      if (Date.now() > deadline) throw new Error(`the server was not ready in time:\n${said}`)
      await wait(25)
    }
  }
  await ready()
  return { pid: child.pid!, ready, end: (signal) => end(child, signal) }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): ReturnType<ServerProcess['end']> {
  const exit = once(child, 'exit', { signal: AbortSignal.timeout(PATIENCE_MS) })
  child.kill(signal)
  await exit
  return { code: child.exitCode, signal: child.signalCode }
}

async function isReady(issuer: string): Promise<boolean> {
  try {
    const response = await fetch(`${issuer}/readyz`, { signal: AbortSignal.timeout(2000) })
    await response.arrayBuffer()
    return response.ok
  } catch {
    return false
  }
}
