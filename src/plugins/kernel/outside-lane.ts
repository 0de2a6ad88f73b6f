/**
 * Requests that wait for a stranger's host (threat-model.md T18). Owns their places: who waits leaves the limit of its route, which
 * others need, for as long as it waits, and takes one of few places here. Not what is fetched (src/fetch).
 */
import type { FastifyRequest } from 'fastify'
import { createFairShares } from '../../domain/protocol/fair-shares.ts'
import { OAuthError } from '../../domain/protocol/errors.ts'
import { networkOf } from '../../domain/protocol/network.ts'
import { err } from '../../domain/protocol/result.ts'
import type { Result } from '../../domain/protocol/result.ts'
import { siteOf } from '../../fetch/site.ts'

/** No place was free for it. */
export interface NoRoom {
  readonly reason: string
  readonly kind: 'busy'
  readonly mayPass: true
}

/**
 * Waits for what `ask` gets from the host of `url`, unless too many requests wait already: for that site, from that network, or at all.
 *
 * @param ask gets the sender by which the fetcher shares its own places
 */
export type WaitOutside = <T, E>(
  request: FastifyRequest,
  url: string,
  ask: (sender: string) => Promise<Result<T, E>>,
) => Promise<Result<T, E | NoRoom>>

/** Requests that wait at a time. */
const PLACES = 256
/** Those among them for one site, and those from one network. */
export const MOST_FOR_ONE = 32

const NO_ROOM: NoRoom = { reason: 'too many requests wait for other hosts', kind: 'busy', mayPass: true }

export function createOutsideLane(): WaitOutside {
  const places = createFairShares(PLACES, MOST_FOR_ONE)

  return async (request, url, ask) => {
    const sender = networkOf(request.ip)
    const leave = places.take(`site ${siteOf(url)}`, `sender ${sender}`)
    if (leave === undefined) return err(NO_ROOM)
    // A handler runs only for requests that are counted (load-shedding.ts).
    const limit = request.concurrencyLimit!
    limit.underWay--
    try {
      return await ask(sender)
    } finally {
      limit.underWay++
      leave()
    }
  }
}

/** The error for a client, whichever place was missing: it isn't the client's fault, and passes. */
export const noRoom = (detail: string): OAuthError =>
  new OAuthError('temporarily_unavailable', 'too many requests wait for other hosts: try again in a few seconds', { detail })
