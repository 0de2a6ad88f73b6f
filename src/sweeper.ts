/** Removes what is over, in small steps, while the server runs. */
import type { FastifyInstance } from 'fastify'

const INTERVAL_MS = 60_000
/** Records of each kind a step: a step is one short transaction each. */
const STEP = 200
/** Steps in a row before the next pause. */
const MAX_STEPS = 50

export function startSweeper(app: FastifyInstance): void {
  async function sweep(): Promise<void> {
    for (let step = 0; step < MAX_STEPS; step++) {
      if ((await app.storage.sweep(app.now(), STEP, app.settings)) === 0) return
    }
  }
  const timer = setInterval(() => {
    sweep().catch((error: unknown) => app.log.warn({ err: error }, 'sweeping failed, trying again later'))
  }, INTERVAL_MS)
  timer.unref()
  app.addHook('onClose', () => clearInterval(timer))
}
