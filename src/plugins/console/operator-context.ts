/** What operations need when somebody asks for them over the network: who it is, from where, and what this process has. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { newId, newPersonalToken, newRecordId, newSecret } from '../../crypto/random.ts'
import type { Program } from '../../domain/management/program.ts'
import { addressOf } from '../../domain/protocol/network.ts'
import type { Role } from '../../domain/user/role.ts'
import type { OperationContext } from '../../operations/context.ts'

/** @param name as audit events have it, such as `user helen` */
export type MakeOperatorContext = (request: FastifyRequest, name: string, role: Role) => OperationContext

/** @param secret encrypts private keys */
export function createOperatorContexts(app: FastifyInstance, secret: string, program: Program | undefined): MakeOperatorContext {
  const shared = {
    storage: app.storage,
    now: () => app.now(),
    newId,
    newRecordId,
    newSecret,
    newPersonalToken,
    secret: () => secret,
    config: app.settings,
    program,
  }
  return (request, name, role) => ({ ...shared, actor: { name, role, atMachine: false, address: addressOf(request.ip) } })
}
