/**
 * Room for one more client (MAX_CLIENTS; threat-model.md T18). Owns how rarely clients are counted; not
 * which of them may go (storage, `evict`).
 */
import type { FastifyInstance } from 'fastify'
import { OAuthError } from '../../domain/protocol/errors.ts'
import { createSingleFlight } from '../../domain/protocol/single-flight.ts'

/**
 * Inserts one more client where there is room. A node knows its own insertions exactly, and learns of those of others when it
 * counts anew: the cap is exceeded by what other nodes admit within a minute, at most.
 *
 * @throws {OAuthError} 503 if there is no room, and none can be made
 */
export type WithClientQuota = <T>(insert: () => Promise<T>) => Promise<T>

/** How long a count holds, in ms. */
const COUNT_TTL_MS = 60_000
/** How long nothing is looked for after nothing was found to evict: looking may mean to read all clients. */
const FULL_PAUSE_MS = 60_000
/** As many go at once, so that a server at its cap looks rarely; of a small number of clients a hundredth. */
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

  /** Nobody is admitted meanwhile. */
  async function look(max: number): Promise<void> {
    await Promise.allSettled(underWay) // else they would be missing in the count
    const now = app.now()
    const count = await clients.count()
    room = Math.max(0, max - count)
    countedAt = now
    if (room > 0) return
    // Half of what went is given away again: so the number shrinks where the cap was lowered.
    room = Math.ceil((await clients.evict(Math.min(MAX_BATCH, Math.ceil(max / 100)), now)) / 2)
    if (room > 0) return
    fullUntil = now + FULL_PAUSE_MS
    app.log.warn({ clients: count }, 'no room for more clients: raise MAX_CLIENTS')
  }

  return withClientQuota
}
