/** Starts everything: storage, administrator, keys, app, jobs. `process/serve.ts` and the tests of whole servers share it. */
import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import { bootstrapAdmin } from './bootstrap-admin.ts'
import { buildApp } from '../app.ts'
import type { Config } from '../config/config.ts'
import { exposure } from '../config/rules.ts'
import { isCommonPassword } from '../crypto/password-strength.ts'
import { loadKeyset } from '../crypto/keyset.ts'
import { keepConfiguredProviders } from './configured-providers.ts'
import { warningsAboutProviders } from './provider-warnings.ts'
import { followClientRule } from './client-rule.ts'
import { warningsAboutPasskeys } from './passkey-warnings.ts'
import { registerProtected } from './protected-resources.ts'
import { refuseAccounts } from './commands/command-account.ts'
import { takeCommandLease } from './commands/command-lease.ts'
import { createCommandStarter, warnAboutCommands } from './commands/command-starter.ts'
import { createReferenceReader } from './references.ts'
import { readGiven } from './environment.ts'
import { createMetrics, offerMetrics } from './metrics/metrics.ts'
import { watchStorage } from './metrics/storage.ts'
import { resealProviders } from './reseal.ts'
import { resolveSecret, secretPath } from './secret-file.ts'
import { resolvePort } from './free-port.ts'
import { createAuditWebhook } from '../jobs/audit-webhook.ts'
import { startOutboxJob } from '../jobs/outbox-job.ts'
import { openStorage } from '../storage/open.ts'
import { StorageRefused } from '../storage/storage.ts'
import { PROGRAM, VERSION } from './version.ts'
import { startIdentityChecksJob } from '../jobs/identity-checks-job.ts'
import { startSweeper } from '../jobs/sweeper.ts'

/** Listen backlog: connections that the kernel queues until load shedding sees them. */
const BACKLOG = 2048

/** Where others can try it, the administrator's password must not be one of the first that anybody tries. */
async function refuseCommonPassword(config: Config): Promise<void> {
  const exposed = exposure(config)
  if (exposed !== undefined && (await isCommonPassword(config.adminPassword)))
    throw new StorageRefused(
      `ADMIN_PASSWORD is one of those that are tried first, and others can reach the server (${exposed}): set your own.`,
    )
}

/**
 * Opens the database and listens. `app.settings` is the configuration with the real port.
 *
 * @throws {StorageRefused} with a sentence that says what to do; or the listen error (`EADDRINUSE` ...). Nothing stays open then.
 */
export async function start(given: Config, logger: FastifyServerOptions['logger'], keepsPassword = false): Promise<FastifyInstance> {
  const config = await resolvePort(given)
  await refuseCommonPassword(config)
  const metrics = await createMetrics(config)
  const storage = await openStorage(config.databaseUrl, watchStorage(metrics?.meter))
  let app: FastifyInstance | undefined
  try {
    const secret = resolveSecret(config.secret, config.databaseUrl)
    await bootstrapAdmin(storage, { ...config, keepsPassword }, Date.now())
    await keepConfiguredProviders(storage, config, secret, Date.now())
    await resealProviders(storage, config, secret, Date.now())
    await registerProtected(storage, config, Date.now())
    await refuseAccounts(storage, config)
    const approved = await followClientRule(storage, config, Date.now())
    const keyset = await loadKeyset(storage.keys, secret, Date.now(), {
      previousSecret: config.secretPrevious,
      rotationInterval: config.keyRotationInterval,
    })
    const lease = await takeCommandLease(storage, config, Date.now)
    const readReference = createReferenceReader(process.env, Date.now)
    const startCommand = createCommandStarter(process.env, readReference)
    app = await buildApp({
      ...{ config, storage, keyset, secret, logger, program: PROGRAM, given: readGiven() },
      ...{ readReference, startCommand, mayRunCommands: lease.mayRun },
      ...(metrics && { meter: metrics.meter }),
    })
    app.addHook('onClose', () => lease.end())
    if (lease.hasCommands) app.log.warn(warnAboutCommands(config.secret === undefined ? secretPath(config.databaseUrl) : undefined))
    app.log.info(`Solar System OAuth Server ${VERSION} starts, on Node.js ${process.version}`)
    for (const warning of await warningsAboutProviders(storage, config, await app.enabledProviders())) app.log.warn(warning)
    if (approved > 0) app.log.info({ clients: approved }, 'CLIENTS is approve: clients that people use are approved')
    for (const warning of await warningsAboutPasskeys(storage, config)) app.log.warn(warning)
    startSweeper(app)
    startOutboxJob(app, app.sendBackchannelLogouts)
    const { auditWebhook: url, auditWebhookSecret: webhookSecret } = config
    await storage.auditEvents.receive(url !== undefined, Date.now())
    if (url !== undefined) startOutboxJob(app, createAuditWebhook(app, { url, secret: webhookSecret! }))
    startIdentityChecksJob(app)
    if (metrics !== undefined) await offerMetrics(app, config, metrics)
    await app.listen({ port: config.port, host: config.host, backlog: BACKLOG })
    return app
  } catch (error) {
    await (app ?? storage).close() // the app closes its storage
    throw error
  }
}
