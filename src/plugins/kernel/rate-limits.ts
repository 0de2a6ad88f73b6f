/**
 * Limits for each client network (threat-model.md T18): decorates `app.limits`, the rate limits of routes. Owns counting by network;
 * not failed logins (login/login-throttle.ts), nor the load of the whole server (load-shedding.ts).
 */
import rateLimit from '@fastify/rate-limit'
import type { RateLimitOptions } from '@fastify/rate-limit'
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { Lru } from 'toad-cache'
import type { Config } from '../../config/config.ts'
import { OAuthError } from '../../domain/protocol/errors.ts'
import { NETWORKS_OF_A_SITE, hasManyNetworks, networkOf, siteOf } from '../../domain/protocol/network.ts'
import { tooManyRequests } from './errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Options for a route's `config.rateLimit`; `false` when the limit is off. */
    limits: Record<'register' | 'token', RateLimitOptions | false> & {
      /** Hooks for the routes that change registrations: all of them share one limit, since each leaves something behind. */
      readonly registrationHooks: Count[]
    }
  }
}

/** Counts a request, and refuses it if that is one too many. */
type Count = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>

/** Networks remembered for each route. */
const REMEMBERED = 20_000

/** `Retry-After` is all that a client can use; the others would only make every answer longer. */
const QUIET = { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false }

function routeLimit(limit: Config['rateLimitToken']): RateLimitOptions | false {
  if (limit === 'off') return false
  return { max: limit.max, timeWindow: limit.windowSeconds * 1000, keyGenerator: (request) => networkOf(request.ip) }
}

const rateLimits: FastifyPluginAsync = async (app) => {
  await app.register(rateLimit, { global: false, cache: REMEMBERED, addHeaders: QUIET, addHeadersOnExceeding: QUIET })
  const limits = { register: routeLimit(app.settings.rateLimitRegister), token: routeLimit(app.settings.rateLimitToken) }
  const registrationHooks = limits.register === false ? [] : [app.rateLimit(limits.register), countSites(app, limits.register)]
  app.decorate('limits', { ...limits, registrationHooks })
  app.addHook('onRoute', (route) => {
    const limit = route.config?.rateLimit
    // @fastify/rate-limit has just put its own hook there.
    if (limit) route.onRequest = [route.onRequest!, countSites(app, limit)].flat()
  })
}

/** Counts a request for the limit of its IPv6 site; seconds to wait if that is one too many, 0 if not. */
function createSiteCount(app: FastifyInstance, limit: RateLimitOptions): (request: FastifyRequest) => Promise<number> {
  const max = Number(limit.max) * NETWORKS_OF_A_SITE
  const count = app.createRateLimit({ ...limit, max, keyGenerator: (request) => siteOf(request.ip) })
  return async (request) => {
    if (!hasManyNetworks(request.ip)) return 0
    const counted = await count(request)
    return !counted.isAllowed && counted.isExceeded ? counted.ttlInSeconds : 0
  }
}

/** One IPv6 site has 65,536 networks, each with a limit of its own: together they may do as much as a few. */
function countSites(app: FastifyInstance, limit: RateLimitOptions): Count {
  const count = createSiteCount(app, limit)
  return async (request, reply) => {
    const wait = await count(request)
    if (wait === 0) return
    reply.header('retry-after', wait)
    throw tooManyRequests()
  }
}

/**
 * Counts what a request makes the server fetch, which is as much work as a registration. The result says whether its network has
 * (or its IPv6 site) has caused too much. Each limit counts for itself.
 */
export function createFetchLimit(app: FastifyInstance): (request: FastifyRequest) => Promise<boolean> {
  if (app.limits.register === false) return async () => false
  const count = app.createRateLimit(app.limits.register)
  const countSite = createSiteCount(app, app.limits.register)
  return async (request) => {
    const counted = await count(request)
    return (!counted.isAllowed && counted.isExceeded) || (await countSite(request)) > 0
  }
}

/**
 * Counts attempts that fail, for a route whose good requests nobody limits. Past the limit, a network's next attempts aren't made.
 *
 * @throws {OAuthError} 429, or what the attempt throws
 */
export function createFailureLimit(app: FastifyInstance): <T>(request: FastifyRequest, attempt: () => Promise<T>) => Promise<T> {
  if (app.limits.token === false) return (_request, attempt) => attempt()
  const count = app.createRateLimit(app.limits.token)
  return async (request, attempt) => {
    const counted = await count(request, { increment: false })
    if (!counted.isAllowed && counted.remaining === 0) {
      throw new OAuthError('temporarily_unavailable', 'too many failed requests from this address: try again later', { status: 429 })
    }
    try {
      return await attempt()
    } catch (error) {
      // What fails on our side, such as the database, is nobody's attempt.
      if (error instanceof OAuthError) await count(request)
      throw error
    }
  }
}

/** A user gets a tenth as many codes as an address may make token requests. */
const CODES_PER_TOKEN_REQUEST = 0.1

/**
 * Counts the codes that a user gets: with a remembered consent, each request of a logged-in browser makes the server store one. The
 * result says whether there were too many.
 */
export function createCodeLimit(app: FastifyInstance): (userId: string) => boolean {
  const limit = app.settings.rateLimitToken
  if (limit === 'off') return () => false
  const max = Math.ceil(limit.max * CODES_PER_TOKEN_REQUEST)
  const counts = new Lru<{ window: number; count: number }>(REMEMBERED)
  return (userId) => {
    const window = Math.floor(app.now() / (limit.windowSeconds * 1000))
    const known = counts.get(userId)
    const count = known?.window === window ? known.count + 1 : 1
    counts.set(userId, { window, count })
    return count > max
  }
}

export default fp(rateLimits, { name: 'rate-limits', dependencies: ['settings', 'clock'] })
