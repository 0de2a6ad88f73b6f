/** Several processes and threads on one storage, for races that promises in one process can't have. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Worker as Thread } from 'node:worker_threads'
import type { Storage } from '#src/storage/storage.ts'
import { LOADER, UNCOUNTED } from '#test/support/processes/processes.ts'

/** Calls of one method, made at once. */
export interface Batch {
  readonly store: Exclude<keyof Storage, 'sweep' | 'ping' | 'close'>
  readonly method: string
  readonly calls: readonly (readonly unknown[])[]
}

/** A thread shares SQLite's own locks with its process; another process only shares those of the system. */
export type Kind = 'process' | 'thread'

export interface Worker {
  /** Why opening was refused; `undefined` if it wasn't. */
  readonly refused: string | undefined
  run(batch: Batch): Promise<unknown[]>
  /** Ends it without a chance to clean up. */
  kill(): Promise<void>
  close(): Promise<void>
}

/** Time limit of a worker for any task, in ms. */
const LIMIT_MS = 200_000
const SCRIPT = new URL('worker.ts', import.meta.url)

/** Starts a worker that opens `url`; resolves once it has, or was refused. */
export async function startWorker(url: string, kind: Kind = 'process'): Promise<Worker> {
  const { emitter, send, kill } = kind === 'process' ? startProcess(url) : startThread(url)
  const exited = once(emitter, 'exit')
  const [first] = (await Promise.race([once(emitter, 'message'), exited.then(() => [{ refused: 'it ended' }])])) as [{ refused?: string }]
  let over = first.refused !== undefined
  void exited.then(() => (over = true))
  return {
    refused: first.refused,
    async run(batch) {
      if (over) throw new Error('the worker has ended')
      const answer = once(emitter, 'message') as Promise<[{ outcomes: unknown[] }]>
      send(batch)
      const first = await Promise.race([answer, exited])
      if (over) throw new Error('the worker ended at work')
      const [{ outcomes }] = first as Awaited<typeof answer>
      return outcomes
    },
    async kill() {
      over = true
      kill()
      await exited
    },
    async close() {
      if (!over) send('end')
      over = true
      await exited
    },
  }
}

function startProcess(url: string) {
  const child = fork(fileURLToPath(SCRIPT), [url], {
    execArgv: LOADER,
    env: { ...process.env, ...UNCOUNTED },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    timeout: LIMIT_MS,
  })
  return { emitter: child, send: (message: Batch | 'end') => void child.send(message), kill: () => void child.kill('SIGKILL') }
}

function startThread(url: string) {
  const thread = new Thread(SCRIPT, { workerData: url })
  return { emitter: thread, send: (message: Batch | 'end') => thread.postMessage(message), kill: () => void thread.terminate() }
}

/** Starts a worker of each kind at once. */
export const startWorkers = (url: string, kinds: readonly Kind[]): Promise<Worker[]> =>
  Promise.all(kinds.map((kind) => startWorker(url, kind)))
