/** Several processes over one storage, for races that promises within one process can't have. */
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Storage } from '../../src/storage/storage.ts'

/** Calls of one method, made together. */
export interface Batch {
  readonly store: Exclude<keyof Storage, 'sweep' | 'ping' | 'close'>
  readonly method: string
  readonly calls: readonly (readonly unknown[])[]
}

export interface Worker {
  readonly process: ChildProcess
  /** How opening ended: `undefined`, or why it was refused. */
  readonly refused: string | undefined
  run(batch: Batch): Promise<unknown[]>
  /** Ends the process without any chance to tidy up. */
  kill(): Promise<void>
  close(): Promise<void>
}

/** How long a worker may take for anything, in ms. */
const LIMIT_MS = 60_000

/** Starts a process that opens `url`; resolves once it has, or was refused. */
export async function startWorker(url: string): Promise<Worker> {
  const child = fork(fileURLToPath(new URL('worker.ts', import.meta.url)), [url], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], timeout: LIMIT_MS })
  const exited = once(child, 'exit')
  const [first] = (await Promise.race([once(child, 'message'), exited.then(() => [{ refused: 'it ended' }])])) as [{ refused?: string }]
  return {
    process: child,
    refused: first.refused,
    async run(batch) {
      const answer = once(child, 'message') as Promise<[{ outcomes: unknown[] }]>
      child.send(batch)
      const [{ outcomes }] = await answer
      return outcomes
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
    async close() {
      if (child.connected) child.disconnect()
      await exited
    },
  }
}

/** `count` workers that start together. */
export const startWorkers = (url: string, count: number): Promise<Worker[]> => Promise.all(Array.from({ length: count }, () => startWorker(url)))
