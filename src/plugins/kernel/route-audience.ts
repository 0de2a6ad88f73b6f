/** Whom a route answers: the route declares it, and CORS (cors.ts) and the form of errors (errors.ts) follow from it. */
import type {} from '@fastify/accepts'
import type { FastifyRequest } from 'fastify'

/**
 * `api`: programs, also the scripts of any web page. `page`: people. `either`: whichever the request prefers. `asset`: a page
 * loads it, and nobody reads its errors, so they cost as little as possible.
 */
export type Audience = 'api' | 'page' | 'either' | 'asset'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Optional for the type checker only: the server does not start if a route leaves it out (route-table.ts). */
    audience?: Audience
  }
}

/** Whether to answer in JSON. `audience` is `undefined` where there is no route. */
export function prefersJson(request: FastifyRequest, audience: Audience | undefined): boolean {
  if (audience === 'api') return true
  if (audience === 'page') return false
  const order: ('html' | 'json')[] = audience === 'either' ? ['html', 'json'] : ['json', 'html']
  return request.type(order) === 'json'
}
