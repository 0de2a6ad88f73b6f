/**
 * Delivers what is due while the server runs: back-channel logouts, events of the audit log. Owns when; not what is sent, nor when it is
 * tried again (storage/stores/outbox.ts).
 */
import type { FastifyInstance } from 'fastify'
import { createSingleFlight } from '../domain/protocol/single-flight.ts'

const INTERVAL_MS = 5000

/** Delivers a few; returns how many there were, and never throws. */
export type Deliver = () => Promise<number>

/** Looks for them every `intervalMs` milliseconds until the app closes. A run in progress then finishes before the storage closes. */
export function startOutboxJob(app: FastifyInstance, deliver: Deliver, intervalMs = INTERVAL_MS): void {
  const delivering = createSingleFlight<void>()
  let closing = false

  async function run(): Promise<void> {
    while (!closing && (await deliver()) > 0);
  }

  const timer = setInterval(() => {
    void delivering.join(run)
  }, intervalMs)
  timer.unref()
  app.addHook('onClose', async () => {
    closing = true
    clearInterval(timer)
    await delivering.current
  })
}
