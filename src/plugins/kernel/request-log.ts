/**
 * One log line a request: path without query (it may hold codes and state), status, time. Refusals at `info`, what went
 * well at `debug`, since what matters is logged by name where it happens; so 503, of which there may be a flood. threat-model.md T17.
 */
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { redactText } from '../../logging/redaction.ts'
import { pathOf } from './route-table.ts'

/** Longest path that is written. */
const MAX_PATH = 200

const requestLog: FastifyPluginAsync = async (app) => {
  const tellsAll = app.log.level === 'debug' || app.log.level === 'trace'

  app.addHook('onResponse', (request, reply, done) => {
    const refused = reply.statusCode >= 400
    if (!refused && !tellsAll) return done()
    const path = pathOf(request.url)
    // Only a path that leads nowhere can hold what doesn't belong there.
    const shown = refused ? redactText(path).slice(0, MAX_PATH) : path
    request.log[refused && reply.statusCode !== 503 ? 'info' : 'debug'](
      { method: request.method, path: shown, status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
      'request',
    )
    done()
  })
}
export default fp(requestLog, { name: 'request-log' })
