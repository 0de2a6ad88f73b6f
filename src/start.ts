/** Brings everything up: storage, administrator, keys, app, sweeper. What `server.ts` and the tests of whole processes share. */
import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import { applyAdministrator } from './administrator.ts'
import { buildApp } from './app.ts'
import type { Config } from './config.ts'
import { loadKeyset } from './keys/keyset.ts'
import { resolveSecret } from './secret-file.ts'
import { openStorage } from './storage/open.ts'
import { startSweeper } from './sweeper.ts'

/**
 * Opens what `config` names and listens.
 *
 * @throws {StorageRefused} with a sentence on what to do; or the listen error (`EADDRINUSE` ...)
 */
export async function start(config: Config, logger: FastifyServerOptions['logger']): Promise<FastifyInstance> {
  const storage = await openStorage(config.databaseUrl)
  try {
    const secret = resolveSecret(config.secret, config.databaseUrl)
    await applyAdministrator(storage, config, Date.now())
    const keyset = await loadKeyset(storage.keys, secret, Date.now())
    const app = await buildApp({ config, storage, keyset, secret, logger })
    startSweeper(app)
    await app.listen({ port: config.port, host: config.host })
    return app
  } catch (error) {
    await storage.close()
    throw error
  }
}
