/**
 * One log line for each request: the path without its query, which may hold codes and state; status; time (threat-model.md T17). Owns
 * the level: `info` for refusals, `debug` for success, which is logged by name where it happens, and for 503, which may come in floods.
 */
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { redactText } from '../../logging/redaction.ts'
import { pathOf } from './route-table.ts'

/** Longest path that is logged. */
const MAX_PATH = 200

const requestLog: FastifyPluginAsync = async (app) => {
  const logsAll = app.log.level === 'debug' || app.log.level === 'trace'

  app.addHook('onResponse', (request, reply, done) => {
    const refused = reply.statusCode >= 400
    if (!refused && !logsAll) return done()
    const path = pathOf(request.url)
    // A path that leads nowhere may hold a secret that was pasted there.
    const shown = refused ? redactText(path).slice(0, MAX_PATH) : path
    request.log[refused && reply.statusCode !== 503 ? 'info' : 'debug'](
      { method: request.method, path: shown, status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
      'request',
    )
    done()
  })
}
export default fp(requestLog, { name: 'request-log' })
