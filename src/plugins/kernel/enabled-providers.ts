/**
 * Decorates `app.enabledProviders()`: by whom people can log in now. Providers of the environment count only where it still has them.
 * They are read anew each time, so that a command counts at once, on all nodes.
 */
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { configuredProviders } from '../../config/settings/provider-settings.ts'
import type { Provider } from '../../domain/provider/provider.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Sorted by name. */
    enabledProviders(): Promise<Provider[]>
  }
}

const enabledProviders: FastifyPluginAsync = async (app) => {
  const configured = configuredProviders(app.settings).map(({ name }) => name)
  app.decorate('enabledProviders', async () => {
    const providers = await app.storage.providers.list()
    return providers.filter(
      ({ name, origin, disabledAt, encryptedClientSecret }) =>
        disabledAt === undefined && encryptedClientSecret !== undefined && (origin === 'operator' || configured.includes(name)),
    )
  })
}
export default fp(enabledProviders, { name: 'enabled-providers', dependencies: ['settings', 'storage'] })
