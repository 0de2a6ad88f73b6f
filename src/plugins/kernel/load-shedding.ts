/**
 * Turns requests away while as many are worked on as the server can carry, while new connections queue up (threat-model.md T18), and
 * while it closes. Owns counting and watching; how the refusal looks is errors.ts's.
 */
import type { Server } from 'node:net'
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { OAuthError } from '../../domain/protocol/errors.ts'

/** Requests that share a bound. */
export interface ConcurrencyLimit {
  /** How many of them are worked on at once, at most. */
  readonly atOnce: number
  underWay: number
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Keeps the requests of a route apart from all others: neither can keep the other out. */
    lane?: ConcurrencyLimit
  }
  interface FastifyRequest {
    lane: ConcurrencyLimit | undefined
    /** Whether it is counted in its lane. */
    isUnderWay: boolean
  }
}

/** What is let in waits for these at most: half a second, at a thousand requests a second. Far more than come together by chance. */
export const AT_ONCE = 500
/**
 * How long new connections may queue up without a pause, in ms. The system keeps them, and hands us one a turn of the event
 * loop: who asks over a connection of its own is counted late, or never.
 */
export const QUEUED_MS = 1000

export const createConcurrencyLimit = (atOnce: number): ConcurrencyLimit => ({ atOnce, underWay: 0 })
const isFull = ({ atOnce, underWay }: ConcurrencyLimit): boolean => underWay >= atOnce

// Made once: a refusal has to cost as little as it can.
const BUSY = new OAuthError('temporarily_unavailable', 'the server is busy: try again in a few seconds')
const STOPPING = new OAuthError('temporarily_unavailable', 'the server is stopping: try again in a few seconds')

/**
 * Tells whether new connections have been there at each turn of the event loop for so long that they must be queueing up.
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

  app.decorateRequest('lane', undefined)
  app.decorateRequest('isUnderWay', false)
  app.addHook('preClose', async () => {
    closing = true
  })
  // Before anything is done for it.
  app.addHook('onRequest', (request, _reply, done) => {
    const lane = request.routeOptions.config.lane ?? common
    request.lane = lane
    // What is under way finishes; what still comes in over an open connection goes elsewhere.
    if (closing) done(STOPPING)
    else done(isFull(lane) || (lane.atOnce < Infinity && isQueueing()) ? BUSY : undefined)
  })
  // Counted once its body is there: who sends slowly keeps nobody out.
  app.addHook('preValidation', (request, _reply, done) => {
    if (isFull(request.lane!)) return done(BUSY)
    request.lane!.underWay++
    request.isUnderWay = true
    done()
  })
  // Until its answer is made, even if nobody waits for it any more.
  app.addHook('onSend', (request, _reply, payload, done) => {
    if (request.isUnderWay) request.lane!.underWay--
    request.isUnderWay = false
    done(null, payload)
  })
}
export default fp(loadShedding, { name: 'load-shedding' })
