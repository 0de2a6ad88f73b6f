/**
 * Makes the audit events that the storage keeps together with a change; decorates `request.actor`. Owns an event's time, sender and log
 * line, and keeping refusals; not its details (domain/audit/audit-details.ts).
 */
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import { Lru } from 'toad-cache'
import { newId } from '../../crypto/random.ts'
import { refusedDetails } from '../../domain/audit/audit-details.ts'
import { COUNTED_FOR_MS, isCounted } from '../../domain/audit/audit-event.ts'
import type { AuditEvent, EventKey } from '../../domain/audit/audit-event.ts'
import { addressOf, networkOf } from '../../domain/protocol/network.ts'
import { toOAuthError } from './errors.ts'
import { BUDGET_OF_PEOPLE, createEventBudget } from './event-budget.ts'
import type { EventBudget } from './event-budget.ts'

type About = Pick<AuditEvent, 'name' | 'clientId' | 'userId' | 'details'> & { readonly actor?: string }

export interface Audit {
  /** A new event, caused by the sender of the request; `actor` if that is a user. */
  event(request: FastifyRequest, about: About): AuditEvent
  /** The same for what may yet come to nothing: `count` says that it happened. */
  draft(request: FastifyRequest, about: About): AuditEvent
  count(name: AuditEvent['name']): void
  /** The event as it is stored with the change: without its details, or not at all, once strangers have caused too many today. */
  kept(event: AuditEvent): AuditEvent | undefined
  /** Stores an event that belongs to no change of a record. */
  note(request: FastifyRequest, about: About): Promise<void>
  /** The same for what must not wait for it: if it can't be stored, the log says so. `noted` is called when that is over. */
  noteSoon(request: FastifyRequest, about: About, noted?: () => void): void
  /** Logs an event of a change that has happened. */
  log(request: FastifyRequest, event: AuditEvent): void
  /** An error handler that keeps what was refused, then leaves the answer to the next one. */
  refusal(thrown: FastifyError, request: FastifyRequest): Promise<never>
}

declare module 'fastify' {
  interface FastifyInstance {
    /** For what every login does (login/session.ts). */
    audit: Audit
  }
  interface FastifyRequest {
    /** Who sends it, as far as that is proved. */
    actor: string
  }
}

/** Refusals that a node keeps in a minute: a sender with many addresses must not fill the database (threat-model.md T18). */
const REFUSALS_KEPT = 120
const MINUTE_MS = 60_000

const ACTIONS: Readonly<Record<string, string>> = { POST: 'register', PUT: 'update', DELETE: 'delete' }

/** Failures that are remembered, so that the next one is counted with them. */
const REMEMBERED = 20_000

/** What is the same failure: of one account or client, from one network. What was sent may differ. */
const kindOf = ({ name, actor, address, clientId, details: { user, action, error, tool, denial } }: AuditEvent): string =>
  JSON.stringify([name, actor, networkOf(address!), clientId, user, action, error, tool, denial])

export function createAudit(app: FastifyInstance): Audit {
  app.decorateRequest('actor', 'anonymous')

  /** By the first word of their names, so that a flood of one kind doesn't hide another. */
  const budgets = new Map<string, EventBudget>()
  const firsts = new Lru<EventKey & { readonly stored: Promise<void> }>(REMEMBERED)
  let events = 0
  let refusals = { minute: 0, count: 0 }

  // The ids keep the order of events within one ms.
  const draft: Audit['draft'] = (request, about) => ({
    id: `${String(events++).padStart(12, '0')}_${newId()}`,
    at: app.now(),
    actor: request.actor,
    address: addressOf(request.ip),
    ...about,
  })
  const count: Audit['count'] = (name) => app.meter.count('events', { event: name })
  const event: Audit['event'] = (request, about) => {
    count(about.name)
    return draft(request, about)
  }

  /** An operator decides how many initial access tokens there are, and to keep every call; everything else is up to others. */
  const kept: Audit['kept'] = (event) => {
    if (event.actor.startsWith('token ') || event.name === 'tool.called') return event
    // Many people may sign in from one address: each has a share.
    const isPerson = event.actor.startsWith('user ')
    const kind = `${isPerson ? 'people ' : ''}${event.name.split('.', 1)[0]!}`
    const budget = budgets.get(kind) ?? (isPerson ? createEventBudget(BUDGET_OF_PEOPLE, String) : createEventBudget())
    budgets.set(kind, budget)
    const share = budget.spend(isPerson ? event.actor : event.address!, event.at)
    if (share === 'none') return undefined
    return share === 'bare' ? { ...event, details: { omitted: true } } : event
  }

  /** Counts it if it has happened before, within a while. */
  async function store(made: AuditEvent, mayStore: () => boolean): Promise<void> {
    const { auditEvents } = app.storage
    const kind = isCounted(made) ? kindOf(made) : undefined
    const first = kind === undefined ? undefined : firsts.get(kind)
    if (first !== undefined && made.at < first.at + COUNTED_FOR_MS) {
      await first.stored
      return auditEvents.countAgain(first, made.at, first.at + COUNTED_FOR_MS)
    }
    const noted = mayStore() ? kept(made) : undefined
    if (noted === undefined) return
    const stored = auditEvents.insert(noted)
    if (kind !== undefined) firsts.set(kind, { at: made.at, id: made.id, stored })
    await stored.catch((error: unknown) => {
      if (kind !== undefined) firsts.delete(kind)
      throw error
    })
  }

  const note: Audit['note'] = (request, about) => store(event(request, about), () => true)

  /** Whether there is room for one more refusal in this minute. */
  function mayKeep(): boolean {
    const minute = Math.floor(app.now() / MINUTE_MS)
    refusals = { minute, count: refusals.minute === minute ? refusals.count + 1 : 1 }
    return refusals.count <= REFUSALS_KEPT
  }

  const audit: Audit = {
    event,
    draft,
    count,
    kept,
    note,
    noteSoon(request, about, noted = () => undefined) {
      void note(request, about)
        .catch((error: unknown) => request.log.warn({ err: error, event: about.name }, 'an audit event is lost'))
        .then(noted)
    },
    log(request, { name, actor, clientId, details }) {
      request.log.info({ client: clientId, actor, name: details['client_name'] }, name.replaceAll(/[._]/g, ' '))
    },
    async refusal(thrown, request) {
      const error = toOAuthError(thrown, request)
      // What the rate limits refuse isn't kept, either; each has its log line.
      if (error.status < 500 && error.status !== 429) {
        const { client_id: clientId } = request.params as { client_id?: string }
        const details = refusedDetails(ACTIONS[request.method] ?? 'read', error)
        await store(event(request, { name: 'client.refused', clientId, details }), mayKeep)
      }
      throw thrown
    },
  }
  app.decorate('audit', audit)
  return audit
}
