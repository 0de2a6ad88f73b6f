/** Removes what is over, in small steps, and rotates keys, while the server runs: of many nodes, the one that holds the lease. */
import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { createSingleFlight } from '../domain/protocol/single-flight.ts'
import { newId } from '../crypto/random.ts'

const INTERVAL_MS = 60_000
/** Records of each kind a step, a short transaction for each kind: with SQLite, requests wait for one, and a large database takes milliseconds. */
const STEP = 50
/** After a step requests have the database for themselves for as many times as long. */
const REST = 3
/** Of the time until the next turn, what may be spent on this one: each turn begins with the lease. */
const SHARE = 0.9

/** Sweeps every `intervalMs` milliseconds until the app closes; the step under way then ends before the storage does. */
export function startSweeper(app: FastifyInstance, intervalMs = INTERVAL_MS): void {
  const sweeping = createSingleFlight<void>()
  const closing = new AbortController()
  const node = newId()

  async function sweep(): Promise<void> {
    try {
      // Should this node end without a word, another takes over after the lease is.
      const now = app.now()
      if (!(await app.storage.leases.take('sweep', node, now, now + 2 * intervalMs))) return
      for (const { kid, alg } of await app.keyset.rotateDue(now)) app.log.info({ kid, alg }, 'signing key made')
      const until = performance.now() + SHARE * intervalMs
      for (let begun = performance.now(); begun < until && !closing.signal.aborted; begun = performance.now()) {
        if ((await app.storage.sweep(app.now(), STEP, app.settings)) === 0) return
        await pause(REST * (performance.now() - begun), undefined, { signal: closing.signal }).catch(() => undefined)
      }
    } catch (error) {
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
