/** Asks providers again about people who are in use, while the server runs. Of several nodes, the lease holder does it. */
import type { FastifyInstance } from 'fastify'
import { createSingleFlight } from '../domain/protocol/single-flight.ts'
import { newId } from '../crypto/random.ts'

/** With the nine minutes after which somebody is due, and the time that a provider takes, within ten minutes. */
const INTERVAL_MS = 20_000

/** Looks every `intervalMs` milliseconds until the app closes. A run in progress then finishes before the storage closes. */
export function startIdentityChecksJob(app: FastifyInstance, intervalMs = INTERVAL_MS): void {
  const checking = createSingleFlight<void>()
  const node = newId()
  let closing = false

  async function check(): Promise<void> {
    do {
      // If this node dies, another takes over when the lease expires.
      const now = app.now()
      if (!(await app.storage.leases.take('identity checks', node, now, now + 3 * intervalMs).catch(() => false))) return
    } while (!closing && (await app.checkIdentities()) > 0)
  }

  const timer = setInterval(() => {
    void checking.join(check)
  }, intervalMs)
  timer.unref()
  app.addHook('onClose', async () => {
    closing = true
    clearInterval(timer)
    await checking.current
    await app.storage.leases.delete('identity checks', node).catch(() => undefined)
  })
}
