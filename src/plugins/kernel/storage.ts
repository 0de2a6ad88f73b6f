/** Decorates `app.storage`. Owns its closing; not its engine (src/storage). */
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import type { Storage } from '../../storage/storage.ts'

declare module 'fastify' {
  interface FastifyInstance {
    storage: Storage
  }
}

const storagePlugin: FastifyPluginAsync<{ storage: Storage }> = async (app, { storage }) => {
  app.decorate('storage', storage)
  app.addHook('onClose', () => storage.close())
}
export default fp(storagePlugin, { name: 'storage' })
