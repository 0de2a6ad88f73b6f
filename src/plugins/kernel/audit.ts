/**
 * Makes the audit events that the storage keeps together with a change; decorates `request.actor`. Owns an event's time, sender and log
 * line, and keeping refusals; not its details (domain/audit/audit-details.ts).
 */
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import { newId } from '../../crypto/random.ts'
import { refusedDetails } from '../../domain/audit/audit-details.ts'
import type { AuditEvent } from '../../domain/audit/audit-event.ts'
import { addressOf } from '../../domain/protocol/network.ts'
import { toOAuthError } from './errors.ts'
import { createEventBudget } from './event-budget.ts'
import type { EventBudget } from './event-budget.ts'

type About = Pick<AuditEvent, 'name' | 'clientId' | 'userId' | 'details'> & { readonly actor?: string }

export interface Audit {
  /** A new event, caused by the sender of the request; `actor` if that is a user. */
  event(request: FastifyRequest, about: About): AuditEvent
  /** The event as it is stored with the change: without its details, or not at all, once strangers have caused too many today. */
  kept(event: AuditEvent): AuditEvent | undefined
  /** Stores an event that belongs to no change of a record. */
  note(request: FastifyRequest, about: About): Promise<void>
  /** Logs an event of a change that has happened. */
  log(request: FastifyRequest, event: AuditEvent): void
  /** An error handler that keeps what was refused, then leaves the answer to the next one. */
  refusal(thrown: FastifyError, request: FastifyRequest): Promise<never>
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sends it, as far as that is proved. */
    actor: string
  }
}

/** Refusals that a node keeps in a minute: a sender with many addresses must not fill the database (threat-model.md T18). */
const REFUSALS_KEPT = 120
const MINUTE_MS = 60_000

const ACTIONS: Readonly<Record<string, string>> = { POST: 'register', PUT: 'update', DELETE: 'delete' }

export function createAudit(app: FastifyInstance): Audit {
  app.decorateRequest('actor', 'anonymous')

  /** By the first word of their names, so that a flood of one kind doesn't hide another. */
  const budgets = new Map<string, EventBudget>()
  let events = 0
  let refusals = { minute: 0, count: 0 }

  // The ids keep the order of events within one ms.
  const event: Audit['event'] = (request, about) => {
    app.meter.count('events', { event: about.name })
    return {
      id: `${String(events++).padStart(12, '0')}_${newId()}`,
      at: app.now(),
      actor: request.actor,
      address: addressOf(request.ip),
      ...about,
    }
  }

  /** An operator decides how many initial access tokens there are; everything else is up to strangers. */
  const kept: Audit['kept'] = (event) => {
    if (event.actor.startsWith('token ')) return event
    const kind = event.name.split('.', 1)[0]!
    const budget = budgets.get(kind) ?? createEventBudget()
    budgets.set(kind, budget)
    const share = budget.spend(event.address!, event.at)
    if (share === 'none') return undefined
    return share === 'bare' ? { ...event, details: { omitted: true } } : event
  }

  const note: Audit['note'] = async (request, about) => {
    const noted = kept(event(request, about))
    if (noted !== undefined) await app.storage.auditEvents.insert(noted)
  }

  /** Whether there is room for one more refusal in this minute. */
  function mayKeep(): boolean {
    const minute = Math.floor(app.now() / MINUTE_MS)
    refusals = { minute, count: refusals.minute === minute ? refusals.count + 1 : 1 }
    return refusals.count <= REFUSALS_KEPT
  }

  return {
    event,
    kept,
    note,
    log(request, { name, actor, clientId, details }) {
      request.log.info({ client: clientId, actor, name: details['client_name'] }, name.replaceAll(/[._]/g, ' '))
    },
    async refusal(thrown, request) {
      const error = toOAuthError(thrown, request)
      // What the rate limits refuse isn't kept, either; each has its log line.
      if (error.status < 500 && error.status !== 429 && mayKeep()) {
        const { client_id: clientId } = request.params as { client_id?: string }
        const details = refusedDetails(ACTIONS[request.method] ?? 'read', error)
        await note(request, { name: 'client.refused', clientId, details })
      }
      throw thrown
    },
  }
}
