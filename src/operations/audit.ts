/** The audit log: who changed what. */
import { setTimeout as wait } from 'node:timers/promises'
import type { AuditEvent, EventKey } from '../domain/audit/audit-event.ts'
import { eventJson, eventName } from '../domain/audit/event-json.ts'
import { networkDetails } from '../domain/audit/network-details.ts'
import { ok } from '../domain/protocol/result.ts'
import type { OperationContext } from './context.ts'
import { isPrivateUrl } from '../fetch/private-host.ts'
import { parseLimit } from './limits.ts'
import { invalid } from './outcome.ts'
import type { Outcome } from './outcome.ts'
import { findUser } from './users/users.ts'

export { eventJson, eventName }

const LIMITS = { usual: 50, max: 10_000 }
/** How often to look for new events, in ms. */
const LOOK_MS = 1000
/** An event may come into the database a little later than one that is newer. In ms. */
const LATE_MS = 10_000

/** An event as its reader may see it: over the network without what is for the command line of the machine. */
export const eventFor =
  ({ actor }: Pick<OperationContext, 'actor'>) =>
  (event: AuditEvent): AuditEvent =>
    actor.atMachine ? event : { ...event, details: networkDetails(event, isPrivateUrl) }

export interface EventQuery {
  readonly clientId?: string | undefined
  /** The name of somebody whose account it is about. */
  readonly user?: string | undefined
  /** The earliest instant, in ms. */
  readonly since?: number | undefined
  readonly limit?: number | undefined
}

export interface EventPage {
  readonly events: readonly AuditEvent[]
  /** Whether there are more than these. */
  readonly more: boolean
  /** The one that the next page follows; on the way to newer ones also without more, since others will come. */
  readonly last?: EventKey | undefined
}

/** The newest events first; those before one, if that is asked for. */
export async function listEvents(
  context: OperationContext,
  { clientId, user: name, since = 0, limit: asked }: EventQuery,
  before?: EventKey,
): Promise<Outcome<EventPage>> {
  const limit = parseLimit(asked, LIMITS)
  if (!limit.ok) return limit
  if (clientId !== undefined && name !== undefined) return invalid('Name either a user or a client.')
  const user = await ofUser(context, name)
  if (!user.ok) return user
  const found = await context.storage.auditEvents.list({ clientId, userId: user.value, since, before, limit: limit.value + 1 })
  const events = found.slice(0, limit.value)
  const more = found.length > limit.value
  return ok({ events, more, ...(more && { last: events.at(-1)! }) })
}

/** The id of the user whose events are wanted, if only theirs are. */
async function ofUser(context: OperationContext, name: string | undefined): Promise<Outcome<string | undefined>> {
  if (name === undefined) return ok(undefined)
  const user = await findUser(context, name)
  return user.ok ? ok(user.value.id) : user
}

/** The oldest events first, after one; those of other clients and users are left out of the page. */
export async function listEventsAfter(
  context: OperationContext,
  { clientId, user: name, since = 0, limit: asked }: EventQuery,
  after: EventKey = { at: since, id: '' },
): Promise<Outcome<EventPage>> {
  const limit = parseLimit(asked, LIMITS)
  if (!limit.ok) return limit
  const user = await ofUser(context, name)
  if (!user.ok) return user
  const found = await context.storage.auditEvents.listAfter(after, limit.value)
  const isWanted = (event: AuditEvent) =>
    (clientId === undefined || event.clientId === clientId) && (user.value === undefined || event.userId === user.value)
  const events = found.filter(isWanted)
  return ok({ events, more: found.length === limit.value, last: found.at(-1) ?? after })
}

/** A page of events as programs read them, the oldest first: of the storage at hand, or of a server. */
export type ReadEvents = (asked: { readonly since: number; readonly cursor: string | undefined }) => Promise<{
  readonly items: readonly ReadEvent[]
  readonly more: boolean
  readonly next_cursor?: string
}>

type ReadEvent = ReturnType<typeof eventJson>

/** All events, the oldest first. */
export async function* exportEvents(read: ReadEvents, since = 0): AsyncGenerator<ReadEvent> {
  let cursor: string | undefined
  do {
    const page = await read({ since, cursor })
    yield* page.items
    cursor = page.more ? page.next_cursor : undefined
  } while (cursor !== undefined)
}

/** Events as they come, until `signal` says that this is enough. */
export async function* followEvents(
  read: ReadEvents,
  { now, since = now() }: { readonly now: () => number; readonly since?: number | undefined },
  signal: AbortSignal,
  lookMs = LOOK_MS,
): AsyncGenerator<ReadEvent> {
  const seen = new Map<string, number>()
  let from = since
  while (!signal.aborted) {
    for await (const event of exportEvents(read, from)) {
      if (seen.has(event.id)) continue
      seen.set(event.id, Date.parse(event.at))
      yield event
    }
    from = Math.max(since, now() - LATE_MS)
    for (const [id, at] of seen) if (at < from) seen.delete(id)
    await wait(lookMs, undefined, { signal }).catch(() => undefined)
  }
}
