/** Decorates `app.now()`: milliseconds since the epoch. The only source of time for plugins; tests set it. */
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyInstance {
    now(): number
  }
}

const clock: FastifyPluginAsync<{ now: () => number }> = async (app, { now }) => {
  app.decorate('now', now)
}
export default fp(clock, { name: 'clock' })
