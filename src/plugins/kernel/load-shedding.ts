/**
 * Refuses requests while the server is at its limit, while new connections queue up (threat-model.md T18), and while it closes. Owns
 * counting and watching; not how a refusal looks (errors.ts).
 */
import type { Server } from 'node:net'
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { OAuthError } from '../../domain/protocol/errors.ts'
import type { ShedReason } from '../../metrics/catalog.ts'

/** A limit that the requests of some routes share. */
export interface ConcurrencyLimit {
  /** How many of them may be in progress. */
  readonly atOnce: number
  underWay: number
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A limit of the route's own, so that neither its requests nor all others can block each other. */
    concurrencyLimit?: ConcurrencyLimit
  }
  interface FastifyRequest {
    concurrencyLimit: ConcurrencyLimit | undefined
    /** Whether its limit counts it. */
    isUnderWay: boolean
  }
}

/** Requests in progress before new ones get 503. At about 1,000 requests a second this bounds queueing to 0.5 s. */
export const AT_ONCE = 500
/**
 * How long new connections may queue up without a pause, in ms. The kernel of the system holds them and hands over one per turn of
 * the event loop, so that a request on a new connection is counted late, or never.
 */
export const QUEUED_MS = 1000

export const createConcurrencyLimit = (atOnce: number): ConcurrencyLimit => ({ atOnce, underWay: 0 })
const isFull = ({ atOnce, underWay }: ConcurrencyLimit): boolean => underWay >= atOnce

// Made once: a refusal must cost as little as possible.
const BUSY = new OAuthError('temporarily_unavailable', 'the server is busy: try again in a few seconds')
const STOPPING = new OAuthError('temporarily_unavailable', 'the server is stopping: try again in a few seconds')

/**
 * Whether each turn of the event loop has brought a new connection for so long that more must be queueing up.
 *
 * @param now a clock that never goes back, in ms
 */
export function watchQueue(server: Pick<Server, 'on'>, now = () => performance.now()): () => boolean {
  let since: number | undefined
  let accepted = false

  function look(): void {
    if (accepted) setImmediate(look)
    else since = undefined
    accepted = false
  }

  server.on('connection', () => {
    accepted = true
    if (since !== undefined) return
    since = now()
    setImmediate(look)
  })
  return () => since !== undefined && now() - since > QUEUED_MS
}

const loadShedding: FastifyPluginAsync = async (app) => {
  const common = createConcurrencyLimit(AT_ONCE)
  const isQueueing = watchQueue(app.server)
  let closing = false
  app.meter.watch('underWay', () => [{ labels: {}, value: common.underWay }])

  function shed(reason: ShedReason): OAuthError {
    app.meter.count('shed', { reason })
    return reason === 'stopping' ? STOPPING : BUSY
  }

  app.decorateRequest('concurrencyLimit', undefined)
  app.decorateRequest('isUnderWay', false)
  app.addHook('preClose', async () => {
    closing = true
  })
  // Before any work is done.
  app.addHook('onRequest', (request, _reply, done) => {
    const limit = request.routeOptions.config.concurrencyLimit ?? common
    request.concurrencyLimit = limit
    // Requests in progress finish; new ones on an open connection have to go elsewhere.
    if (closing) done(shed('stopping'))
    else if (isFull(limit)) done(shed('full'))
    else done(limit.atOnce < Infinity && isQueueing() ? shed('queue') : undefined)
  })
  // Counted once its body is there, so that slow senders block nobody.
  app.addHook('preValidation', (request, _reply, done) => {
    if (isFull(request.concurrencyLimit!)) return done(shed('full'))
    request.concurrencyLimit!.underWay++
    request.isUnderWay = true
    done()
  })
  // Counted until its answer is made, even if the client is gone.
  app.addHook('onSend', (request, _reply, payload, done) => {
    if (request.isUnderWay) request.concurrencyLimit!.underWay--
    request.isUnderWay = false
    done(null, payload)
  })
}
export default fp(loadShedding, { name: 'load-shedding', dependencies: ['meter'] })
