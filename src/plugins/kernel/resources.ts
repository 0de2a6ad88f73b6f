/**
 * Decorates `app.resourceRegistry()`: the registered resources and the rules about them, at most `FRESH_MS` old. The command line and other nodes change them
 * while this server runs; to ask the database for each request would cost more than that delay.
 */
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { createAccessPolicy } from '../../domain/access/decide-access.ts'
import { createSingleFlight } from '../../domain/protocol/single-flight.ts'
import { managementResource } from '../../domain/management/management.ts'
import { createResourceRegistry } from '../../domain/resource/resource-registry.ts'
import type { ResourceRegistry } from '../../domain/resource/resource-registry.ts'

declare module 'fastify' {
  interface FastifyInstance {
    resourceRegistry(): Promise<ResourceRegistry>
  }
}

/** How long a change of the resources, or of the rules about them, may take to be seen, in ms. */
export const FRESH_MS = 5000

const resources: FastifyPluginAsync = async (app) => {
  const { unregisteredResources, accessDefault, admin, issuer } = app.settings
  const builtIn = admin === 'on' ? [managementResource(issuer)] : []
  const read = async () => {
    const [resources, rules] = await Promise.all([app.storage.resources.list(), app.storage.accessRules.list()])
    return createResourceRegistry(resources, unregisteredResources, createAccessPolicy(rules, accessDefault), builtIn)
  }
  let registry = await read()
  let readAt = app.now()
  const reading = createSingleFlight<ResourceRegistry>()

  /** While the database can't answer, the last copy counts: a client that can't discover the server gives up for good. */
  async function renew(): Promise<ResourceRegistry> {
    const startedAt = app.now()
    try {
      registry = await read()
    } catch (error) {
      app.log.warn({ err: error }, 'the resources could not be read: the earlier ones count')
    }
    readAt = startedAt
    return registry
  }

  app.decorate('resourceRegistry', async () => {
    // In both directions: a clock that is set back must not keep the registry.
    if (Math.abs(app.now() - readAt) < FRESH_MS) return registry
    return reading.join(renew)
  })
}
export default fp(resources, { name: 'resources', dependencies: ['settings', 'storage', 'clock'] })
