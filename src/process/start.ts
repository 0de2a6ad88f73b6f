/** Brings everything up: storage, administrator, keys, app, sweeper, notifier. What `process/serve.ts` and the tests of whole servers share. */
import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import { bootstrapAdmin } from './bootstrap-admin.ts'
import { buildApp } from '../app.ts'
import type { Config } from '../config/config.ts'
import { loadKeyset } from '../crypto/keyset.ts'
import { resolveSecret } from './secret-file.ts'
import { resolvePort } from './free-port.ts'
import { startBackchannelLogoutJob } from '../jobs/backchannel-logout-job.ts'
import { openStorage } from '../storage/open.ts'
import { startSweeper } from '../jobs/sweeper.ts'

/** New connections that the system keeps for us, before it makes them wait for seconds: what comes in until load.ts sheds. */
const BACKLOG = 2048

/**
 * Opens what `given` names and listens. The configuration that holds in the end, with the real port, is `app.settings`.
 *
 * @throws {StorageRefused} with a sentence on what to do; or the listen error (`EADDRINUSE` ...). Nothing stays open then.
 */
export async function start(given: Config, logger: FastifyServerOptions['logger']): Promise<FastifyInstance> {
  const config = await resolvePort(given)
  const storage = await openStorage(config.databaseUrl)
  let app: FastifyInstance | undefined
  try {
    const secret = resolveSecret(config.secret, config.databaseUrl)
    await bootstrapAdmin(storage, config, Date.now())
    const keyset = await loadKeyset(storage.keys, secret, Date.now(), {
      previousSecret: config.secretPrevious,
      rotationInterval: config.keyRotationInterval,
    })
    app = await buildApp({ config, storage, keyset, secret, logger })
    startSweeper(app)
    startBackchannelLogoutJob(app)
    await app.listen({ port: config.port, host: config.host, backlog: BACKLOG })
    return app
  } catch (error) {
    await (app ?? storage).close() // the app closes its storage
    throw error
  }
}
