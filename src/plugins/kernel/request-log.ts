/**
 * One log line for each request: the path without its query, which may hold codes and state; status; time (threat-model.md T17). Owns
 * the level: `info` for refusals, `debug` for what is logged by name where it happens, and for 503, which may come in floods.
 */
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { USER_CODE_LENGTH, USER_CODE_LETTERS } from '../../domain/device/device-codes.ts'
import { redactText } from '../../logging/redaction.ts'
import { PATHS } from '../../schemas/paths.ts'
import { pathOf } from './route-table.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Whether a line of its own says all about the refusal of this request. */
    isLogged: boolean
  }
}

/** Longest path that is logged. */
const MAX_PATH = 200

/** The addresses that people have before their eyes while they type a code or a password. */
const KNOWN = [...new Set(Object.values(PATHS).flatMap((path) => /^\/(\w+)/.exec(path)?.[1] ?? []))]
const BELOW_KNOWN = new RegExp(`(/(?:${KNOWN.join('|')}))/.*$`)
/** As on a device, with any separator or none. */
const USER_CODE = new RegExp(
  `\\b[${USER_CODE_LETTERS}]{${USER_CODE_LENGTH / 2}}(?:\\W|%[\\da-f]{2}){0,3}[${USER_CODE_LETTERS}]{${USER_CODE_LENGTH / 2}}\\b`,
  'gi',
)

/** A path that leads nowhere, without what people put behind an address instead of into its form. */
const withoutInput = (path: string): string => path.replace(BELOW_KNOWN, '$1/…').replace(USER_CODE, '[redacted]')

/** Of a page the address as its route has it, `/login/:provider`: a refused request may hold anything where a name belongs. */
function refusedPath({ is404, routeOptions, url }: FastifyRequest): string {
  if (is404) return withoutInput(pathOf(url))
  return routeOptions.config.audience === 'page' ? routeOptions.url! : pathOf(url)
}

const requestLog: FastifyPluginAsync = async (app) => {
  const logsAll = app.log.level === 'debug' || app.log.level === 'trace'

  app.decorateRequest('isLogged', false)
  app.addHook('onResponse', (request, reply, done) => {
    const refused = reply.statusCode >= 400
    if ((!refused || request.isLogged) && !logsAll) return done()
    const shown = refused ? redactText(refusedPath(request)).slice(0, MAX_PATH) : pathOf(request.url)
    request.log[refused && reply.statusCode !== 503 ? 'info' : 'debug'](
      { method: request.method, path: shown, status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
      'request',
    )
    done()
  })
}
export default fp(requestLog, { name: 'request-log' })
