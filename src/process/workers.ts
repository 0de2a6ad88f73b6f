/**
 * Uses every core of one machine: worker processes share the port, and each is a whole server (process/serve.ts). Like nodes on
 * several machines, they share the database and nothing else.
 */
import cluster from 'node:cluster'
import type { Worker } from 'node:cluster'
import { setTimeout as wait } from 'node:timers/promises'
import Fastify from 'fastify'
import type { FastifyBaseLogger, FastifyServerOptions } from 'fastify'
import type { Config } from '../config/config.ts'
import { renderProtection } from '../domain/gate/upstream-address.ts'
import { resolvePort } from './free-port.ts'
import { listenForMetrics } from './metrics/listener.ts'

/** How soon another worker replaces one that ended, in ms: later each time, until one has lived for a while. */
const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 30_000
const LIVED_MS = 60_000

/**
 * How long to wait before a worker that ended is replaced, in ms.
 *
 * @param lived how long it ran, in ms
 * @param before the previous wait, if there was one
 */
export const pauseAfter = (lived: number, before?: number): number =>
  before === undefined || lived > LIVED_MS ? FIRST_PAUSE_MS : Math.min(2 * before, LONGEST_PAUSE_MS)

/** What was given as words, not as a variable. */
const protectedBy = ({ protect = [] }: Config): { PROTECT?: string } =>
  protect.length === 0 ? {} : { PROTECT: protect.map(renderProtection).join(',') }

/**
 * Starts one worker, which migrates the database, and the others once it listens. Replaces workers that end. A signal goes to
 * all of them, and this process ends with the last one.
 *
 * @returns `undefined` if the first one couldn't start; it has printed the reason
 */
export async function startWorkers(
  given: Config,
  logger: NonNullable<FastifyServerOptions['logger']>,
): Promise<{ settings: Config; log: FastifyBaseLogger } | undefined> {
  const settings = await resolvePort(given)
  const { log } = Fastify({ logger })
  if (settings.metricsListen !== undefined) {
    const { sumOfWorkers } = await import('./metrics/worker-sum.ts')
    await listenForMetrics(settings.metricsListen, sumOfWorkers())
  }
  const stopping = new AbortController()
  const workers = new Set<Worker>()
  let pause: number | undefined
  let running = false

  function startWorker(): Worker {
    const worker = cluster.fork({ PORT: String(settings.port), ISSUER: settings.issuer, ...protectedBy(settings) })
    const startedAt = performance.now()
    workers.add(worker)
    worker.once('listening', () => log.info({ worker: worker.process.pid }, 'worker started'))
    worker.once('exit', (code, signal) => {
      workers.delete(worker)
      if (stopping.signal.aborted && code > 0) process.exitCode = 1
      if (stopping.signal.aborted || !running) return
      pause = pauseAfter(performance.now() - startedAt, pause)
      log.error({ worker: worker.process.pid, code, signal, pause }, 'a worker ended: another one takes its place')
      void wait(pause, undefined, { signal: stopping.signal }).then(startWorker, () => undefined)
    })
    return worker
  }

  // Ctrl-C reaches the workers directly; they take this signal for its echo (process/stop.ts).
  function stop(signal: NodeJS.Signals): void {
    stopping.abort()
    for (const worker of workers) worker.process.kill(signal)
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, stop)

  const first = startWorker()
  running = await new Promise<boolean>((resolve) => {
    first.once('listening', () => resolve(true))
    first.once('exit', () => resolve(false))
  })
  if (!running) return undefined
  for (let more = 1; more < settings.workers; more++) startWorker()
  return { settings, log }
}
