/**
 * Closing: a request in progress finishes, and its connection ends with the answer; a connection without a request is cut after a
 * moment, all others at the end. Owns connections; not listening, nor signals (process/stop.ts).
 */
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'

export interface GracefulCloseOptions {
  /** How long a connection without a request (browsers open some ahead) may still send one, in milliseconds. */
  silentMs?: number
  /** How long requests in progress may take, in milliseconds: less than the 10 s after which `docker stop` kills. */
  requestMs?: number
}

const gracefulClose: FastifyPluginAsync<GracefulCloseOptions> = async (app, { silentMs = 1000, requestMs = 8000 }) => {
  const connections = new Set<Socket>()
  const underWay = new Set<ServerResponse>()
  const ofConnection = new WeakMap<Socket, Set<ServerResponse>>()
  const timers: NodeJS.Timeout[] = []
  let closing = false
  let whenNone = () => {}

  app.server.on('connection', (socket: Socket) => {
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
  })

  function finish(raw: ServerResponse): void {
    underWay.delete(raw)
    if (underWay.size === 0) whenNone()
  }

  function finished(this: ServerResponse): void {
    ofConnection.get(this.req.socket)!.delete(this)
    finish(this)
  }

  /** The unfinished requests of a connection: those that are pipelined never notice that it ends. */
  function unfinishedOf(socket: Socket): Set<ServerResponse> {
    const known = ofConnection.get(socket)
    if (known !== undefined) return known
    const unfinished = new Set<ServerResponse>()
    ofConnection.set(socket, unfinished)
    socket.once('close', () => unfinished.forEach(finish))
    return unfinished
  }

  app.addHook('onRequest', (_request, { raw }, done) => {
    underWay.add(raw)
    unfinishedOf(raw.req.socket).add(raw)
    raw.on('close', finished)
    done()
  })

  app.addHook('onSend', (_request, reply, payload, done) => {
    if (closing) reply.header('connection', 'close') // else the connection would stay open, and the server would wait for it
    done(null, payload)
  })

  app.addHook('preClose', async () => {
    closing = true
    const cutSilent = () => {
      const busy = new Set([...underWay].map((response) => response.req.socket))
      for (const socket of connections) if (!busy.has(socket)) socket.destroy()
    }
    const cutAll = () => {
      if (underWay.size > 0) app.log.warn(`requests that took too long to finish were cut off: ${underWay.size}`)
      for (const socket of [...connections, ...[...underWay].map((response) => response.req.socket)]) socket.destroy()
    }
    timers.push(setTimeout(cutSilent, silentMs), setTimeout(cutAll, requestMs))
  })

  // Localhost may have two addresses, and Fastify waits for requests at the first only. The storage closes after this hook.
  app.addHook('onClose', async () => {
    if (underWay.size > 0) await new Promise<void>((resolve) => (whenNone = resolve))
    for (const timer of timers) clearTimeout(timer)
  })
}
export default fp(gracefulClose, { name: 'graceful-close', dependencies: ['storage'] })
