/** The audit log: who changed what. */
import { setTimeout as wait } from 'node:timers/promises'
import type { AuditEvent, EventKey } from '../domain/audit/audit-event.ts'
import { ok } from '../domain/protocol/result.ts'
import type { OperationContext } from './context.ts'
import { parseLimit } from './limits.ts'
import type { Outcome } from './outcome.ts'

export { eventJson, eventName } from '../domain/audit/event-json.ts'

const LIMITS = { usual: 50, max: 10_000 }
/** How many are read at a time. */
const PAGE = 500
/** How often to look for new events, in ms. */
const LOOK_MS = 1000
/** An event may come into the database a little later than one that is newer. In ms. */
const LATE_MS = 10_000

export interface EventQuery {
  readonly clientId?: string | undefined
  /** The earliest instant, in ms. */
  readonly since?: number | undefined
  readonly limit?: number | undefined
}

/** The newest events first. */
export async function listEvents(
  { storage }: OperationContext,
  { clientId, since = 0, limit: asked }: EventQuery,
): Promise<Outcome<AuditEvent[]>> {
  const limit = parseLimit(asked, LIMITS)
  return limit.ok ? ok(await storage.auditEvents.list({ clientId, since, limit: limit.value })) : limit
}

type Unlimited = Omit<EventQuery, 'limit'>

/** All events, the oldest first. */
export async function* exportEvents({ storage }: OperationContext, { clientId, since = 0 }: Unlimited): AsyncGenerator<AuditEvent> {
  let last: EventKey = { at: since, id: '' }
  for (;;) {
    const page = await storage.auditEvents.listAfter(last, PAGE)
    yield* page.filter((event) => clientId === undefined || event.clientId === clientId)
    if (page.length < PAGE) return
    last = page.at(-1)!
  }
}

/** Events as they come, from now on unless `since` says otherwise, until `signal` says that this is enough. */
export async function* followEvents(
  context: OperationContext,
  { clientId, since = context.now() }: Unlimited,
  signal: AbortSignal,
  lookMs = LOOK_MS,
): AsyncGenerator<AuditEvent> {
  const seen = new Map<string, number>()
  let from = since
  while (!signal.aborted) {
    for await (const event of exportEvents(context, { clientId, since: from })) {
      if (seen.has(event.id)) continue
      seen.set(event.id, event.at)
      yield event
    }
    from = Math.max(since, context.now() - LATE_MS)
    for (const [id, at] of seen) if (at < from) seen.delete(id)
    await wait(lookMs, undefined, { signal }).catch(() => undefined)
  }
}
