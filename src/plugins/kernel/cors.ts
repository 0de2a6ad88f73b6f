/**
 * Cross-origin requests: a script of any origin may call the API and read what it needs of the answers, errors included; no
 * page answers another origin. Owns what follows from a route's audience; how CORS works is up to @fastify/cors.
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
const OPEN = { origin: '*', methods: 'GET, HEAD, POST, PUT, DELETE', exposedHeaders: EXPOSED, maxAge: 86_400 }

/** For answers that no route made. */
export const OPEN_HEADERS = { 'access-control-allow-origin': OPEN.origin, 'access-control-expose-headers': EXPOSED }

const cors: FastifyPluginAsync = async (app) => {
  const { base } = app.settings
  const preflights = new Set<string>()

  /** The hook of @fastify/cors answers a preflight; but it needs a route, whatever else is at the address. */
  function answerPreflights(url: string): void {
    if (preflights.has(url)) return
    preflights.add(url)
    app.options(url, { config: { audience: 'api' } }, async () => '')
  }

  await app.register(fastifyCors, { origin: false, strictPreflight: false })
  app.addHook('onRoute', (route) => {
    if (route.config?.audience !== 'api') return
    // By route: options that depended on the request would be put together anew for each, which costs as much as a database read.
    route.config = { ...route.config, cors: OPEN }
    if (route.method === 'OPTIONS') return
    answerPreflights(route.url)
    // Clients of the first MCP revision ask at the root of the host, and have to be able to read that nothing is there.
    if (base !== '' && route.url.startsWith(`${base}/`)) answerPreflights(route.url.slice(base.length))
  })
  // Clients try well-known addresses of other standards, too.
  for (const root of new Set(['', base])) answerPreflights(`${root}/.well-known/*`)
}
export default fp(cors, { name: 'cors', dependencies: ['settings'] })
