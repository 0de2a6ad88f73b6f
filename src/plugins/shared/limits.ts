/**
 * Bounds on what one address may ask, and on what all may (THREATS T18): decorates `app.limits`, the rate limits of
 * routes, and `app.createFetchLimit()`. Owns counting by network, and turning requests away under pressure and while closing; failed logins are
 * counted in the storage (login.ts).
 */
import rateLimit from '@fastify/rate-limit'
import type { RateLimitOptions } from '@fastify/rate-limit'
import underPressure from '@fastify/under-pressure'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Config } from '../../config.ts'
import { OAuthError } from '../../domain/errors.ts'
import { networkOf } from '../../domain/network.ts'

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
/**
 * A mean event-loop delay beyond which new requests are turned away, so that those under way finish; measured over a
 * time in which one long pause (a slow disk, a start on a busy machine) is no overload yet.
 */
const MAX_EVENT_LOOP_DELAY_MS = 1000
const MEASURED_OVER_MS = 2500

/** `Retry-After` says all that a client can use; the rest would only make every answer longer. */
const QUIET = { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false }

function routeLimit(limit: Config['rateLimitToken']): RateLimitOptions | false {
  if (limit === 'off') return false
  return { max: limit.max, timeWindow: limit.windowSeconds * 1000, keyGenerator: (request) => networkOf(request.ip) }
}

const limits: FastifyPluginAsync = async (app) => {
  await app.register(underPressure, { maxEventLoopDelay: MAX_EVENT_LOOP_DELAY_MS, sampleInterval: MEASURED_OVER_MS, retryAfter: 5 })
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

  // What is under way finishes; what still comes in over an open connection goes elsewhere.
  let closing = false
  app.addHook('preClose', async () => {
    closing = true
  })
  app.addHook('onRequest', (_request, _reply, done) => {
    if (closing) done(new OAuthError('temporarily_unavailable', 'the server is stopping: try again in a few seconds'))
    else done()
  })
}
export default fp(limits, { name: 'limits', dependencies: ['settings', 'errors'] })
