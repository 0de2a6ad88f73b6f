/** The metrics of all workers as one sum: the primary asks each of them. */
import cluster from 'node:cluster'
import { lasting, together } from '../../metrics/prometheus.ts'
import type { Snapshot } from '../../metrics/prometheus.ts'
import type { Asked, Answered } from './metrics.ts'

/** A worker that is too busy to answer in time counts as it was. */
const PATIENCE_MS = 2000

/** What is needed of a worker, and of the cluster. */
export interface AskedWorker {
  readonly id: number
  isConnected(): boolean
  send(message: Asked): boolean
}
export interface Workers {
  all(): readonly AskedWorker[]
  onMessage(listener: (worker: Pick<AskedWorker, 'id'>, message: Partial<Answered>) => void): void
  onExit(listener: (worker: Pick<AskedWorker, 'id'>) => void): void
}

const clusterWorkers = (): Workers => ({
  all: () => Object.values(cluster.workers!).filter((worker) => worker !== undefined),
  onMessage: (listener) => void cluster.on('message', listener),
  onExit: (listener) => void cluster.on('exit', listener),
})

/** @returns the sum as Prometheus reads it. What workers counted that have ended stays in it. */
export function sumOfWorkers(workers = clusterWorkers(), patienceMs = PATIENCE_MS): () => Promise<string> {
  const last = new Map<number, Snapshot>()
  const waiting = new Map<number, (id: number) => void>()
  let ended: Snapshot[] = []
  let asked = 0

  workers.onMessage(({ id }, { metricsOf, snapshot }) => {
    if (metricsOf === undefined) return
    last.set(id, snapshot!)
    waiting.get(metricsOf)?.(id)
  })
  workers.onExit(({ id }) => {
    ended.push(lasting(last.get(id) ?? []))
    last.delete(id)
  })

  async function ask(): Promise<void> {
    const there = workers.all().filter((worker) => worker.isConnected())
    const missing = new Set(there.map(({ id }) => id))
    if (missing.size === 0) return
    const number = asked++
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, patienceMs)
      waiting.set(number, (id) => {
        missing.delete(id)
        if (missing.size > 0) return
        clearTimeout(timer)
        resolve()
      })
      for (const worker of there) worker.send({ metricsWanted: number })
    })
    waiting.delete(number)
  }

  return async () => {
    await ask()
    // Those that have ended become one, so that a worker that keeps ending fills no memory.
    ended = [await together(ended.splice(0)).snapshot(), ...ended]
    return together([...last.values(), ...ended]).text()
  }
}
