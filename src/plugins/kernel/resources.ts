/**
 * Decorates `app.resourceRegistry()`: the registered resources, as they were at most `FRESH_MS` ago. The command line and other
 * nodes change them while this server runs; asking the database for each request would cost more than that delay.
 */
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { createSingleFlight } from '../../domain/protocol/single-flight.ts'
import { createResourceRegistry } from '../../domain/resource/resource-registry.ts'
import type { ResourceRegistry } from '../../domain/resource/resource-registry.ts'

declare module 'fastify' {
  interface FastifyInstance {
    resourceRegistry(): Promise<ResourceRegistry>
  }
}

/** How long a change of the resources may take to be seen, in ms. */
export const FRESH_MS = 5000

const resources: FastifyPluginAsync = async (app) => {
  const read = async () => createResourceRegistry(await app.storage.resources.list(), app.settings.unregisteredResources)
  let registry = await read()
  let readAt = app.now()
  const reading = createSingleFlight<ResourceRegistry>()

  /** While the database can't answer, what was read last counts: a client that can't discover us gives up for good. */
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
    // Either way: a clock that was set back must not make the registry last.
    if (Math.abs(app.now() - readAt) < FRESH_MS) return registry
    return reading.join(renew)
  })
}
export default fp(resources, { name: 'resources', dependencies: ['settings', 'storage', 'clock'] })
