/** What operators use over the network: the console and the management API. Neither is there with ADMIN=off. */
import type { FastifyInstance } from 'fastify'
import consolePages from '../console/console.ts'
import { createConsoleEntrance } from '../console/entrance.ts'
import type { GivenSettings } from '../console/operation/settings.ts'
import { createOperatorContexts } from '../console/operator-context.ts'
import type { Program } from '../../domain/management/program.ts'
import type { CallerNeeds } from './caller.ts'
import managementApi from './management-api.ts'

export interface ControlRoomNeeds extends CallerNeeds {
  /** Encrypts private keys. */
  readonly secret: string
  readonly program: Program | undefined
  readonly given: GivenSettings
}

export async function registerControlRoom(app: FastifyInstance, { secret, program, given, ...needs }: ControlRoomNeeds): Promise<void> {
  const { admin, base } = app.settings
  if (admin !== 'on') return
  const contextOf = createOperatorContexts(app, secret, program)
  const entrance = createConsoleEntrance(app, contextOf)
  await app.register(async (server) => server.register(consolePages, { entrance, given }), { prefix: base })
  await app.register(managementApi, { ...needs, contextOf, version: program?.version }) // puts the issuer's path in front itself
}
