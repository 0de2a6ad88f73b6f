/** Which paths are pages for people and which are an API for clients: decides error bodies, CORS and headers. */
import type {} from '@fastify/accepts'
import type { FastifyRequest } from 'fastify'
import { PATHS, WELL_KNOWN } from '../../schemas/paths.ts'

const API: ReadonlySet<string> = new Set([
  PATHS.pushedRequests,
  PATHS.token,
  PATHS.deviceAuthorization,
  PATHS.register,
  PATHS.userinfo,
  PATHS.revoke,
  PATHS.introspect,
  PATHS.jwks,
  PATHS.alive,
  PATHS.ready,
])
/** Whichever client it is of. */
const CLIENT_CONFIGURATION = new RegExp(`^${PATHS.register}/[^/]+$`)
/** These answer people or programs, as the request prefers. */
const EITHER: ReadonlySet<string> = new Set([PATHS.authorize, PATHS.home])
const PAGES: ReadonlySet<string> = new Set([PATHS.login, PATHS.account, PATHS.consent, PATHS.device, PATHS.deviceDecision, PATHS.logout])
const WELL_KNOWN_PREFIX = WELL_KNOWN.oauth.slice(0, WELL_KNOWN.oauth.lastIndexOf('/') + 1)

/** The path of a request target, which may be an absolute address (RFC 9112 section 3.2.2); without query and fragment. */
export function pathOf(url: string): string {
  const path = url.split(/[?#]/, 1)[0]!
  return path.startsWith('/') ? path : path.replace(/^[a-z]+:\/\/[^/]*/i, '') || '/'
}

/** The path below the issuer's. */
function pathBelow(path: string, base: string): string {
  return path === base || path.startsWith(`${base}/`) ? path.slice(base.length) || '/' : path
}

/** The path as its route is written. */
export function routeOf(url: string, base: string): string {
  const path = pathOf(url)
  const below = pathBelow(path, base)
  return CLIENT_CONFIGURATION.test(below) ? path.slice(0, -below.length) + PATHS.clientConfiguration : path
}

/** The addresses of `isApi`, as a router takes them. */
export function apiPatterns(base: string): string[] {
  const patterns = [...API, PATHS.clientConfiguration, `${WELL_KNOWN_PREFIX}*`]
  return base === '' ? patterns : [...patterns, ...patterns.map((pattern) => base + pattern)]
}

/** Whether the path is one that clients call, also from a browser's script. */
export function isApi(url: string, base: string): boolean {
  const path = pathOf(url)
  const below = pathBelow(path, base)
  return API.has(below) || CLIENT_CONFIGURATION.test(below) || below.startsWith(WELL_KNOWN_PREFIX) || path.startsWith(WELL_KNOWN_PREFIX)
}

/** Whether to answer in JSON: always on API paths, never on the pages' own; elsewhere what the request prefers. */
export function prefersJson(request: FastifyRequest, base: string): boolean {
  if (isApi(request.url, base)) return true
  const path = pathBelow(pathOf(request.url), base)
  if (PAGES.has(path)) return false
  const order: ('html' | 'json')[] = EITHER.has(path) ? ['html', 'json'] : ['json', 'html']
  return request.type([...order]) === 'json'
}
