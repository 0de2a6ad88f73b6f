/**
 * Cross-origin requests: a script of any origin may call the API and read its answers, errors included; pages answer no other origin.
 * Owns what follows from a route's audience; not how CORS works (@fastify/cors).
 */
import fastifyCors from '@fastify/cors'
import type { FastifyCorsOptions } from '@fastify/cors'
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type {} from './route-audience.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    cors?: FastifyCorsOptions
  }
}

/** What a script may read besides the body. */
const EXPOSED = 'WWW-Authenticate, Retry-After, DPoP-Nonce'
/** Without credentials: the browser sends none along. */
const OPEN = { origin: '*', methods: 'GET, HEAD, POST, PUT, PATCH, DELETE', exposedHeaders: EXPOSED, maxAge: 86_400 }

/** For answers that no route made. */
export const OPEN_HEADERS = { 'access-control-allow-origin': OPEN.origin, 'access-control-expose-headers': EXPOSED }

const cors: FastifyPluginAsync = async (app) => {
  const { base } = app.settings
  const preflights = new Set<string>()

  /** The hook of @fastify/cors answers preflights, but it only runs where a route matches. */
  function answerPreflights(url: string): void {
    if (preflights.has(url)) return
    preflights.add(url)
    app.options(url, { config: { audience: 'api' } }, async () => '')
  }

  await app.register(fastifyCors, { origin: false, strictPreflight: false })
  app.addHook('onRoute', (route) => {
    if (route.config?.audience !== 'api') return
    // Settled here: options that depend on the request would be built for each request, which costs as much as a database read.
    route.config = { ...route.config, cors: OPEN }
    if (route.method === 'OPTIONS') return
    answerPreflights(route.url)
    // Clients of the first MCP revision try the root of the host, and must be able to read the 404.
    if (base !== '' && route.url.startsWith(`${base}/`)) answerPreflights(route.url.slice(base.length))
  })
  // Clients try well-known addresses of other standards, too.
  for (const root of new Set(['', base])) answerPreflights(`${root}/.well-known/*`)
}
export default fp(cors, { name: 'cors', dependencies: ['settings'] })
