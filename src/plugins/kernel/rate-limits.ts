/**
 * Bounds on what one address may ask (threat-model.md T18): decorates `app.limits`, the rate limits of routes, and
 * `app.createFetchLimit()`. Owns counting by network; failed logins are counted in the storage (login.ts), and what all may
 * ask is load.ts's.
 */
import rateLimit from '@fastify/rate-limit'
import type { RateLimitOptions } from '@fastify/rate-limit'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Config } from '../../config/config.ts'
import { networkOf } from '../../domain/protocol/network.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Options for a route's `config.rateLimit`; `false` when the limit is off. */
    limits: Record<'register' | 'token', RateLimitOptions | false>
    /** Counts what a request makes the server fetch, as much work as a registration; whether its address has caused too much. Each caller counts for itself. */
    createFetchLimit(): (request: FastifyRequest) => Promise<boolean>
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

  app.decorate('createFetchLimit', () => {
    if (app.limits.register === false) return async () => false
    const count = app.createRateLimit(app.limits.register)
    return async (request) => {
      const counted = await count(request)
      return !counted.isAllowed && counted.isExceeded
    }
  })
}
export default fp(limits, { name: 'limits', dependencies: ['settings', 'errors'] })
