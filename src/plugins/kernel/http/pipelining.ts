/**
 * Pipelined requests (RFC 9112 section 9.3.2; threat-model.md T18). Owns how many of one connection may wait for their answers: all that
 * arrive in one piece would be worked on in one turn of the event loop, and the process would stand still for everybody else.
 */
import type { IncomingMessage } from 'node:http'
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'

/** No browser, library or proxy pipelines. Who does it by hand or to measure sends fewer. */
export const MOST_PIPELINED = 16

const pipelining: FastifyPluginAsync = async (app) => {
  /** Requests of a connection that have no complete answer yet. */
  const waiting = new WeakMap<IncomingMessage['socket'], number>()
  const change = (socket: IncomingMessage['socket'], by: number): number => {
    const count = (waiting.get(socket) ?? 0) + by
    waiting.set(socket, count)
    return count
  }

  app.addHook('onRequest', ({ raw: { socket } }, _reply, done) => {
    if (change(socket, 1) <= MOST_PIPELINED) return done()
    // The rest of what has arrived ends here, too: nobody reads an answer any more.
    socket.destroy()
  })
  app.addHook('onResponse', ({ raw: { socket } }, _reply, done) => {
    change(socket, -1)
    done()
  })
}
export default fp(pipelining, { name: 'pipelining' })
