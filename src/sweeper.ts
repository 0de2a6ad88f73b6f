/** Removes what is over, in small steps, and rotates keys, while the server runs: of many nodes, the one that holds the lease. */
import type { FastifyInstance } from 'fastify'
import { newId } from './keys/random.ts'

const INTERVAL_MS = 60_000
/** Records of each kind a step: a step is one short transaction each. */
const STEP = 200
/** Steps in a row before the next pause. */
const MAX_STEPS = 50

/** Sweeps every `intervalMs` milliseconds until the app closes; the step under way then ends before the storage does. */
export function startSweeper(app: FastifyInstance, intervalMs = INTERVAL_MS): void {
  let sweeping: Promise<void> | undefined
  let closing = false
  const node = newId()

  async function sweep(): Promise<void> {
    try {
      // Should this node end without a word, another takes over after the lease is.
      const now = app.now()
      if (!(await app.storage.leases.take('sweep', node, now, now + 2 * intervalMs))) return
      for (const { kid, alg } of await app.keyset.tend(now)) app.log.info({ kid, alg }, 'signing key made')
      for (let step = 0; step < MAX_STEPS && !closing; step++) {
        if ((await app.storage.sweep(app.now(), STEP, app.settings)) === 0) return
      }
    } catch (error) {
      app.log.warn({ err: error }, 'sweeping failed, trying again later')
    } finally {
      sweeping = undefined
    }
  }

  const timer = setInterval(() => {
    sweeping ??= sweep()
  }, intervalMs)
  timer.unref()
  app.addHook('onClose', async () => {
    closing = true
    clearInterval(timer)
    await sweeping
    await app.storage.leases.delete('sweep', node).catch(() => undefined)
  })
}
