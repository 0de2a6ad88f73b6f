/**
 * Bounds on what one address may ask (THREATS T18): decorates `app.limits`, the rate limits of routes. Owns counting by
 * network; failed logins are counted in the storage (login.ts), and what all may ask is load.ts's.
 */
import rateLimit from '@fastify/rate-limit'
import type { RateLimitOptions } from '@fastify/rate-limit'
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type { Config } from '../../config.ts'
import { networkOf } from '../../domain/network.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Options for a route's `config.rateLimit`; `false` when the limit is off. */
    limits: Record<'register' | 'token', RateLimitOptions | false>
  }
}

/** Addresses remembered a route. */
const REMEMBERED = 20_000

/** `Retry-After` says all that a client can use; the rest would only make every answer longer. */
const QUIET = { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false }

function routeLimit(limit: Config['rateLimitToken']): RateLimitOptions | false {
  if (limit === 'off') return false
  return { max: limit.max, timeWindow: limit.windowSeconds * 1000, keyGenerator: (request) => networkOf(request.ip) }
}

const limits: FastifyPluginAsync = async (app) => {
  await app.register(rateLimit, { global: false, cache: REMEMBERED, addHeaders: QUIET, addHeadersOnExceeding: QUIET })
  app.decorate('limits', { register: routeLimit(app.settings.rateLimitRegister), token: routeLimit(app.settings.rateLimitToken) })
}
export default fp(limits, { name: 'limits', dependencies: ['settings', 'errors'] })
