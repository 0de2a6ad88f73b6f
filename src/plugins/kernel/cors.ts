/**
 * Cross-origin requests: a script of any origin may call the API and read what it needs of the answers, errors included; no
 * page answers another origin. Owns which routes those are; how CORS works is up to @fastify/cors.
 */
import cors from '@fastify/cors'
import type { FastifyCorsOptions } from '@fastify/cors'
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { apiPatterns, isApi } from './route-audience.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    cors?: FastifyCorsOptions
  }
}

/** What a script may read besides the body. */
const EXPOSED = 'WWW-Authenticate, Retry-After, DPoP-Nonce'
/** Without credentials: the browser sends none along. */
const OPEN = { origin: '*', methods: 'GET, HEAD, POST, PUT, DELETE', exposedHeaders: EXPOSED, maxAge: 86_400 }

/** For answers that no route made. */
export const OPEN_HEADERS = { 'access-control-allow-origin': OPEN.origin, 'access-control-expose-headers': EXPOSED }

const crossOrigin: FastifyPluginAsync = async (app) => {
  const { base } = app.settings
  await app.register(cors, { origin: false, strictPreflight: false })
  // By route: options that depended on the request would be put together anew for each, which costs as much as a database read.
  app.addHook('onRoute', (route) => {
    if (isApi(route.url, base)) route.config = { ...route.config, cors: OPEN }
  })
  // Preflights, whatever is at the address; the hook of @fastify/cors answers them.
  for (const pattern of apiPatterns(base)) app.options(pattern, async () => '')
}
export default fp(crossOrigin, { name: 'cross-origin', dependencies: ['settings'] })
