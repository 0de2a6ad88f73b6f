/** What operators use over the network: the console and the management API. Neither is there with ADMIN=off. */
import type { FastifyInstance } from 'fastify'
import consolePages from '../console/console.ts'
import { createConsoleEntrance } from '../console/entrance.ts'
import type { GivenSettings } from '../console/operation/settings.ts'
import { createOperatorContexts } from '../console/operator-context.ts'
import type { CallerNeeds } from './caller.ts'
import managementApi from './management-api.ts'

interface Needs extends CallerNeeds {
  /** Encrypts private keys. */
  readonly secret: string
  readonly version: string | undefined
  readonly given: GivenSettings
}

export async function registerControlRoom(app: FastifyInstance, { secret, version, given, ...needs }: Needs): Promise<void> {
  const { admin, base } = app.settings
  if (admin !== 'on') return
  const contextOf = createOperatorContexts(app, secret)
  const entrance = createConsoleEntrance(app, contextOf)
  await app.register(async (server) => server.register(consolePages, { entrance, version, given }), { prefix: base })
  await app.register(managementApi, { ...needs, contextOf, version }) // puts the issuer's path in front itself
}
