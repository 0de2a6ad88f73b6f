/** One node of the authorization server: a process of its own, as `npm start` would be on another machine. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../src/process/free-port.ts'

export interface Node {
  readonly name: string
  readonly port: number
  readonly pid: number
  /** Resolves when the process has ended, no matter who ended it. */
  readonly ended: Promise<unknown>
  /** Lets it finish its work, and end. */
  stop(): Promise<void>
}

const SERVER = fileURLToPath(new URL('../../src/server.ts', import.meta.url))
const START_LIMIT_MS = 60_000

/**
 * Starts a node, and resolves once it is ready.
 *
 * @param env the settings; all nodes have the same ones but for their port
 */
export async function startNode(name: string, env: Record<string, string>): Promise<Node> {
  const port = await freePort()
  const child = spawn(process.execPath, [...process.execArgv, SERVER], {
    env: { ...process.env, ...env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
    detached: true, // Ctrl-C reaches us alone, so that all end in order
  })
  const ended = once(child, 'exit')
  const deadline = Date.now() + START_LIMIT_MS
  while (!(await isReady(port))) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`${name} does not start`)
    await wait(50)
  }
  async function stop(): Promise<void> {
    child.kill('SIGTERM')
    await ended
  }
  return { name, port, pid: child.pid!, ended, stop }
}

async function isReady(port: number): Promise<boolean> {
  return fetch(`http://localhost:${port}/readyz`).then(
    (response) => response.ok,
    () => false,
  )
}
