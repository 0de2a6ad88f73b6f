/** Tells clients of logouts while the server runs: what the command line caused, and what has to be tried again. */
import type { FastifyInstance } from 'fastify'

const INTERVAL_MS = 5000

/** Looks every `intervalMs` milliseconds until the app closes; what is under way then ends before the storage does. */
export function startBackchannelLogoutJob(app: FastifyInstance, intervalMs = INTERVAL_MS): void {
  let telling: Promise<void> | undefined
  let closing = false

  async function tell(): Promise<void> {
    while (!closing && (await app.sendBackchannelLogouts()) > 0);
    telling = undefined
  }

  const timer = setInterval(() => {
    telling ??= tell()
  }, intervalMs)
  timer.unref()
  app.addHook('onClose', async () => {
    closing = true
    clearInterval(timer)
    await telling
  })
}
