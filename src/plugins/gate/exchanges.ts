/**
 * What goes on with upstreams: requests that wait, answers that go on, streams that stay open (threat-model.md T18, T22). Owns how many there
 * may be, and that each ends with the right to it; not what passes (relay.ts). None of them counts as a request in progress
 * (kernel/load-shedding.ts), since all that they do is wait.
 */
import type { FastifyInstance } from 'fastify'
import { EXCHANGE_KINDS, KEEP_ALIVE_MS, RECHECK_MS, endOf } from '../../domain/gate/stream-life.ts'
import type { ExchangeKind } from '../../domain/gate/stream-life.ts'
import { isSubset } from '../../domain/protocol/scope.ts'
import type { FindAccessToken, FindRights } from '../authentication/access-tokens.ts'
import type { GateRefusal } from './gate-answers.ts'
import type { Caller } from './gate-token.ts'

export type EndReason = 'expired' | 'revoked' | 'idle' | 'stopping'

export interface Exchange {
  readonly caller: Caller
  readonly kind: ExchangeKind
  readonly resourceId: string
  /** When something passed last, in ms. */
  activeAt: number
  /** Ends both sides. A client sees a stream of events end as if it were whole. */
  end(reason: EndReason): void
  /** Shows that a silent stream of events is alive. Only such a stream has it; it is ended at once when the server stops. */
  keepAlive: (() => void) | undefined
}

export interface Exchanges {
  /** `undefined` if it may begin; then `close` must be called. */
  open(exchange: Exchange): GateRefusal | undefined
  close(exchange: Exchange): void
}

/** How often the exchanges are looked through, in ms. */
const SWEEP_MS = 1000
const LATER = { 'retry-after': '5' }

interface Needs {
  readonly findAccessToken: FindAccessToken
  readonly findRights: FindRights
  readonly isGated: (resourceId: string) => Promise<boolean>
}

export function createExchanges(app: FastifyInstance, { findAccessToken, findRights, isGated }: Needs): Exchanges {
  const { streamGrace, streamIdle, streamsPerUser, streamsPerClient, streams: most } = app.settings
  /** When each is looked at again, and when it last showed that it is alive, in ms. */
  const watched = new Map<Exchange, { recheckAt: number; shownAt: number }>()
  const counts = new Map<string, number>()
  let opened = 0

  const holdersOf = ({ caller: { user, claims } }: Exchange): [string, number][] => [
    [`user ${user?.id ?? claims.sub}`, streamsPerUser],
    [`client ${claims.client_id}`, streamsPerClient],
  ]
  function count(key: string, by: number): void {
    const sum = (counts.get(key) ?? 0) + by
    if (sum === 0) counts.delete(key)
    else counts.set(key, sum)
  }

  /** Whether the token lives, and still has every scope with which the exchange began. */
  async function isAllowed({ caller: { token, claims, scopes }, resourceId }: Exchange): Promise<boolean> {
    if (!(await isGated(resourceId))) return false
    const rights = claims.exp * 1000 > app.now() ? (await findAccessToken(token))?.rights : await findRights(claims)
    return rights?.scopes !== undefined && isSubset(scopes, rights.scopes)
  }

  async function recheck(exchange: Exchange): Promise<void> {
    // While the database can't answer, what was allowed goes on: it would begin again at once, and fail.
    if (!(await isAllowed(exchange).catch(() => true))) exchange.end('revoked')
  }

  function sweep(): void {
    const now = app.now()
    for (const [exchange, state] of watched) {
      const silent = now - exchange.activeAt
      if (endOf(exchange.kind, exchange.caller.claims.exp, streamGrace) <= now) exchange.end('expired')
      else if (silent >= streamIdle * 1000) exchange.end('idle')
      else {
        if (exchange.keepAlive !== undefined && Math.min(silent, now - state.shownAt) >= KEEP_ALIVE_MS) {
          exchange.keepAlive()
          state.shownAt = now
        }
        if (state.recheckAt > now) continue
        state.recheckAt = now + RECHECK_MS
        void recheck(exchange)
      }
    }
  }

  app.meter.watch('open', () => {
    const kinds = [...watched.keys()].map(({ kind }) => kind)
    return EXCHANGE_KINDS.map((kind) => ({ labels: { kind }, value: kinds.filter((each) => each === kind).length }))
  })
  const timer = setInterval(sweep, SWEEP_MS).unref()
  app.addHook('preClose', async () => {
    for (const exchange of watched.keys()) if (exchange.keepAlive !== undefined) exchange.end('stopping')
  })
  app.addHook('onClose', async () => clearInterval(timer))

  return {
    open(exchange) {
      if (watched.size >= most) return { status: 503, message: 'the server has too many open streams: try again later', headers: LATER }
      const holders = holdersOf(exchange)
      if (holders.some(([key, limit]) => (counts.get(key) ?? 0) >= limit))
        return { status: 429, message: 'too many streams are open: close some of them first', headers: LATER }
      for (const [key] of holders) count(key, 1)
      // Spread, so that streams which began together are not asked about together.
      const now = app.now()
      watched.set(exchange, { recheckAt: now + RECHECK_MS - (opened++ % 50) * 100, shownAt: now })
      return undefined
    },
    close(exchange) {
      if (!watched.delete(exchange)) return
      for (const [key] of holdersOf(exchange)) count(key, -1)
    },
  }
}
