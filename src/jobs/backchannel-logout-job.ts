/** Tells clients of logouts while the server runs: what the command line caused, and what has to be tried again. */
import type { FastifyInstance } from 'fastify'
import { createSingleFlight } from '../domain/protocol/single-flight.ts'

const INTERVAL_MS = 5000

/** Looks every `intervalMs` milliseconds until the app closes; what is under way then ends before the storage does. */
export function startBackchannelLogoutJob(app: FastifyInstance, intervalMs = INTERVAL_MS): void {
  const sending = createSingleFlight<void>()
  let closing = false

  async function send(): Promise<void> {
    while (!closing && (await app.sendBackchannelLogouts()) > 0);
  }

  const timer = setInterval(() => {
    void sending.join(send)
  }, intervalMs)
  timer.unref()
  app.addHook('onClose', async () => {
    closing = true
    clearInterval(timer)
    await sending.current
  })
}
