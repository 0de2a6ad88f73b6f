/**
 * One log line a request: path without query (it may hold codes and state), status, time. Refusals at `info`, what went
 * well at `debug`, since what matters is logged by name where it happens. THREATS T17.
 */
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'

const requestLog: FastifyPluginAsync = async (app) => {
  app.addHook('onResponse', (request, reply, done) => {
    const level = reply.statusCode >= 400 ? 'info' : 'debug'
    request.log[level]({ method: request.method, path: request.url.split('?', 1)[0], status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, 'request')
    done()
  })
}
export default fp(requestLog, { name: 'request-log' })
