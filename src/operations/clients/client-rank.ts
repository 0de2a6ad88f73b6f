/** Who may change a client that manages the server. */
import type { Client } from '../../domain/client/client.ts'
import { managementRole } from '../../domain/management/management.ts'
import { ok } from '../../domain/protocol/result.ts'
import { suffices } from '../../domain/user/role.ts'
import type { OperationContext } from '../context.ts'
import { forbidden } from '../outcome.ts'
import type { Outcome } from '../outcome.ts'

/** Nobody changes a client that may do more than they, nor learns its secret. */
export function checkClientRank({ actor }: Pick<OperationContext, 'actor'>, client: Client): Outcome<void> {
  const role = managementRole(client)
  return role === undefined || suffices(actor.role, role)
    ? ok(undefined)
    : forbidden(`${client.id} may manage as ${role}: that takes the same role.`)
}
