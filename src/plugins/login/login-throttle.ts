/**
 * Decorates `app.throttle()`: bounds what people may try out, passwords and the codes of devices (threat-model.md T15). Owns
 * the counting; what was right is taken back by whoever asked.
 */
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'

/** Who tries: somebody, from some address. */
export interface Attempt {
  readonly own: string
  readonly address: string
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Counts an attempt before it is validated; how long to wait in ms, 0 if it may go on. */
    throttle(attempt: Attempt): Promise<number>
  }
}

/** An address may fail this many times as often as a person: offices share addresses. */
const ADDRESS_FACTOR = 5

const attempts: FastifyPluginAsync = async (app) => {
  const { rateLimitLogin } = app.settings
  const { loginAttempts } = app.storage

  app.decorate('throttle', async ({ own, address }) => {
    if (rateLimitLogin === 'off') return 0
    const now = app.now()
    const windowEnd = now + rateLimitLogin.windowSeconds * 1000
    const ofAddress = await loginAttempts.count(address, now, windowEnd)
    // An address that is over its own limit must not go on to lock accounts.
    if (ofAddress.attempts > rateLimitLogin.max * ADDRESS_FACTOR) return ofAddress.expiresAt - now
    const ofOwn = await loginAttempts.count(own, now, windowEnd)
    return ofOwn.attempts > rateLimitLogin.max ? ofOwn.expiresAt - now : 0
  })
}
export default fp(attempts, { name: 'attempts', dependencies: ['settings', 'storage', 'clock'] })
