/**
 * Makes room for one more client (MAX_CLIENTS; threat-model.md T18). Owns how rarely clients are counted; not which of them are evicted
 * (storage, `evict`).
 */
import type { FastifyInstance } from 'fastify'
import { OAuthError } from '../../domain/protocol/errors.ts'
import { createSingleFlight } from '../../domain/protocol/single-flight.ts'

/**
 * Inserts one more client where there is room. A node counts its own insertions exactly, and sees those of others when it counts
 * again: the cap is exceeded by what other nodes insert within a minute, at most.
 *
 * @throws {OAuthError} 503 if there is no room, and none can be made
 */
export type WithClientQuota = <T>(insert: () => Promise<T>) => Promise<T>

/** How long a count holds, in ms. */
const COUNT_TTL_MS = 60_000
/** The pause after a search that found nothing to evict: it may read all clients. */
const FULL_PAUSE_MS = 60_000
/** Clients evicted per pass: 1 % of the cap, at most this many, so that a server at its cap searches rarely. */
const MAX_BATCH = 100

export function createClientQuota(app: FastifyInstance): WithClientQuota {
  const { maxClients } = app.settings
  const { clients } = app.storage
  let room = 0
  let countedAt = -Infinity
  let fullUntil = -Infinity
  const looking = createSingleFlight<void>()
  const underWay = new Set<Promise<unknown>>()

  async function withClientQuota<T>(insert: () => Promise<T>): Promise<T> {
    if (maxClients === 'off') return insert()
    while (room === 0 || app.now() >= countedAt + COUNT_TTL_MS) {
      if (app.now() < fullUntil)
        throw new OAuthError('temporarily_unavailable', 'this server has as many clients as it may have: try again later')
      await looking.join(() => look(maxClients))
    }
    room -= 1
    const inserting = insert()
    underWay.add(inserting)
    return inserting.finally(() => underWay.delete(inserting))
  }

  /** No client is inserted meanwhile. */
  async function look(max: number): Promise<void> {
    await Promise.allSettled(underWay) // else the count would miss them
    const now = app.now()
    const count = await clients.count()
    room = Math.max(0, max - count)
    countedAt = now
    if (room > 0) return
    // Only half of the evicted are replaced, so that the number shrinks after the cap was lowered.
    room = Math.ceil((await clients.evict(Math.min(MAX_BATCH, Math.ceil(max / 100)), now)) / 2)
    if (room > 0) return
    fullUntil = now + FULL_PAUSE_MS
    app.log.warn({ clients: count }, 'no room for more clients: raise MAX_CLIENTS')
  }

  return withClientQuota
}
