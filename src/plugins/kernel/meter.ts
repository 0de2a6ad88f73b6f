/** Decorates `app.meter`: what is counted and measured. Owns nothing else (src/metrics). */
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type { Meter } from '../../metrics/meter.ts'

declare module 'fastify' {
  interface FastifyInstance {
    meter: Meter
  }
}

const meterPlugin: FastifyPluginAsync<{ meter: Meter }> = async (app, { meter }) => {
  app.decorate('meter', meter)
}
export default fp(meterPlugin, { name: 'meter' })
