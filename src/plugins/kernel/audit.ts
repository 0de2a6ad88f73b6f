/**
 * Who did what, for the storage to keep with the change itself; decorates `request.actor`. Owns the event's time and sender, its
 * log line, and keeping refusals; not what an event says (domain/audit/audit-details.ts).
 */
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import { newId } from '../../crypto/random.ts'
import { refusedDetails } from '../../domain/audit/audit-details.ts'
import type { AuditEvent } from '../../domain/audit/audit-event.ts'
import { toOAuthError } from './errors.ts'

export interface Audit {
  /** An event of now, by the sender of the request. */
  event(request: FastifyRequest, told: Pick<AuditEvent, 'name' | 'clientId' | 'details'>): AuditEvent
  /** Writes the line of an event that was kept. */
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

/** Refusals that a node keeps in a minute (threat-model.md T18): whoever sends from many addresses must not fill the database. */
const REFUSALS_KEPT = 120
const MINUTE_MS = 60_000

const ACTIONS: Readonly<Record<string, string>> = { POST: 'register', PUT: 'update', DELETE: 'delete' }

export function createAudit(app: FastifyInstance): Audit {
  app.decorateRequest('actor', 'anonymous')

  let events = 0
  let refusals = { minute: 0, count: 0 }

  // Ids in the order of events: some happen within one ms.
  const event: Audit['event'] = (request, told) => ({
    id: `${String(events++).padStart(12, '0')}_${newId()}`,
    at: app.now(),
    actor: request.actor,
    address: request.ip,
    ...told,
  })

  /** Whether there is room for one more refusal in this minute. */
  function mayKeep(): boolean {
    const minute = Math.floor(app.now() / MINUTE_MS)
    refusals = { minute, count: refusals.minute === minute ? refusals.count + 1 : 1 }
    return refusals.count <= REFUSALS_KEPT
  }

  return {
    event,
    log(request, { name, actor, clientId, details }) {
      request.log.info({ client: clientId, actor, name: details['client_name'] }, name.replaceAll(/[._]/g, ' '))
    },
    async refusal(thrown, request) {
      const error = toOAuthError(thrown, request)
      // What the limits turn away isn't kept, either. The log has a line of each.
      if (error.status < 500 && error.status !== 429 && mayKeep()) {
        const { client_id: clientId } = request.params as { client_id?: string }
        const details = refusedDetails(ACTIONS[request.method] ?? 'read', error)
        await app.storage.auditEvents.insert(event(request, { name: 'client.refused', clientId, details }))
      }
      throw thrown
    },
  }
}
