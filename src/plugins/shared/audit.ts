/**
 * Decorates `app.audit` and `request.actor`: who did what, for the storage to keep with the change itself. Owns the
 * event's time and sender, its log line, and keeping refusals; not what an event tells (domain/audit.ts).
 */
import type { FastifyError, FastifyPluginAsync, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { refusedDetails } from '../../domain/audit.ts'
import type { AuditEvent } from '../../domain/records.ts'
import { newId } from '../../keys/random.ts'
import { toOAuthError } from './errors.ts'

interface Audit {
  /** An event of now, by the sender of the request. */
  event(request: FastifyRequest, told: Pick<AuditEvent, 'name' | 'clientId' | 'details'>): AuditEvent
  /** Writes the line of an event that was kept. */
  log(request: FastifyRequest, event: AuditEvent): void
  /** An error handler that keeps what was refused, then leaves the answer to the next one. */
  refusal(thrown: FastifyError, request: FastifyRequest): Promise<never>
}

declare module 'fastify' {
  interface FastifyInstance {
    audit: Audit
  }
  interface FastifyRequest {
    /** Who sends it, as far as that is proved. */
    actor: string
  }
}

const ACTIONS: Readonly<Record<string, string>> = { POST: 'register', PUT: 'update', DELETE: 'delete' }

const audit: FastifyPluginAsync = async (app) => {
  app.decorateRequest('actor', 'anonymous')

  const event: Audit['event'] = (request, told) => ({ id: newId(), at: app.now(), actor: request.actor, address: request.ip, ...told })

  app.decorate('audit', {
    event,
    log(request, { name, actor, clientId, details }) {
      request.log.info({ client: clientId, actor, name: details['client_name'] }, name.replaceAll(/[._]/g, ' '))
    },
    async refusal(thrown, request) {
      const error = toOAuthError(thrown, request)
      // What the limits turn away isn't kept: else a flood would fill the database.
      if (error.status < 500 && error.status !== 429) {
        const { client_id: clientId } = request.params as { client_id?: string }
        const details = refusedDetails(ACTIONS[request.method] ?? 'read', error)
        await app.storage.auditEvents.insert(event(request, { name: 'client.refused', clientId, details }))
      }
      throw thrown
    },
  })
}
export default fp(audit, { name: 'audit', dependencies: ['storage', 'clock', 'errors'] })
