/** Servers under load, each a process of its own, and the CPU time that they use. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '#src/process/free-port.ts'

export interface ServerProcess {
  readonly url: string
  readonly pid: number
  /** CPU time of all threads since the start, those of child processes included, in ms; `undefined` where the system doesn't tell. */
  cpuMs(): number | undefined
  stop(): Promise<void>
}

/** In which Linux counts the CPU time of processes that have ended; that of threads it knows in ns. */
const TICK_MS = 10
const START_TIMEOUT_MS = 20_000

/** None outlives this process, not even if a defect ends it. */
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Starts `args` with Node and waits until `path` answers. */
export async function startProcess(
  args: readonly string[],
  path: string,
  env: (port: number) => Record<string, string>,
): Promise<ServerProcess> {
  const port = await freePort()
  const url = `http://localhost:${port}`
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env(port) }, stdio: ['ignore', 'ignore', 'inherit'] })
  running.add(child)
  child.once('exit', () => running.delete(child))
  const deadline = Date.now() + START_TIMEOUT_MS
  while (!(await answers(url + path))) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`${args.join(' ')} did not start`)
    await sleep(50)
  }
  return { url, pid: child.pid!, cpuMs: () => cpuMs(child.pid!), stop: () => stop(child) }
}

async function answers(url: string): Promise<boolean> {
  try {
    await (await fetch(url)).arrayBuffer()
    return true
  } catch {
    return false
  }
}

/** CPU time of a process and of all that it has started, in ms. */
export function cpuMs(pid: number): number | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')
    const endedTicks = Number(fields[13]) + Number(fields[14])
    const threads = readdirSync(`/proc/${pid}/task`).map((thread) =>
      Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ', 1)[0]),
    )
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter((child) => child !== '')
    const own = threads.reduce((sum, ns) => sum + ns, 0) / 1e6 + endedTicks * TICK_MS
    return children.reduce((sum, child) => sum + (cpuMs(Number(child)) ?? 0), own)
  } catch {
    return undefined
  }
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
  })
}
