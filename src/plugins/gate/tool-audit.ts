/** Keeps who called which tool, or tried to (AUDIT_TOOLS). Owns what is kept: never arguments, nor results. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { fitDetails } from '../../domain/audit/audit-details.ts'
import type { AuditDetails } from '../../domain/audit/audit-event.ts'
import type { GuardedResource } from '../../domain/gate/gate-table.ts'
import type { Caller } from './gate-token.ts'

export interface ToolAudit {
  /** Whether calls are kept that nothing is wrong with. */
  readonly keepsCalls: boolean
  /** @param tool `undefined` if the token allows nothing at all here */
  denied(request: FastifyRequest, gated: GuardedResource, caller: Caller, tool: string | undefined): void
  called(request: FastifyRequest, gated: GuardedResource, caller: Caller, call: ToolCall): void
}

export interface ToolCall {
  readonly tool: string
  /** The status of the answer, or `gone` if the client didn't wait for one. */
  readonly outcome: string
  /** Until the answer was over. */
  readonly ms: number
}

/** Events that may be on their way to the database: calls don't wait for them. */
export const MOST_PENDING = 1000

export function createToolAudit(app: FastifyInstance): ToolAudit {
  const { auditTools } = app.settings
  let pending = 0

  function note(name: 'tool.called' | 'tool.denied', request: FastifyRequest, { claims, user }: Caller, details: AuditDetails): void {
    if (pending >= MOST_PENDING) return app.meter.count('events', { event: 'tool.lost' })
    pending += 1
    const actor = user === undefined ? 'client' : `user ${user.username}`
    const about = {
      name,
      actor,
      clientId: claims.client_id,
      userId: user?.id,
      details: fitDetails({ ...(user && { user: user.username }), ...details }),
    }
    app.audit.noteSoon(request, about, () => (pending -= 1))
  }

  return {
    keepsCalls: auditTools === 'all',
    denied(request, { resource }, caller, tool) {
      if (auditTools !== 'off') note('tool.denied', request, caller, { ...(tool !== undefined && { tool }), resource: resource.identifier })
    },
    called(request, { resource }, caller, { tool, outcome, ms }) {
      if (auditTools === 'all') note('tool.called', request, caller, { tool, resource: resource.identifier, outcome, ms: Math.round(ms) })
    },
  }
}
