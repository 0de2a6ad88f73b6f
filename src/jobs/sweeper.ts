/** Deletes expired records in small steps and rotates keys while the server runs. Of several nodes, the lease holder does it. */
import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { createSingleFlight } from '../domain/protocol/single-flight.ts'
import { newId } from '../crypto/random.ts'

const INTERVAL_MS = 60_000
/**
 * Records of each kind per step. Each kind is a short transaction of its own: with SQLite, requests wait for it, and in a large
 * database it takes milliseconds.
 */
const STEP = 50
/** After a step, requests have the database to themselves for this many times as long. */
const REST = 3
/** Fraction of the interval that a sweep may use, so that the lease is renewed in time. */
const SHARE = 0.9

/** How the sweeper measures time and rests, in ms. */
export interface SweeperTimes {
  /** A monotonic clock. */
  readonly elapsed?: () => number
  readonly rest?: (ms: number, signal: AbortSignal) => Promise<unknown>
}

/** Sweeps every `intervalMs` milliseconds until the app closes. A step in progress then finishes before the storage closes. */
export function startSweeper(
  app: FastifyInstance,
  intervalMs = INTERVAL_MS,
  { elapsed = () => performance.now(), rest = (ms, signal) => pause(ms, undefined, { signal }).catch(() => undefined) }: SweeperTimes = {},
): void {
  const sweeping = createSingleFlight<void>()
  const closing = new AbortController()
  const node = newId()
  let sweptAt = 0
  app.meter.watch('swept', () => [{ labels: {}, value: sweptAt / 1000 }])

  async function sweep(): Promise<void> {
    try {
      // If this node dies, another takes over when the lease expires.
      const now = app.now()
      if (!(await app.storage.leases.take('sweep', node, now, now + 2 * intervalMs))) return
      for (const { kid, alg } of await app.keyset.rotateDue(now)) app.log.info({ kid, alg }, 'signing key made')
      const until = elapsed() + SHARE * intervalMs
      for (let begun = elapsed(); begun < until && !closing.signal.aborted; begun = elapsed()) {
        const removed = await app.storage.sweep(app.now(), STEP, app.settings)
        if (removed === 0) return void (sweptAt = app.now())
        app.meter.count('swept', {}, removed)
        await rest(REST * (elapsed() - begun), closing.signal)
      }
    } catch (error) {
      app.meter.count('sweepFailures', {})
      app.log.warn({ err: error }, 'sweeping failed, trying again later')
    }
  }

  const timer = setInterval(() => {
    void sweeping.join(sweep)
  }, intervalMs)
  timer.unref()
  app.addHook('onClose', async () => {
    closing.abort()
    clearInterval(timer)
    await sweeping.current
    await app.storage.leases.delete('sweep', node).catch(() => undefined)
  })
}
