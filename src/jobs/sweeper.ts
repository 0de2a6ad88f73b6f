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

/** How it measures and spends time, in ms. */
export interface SweeperTimes {
  /** A clock that never goes back. */
  readonly elapsed?: () => number
  readonly rest?: (ms: number, signal: AbortSignal) => Promise<unknown>
}

/** Sweeps every `intervalMs` milliseconds until the app closes; the step under way then ends before the storage does. */
export function startSweeper(
  app: FastifyInstance,
  intervalMs = INTERVAL_MS,
  { elapsed = () => performance.now(), rest = (ms, signal) => pause(ms, undefined, { signal }).catch(() => undefined) }: SweeperTimes = {},
): void {
  const sweeping = createSingleFlight<void>()
  const closing = new AbortController()
  const node = newId()

  async function sweep(): Promise<void> {
    try {
      // Should this node end without a word, another takes over after the lease is.
      const now = app.now()
      if (!(await app.storage.leases.take('sweep', node, now, now + 2 * intervalMs))) return
      for (const { kid, alg } of await app.keyset.rotateDue(now)) app.log.info({ kid, alg }, 'signing key made')
      const until = elapsed() + SHARE * intervalMs
      for (let begun = elapsed(); begun < until && !closing.signal.aborted; begun = elapsed()) {
        if ((await app.storage.sweep(app.now(), STEP, app.settings)) === 0) return
        await rest(REST * (elapsed() - begun), closing.signal)
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
