/** Which paths are pages for people and which are an API for clients: decides error bodies, CORS and headers. */
import type {} from '@fastify/accepts'
import type { FastifyRequest } from 'fastify'
import { PATHS, WELL_KNOWN } from '../../schemas/paths.ts'

const API: ReadonlySet<string> = new Set([PATHS.token, PATHS.register, PATHS.userinfo, PATHS.revoke, PATHS.introspect, PATHS.jwks, PATHS.alive, PATHS.ready])
/** These answer people or programs, as the request prefers. */
const EITHER: ReadonlySet<string> = new Set([PATHS.authorize, PATHS.home])
const PAGES: ReadonlySet<string> = new Set([PATHS.login, PATHS.account, PATHS.consent, PATHS.logout])
const WELL_KNOWN_PREFIX = WELL_KNOWN.oauth.slice(0, WELL_KNOWN.oauth.lastIndexOf('/') + 1)

/** The request's path below the issuer's. */
function pathBelow(url: string, base: string): string {
  const path = url.split('?', 1)[0]!
  return path.startsWith(base) ? path.slice(base.length) || '/' : path
}

/** Whether the path is one that clients call, also from a browser's script. */
export function isApi(url: string, base: string): boolean {
  const path = pathBelow(url, base)
  return API.has(path) || path.startsWith(WELL_KNOWN_PREFIX) || url.startsWith(WELL_KNOWN_PREFIX)
}

/** Whether to answer in JSON: always on API paths, never on the pages' own; elsewhere what the request prefers. */
export function prefersJson(request: FastifyRequest, base: string): boolean {
  if (isApi(request.url, base)) return true
  const path = pathBelow(request.url, base)
  if (PAGES.has(path)) return false
  const order: ('html' | 'json')[] = EITHER.has(path) ? ['html', 'json'] : ['json', 'html']
  return request.type([...order]) === 'json'
}
