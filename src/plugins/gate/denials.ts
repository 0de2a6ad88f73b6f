/** Keeps what access rules deny at the gate, for operators alone: in the log, and as `access.denied`. Clients learn nothing of it. */
import type { FastifyRequest } from 'fastify'
import { fitDetails } from '../../domain/audit/audit-details.ts'
import type { Audit } from '../kernel/audit.ts'
import type { GateRefusal } from './gate-answers.ts'

/** Does nothing for a refusal that no rule is behind. */
export type NoteDenial = (request: FastifyRequest, refusal: GateRefusal) => Promise<void>

export function createDenialNoter(audit: Audit): NoteDenial {
  return async (request, { denial }) => {
    if (denial === undefined) return
    const { words, clientId, username } = denial
    request.log.info({ client: clientId, username, denial: words }, 'access denied by a rule')
    const actor = username === undefined ? 'client' : `user ${username}`
    await audit.note(request, { name: 'access.denied', actor, clientId, details: fitDetails({ denial: words }) })
  }
}
