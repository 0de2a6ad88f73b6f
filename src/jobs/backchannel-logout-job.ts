/** Sends pending back-channel logouts while the server runs: those that the command line caused, and those to retry. */
import type { FastifyInstance } from 'fastify'
import { createSingleFlight } from '../domain/protocol/single-flight.ts'

const INTERVAL_MS = 5000

/** Looks for them every `intervalMs` milliseconds until the app closes. A run in progress then finishes before the storage closes. */
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
