/** The server as a process: configuration, start, welcome, graceful stop. */
import cluster from 'node:cluster'
import type { FastifyBaseLogger, FastifyServerOptions } from 'fastify'
import type { Config } from '../config/config.ts'
import type { Environment } from '../config/kinds.ts'
import { readEnvironment, readGiven } from './environment.ts'
import { loggerOptions } from '../logging/logger.ts'
import { announceServer } from './running-server.ts'
import { explainStartFailure } from './start-failure.ts'
import { stopGracefully } from './stop.ts'
import { checkUpstreams } from './upstream-check.ts'
import { VERSION } from './version.ts'
import { welcome, welcomeLine } from './welcome.ts'

/**
 * Starts the server and leaves it running. Problems that an operator can fix are printed to standard error, one sentence each.
 *
 * @param program how to call the command line of this installation
 * @param variables the environment
 * @returns the exit code: 0 if the server runs; then only a signal ends the process
 */
export async function serve(program: string, variables: Environment = process.env, keepsPassword = false): Promise<0 | 1> {
  const config = readEnvironment(variables)
  if (!config.ok) return complain(config.error)
  const terminal = process.stdout.isTTY === true
  try {
    const running = await startAll(config.value, loggerOptions(config.value.logLevel, terminal), keepsPassword)
    if (running === undefined) return 1
    if (cluster.isWorker) return 0 // the process that started it prints the rest once
    const { settings, log } = running
    announceServer(settings, VERSION, new Date(), readGiven())
    for (const warning of settings.warnings) log.warn(warning)
    // A log that is collected is parsed line by line.
    if (terminal) process.stdout.write(welcome(settings, program))
    else log.info(welcomeLine(settings))
    for (const warning of await checkUpstreams(settings)) log.warn(warning)
    return 0
  } catch (error) {
    const sentence = explainStartFailure(error, config.value)
    /* c8 ignore next -- a defect, which no test foresees */
    if (sentence === undefined) throw error
    return complain([sentence])
  }
}

/** The same at a public address, for trying (`--tunnel`). `prepare` may use the settings that follow before the server starts. */
export async function serveTunneled(
  program: string,
  given: Environment = process.env,
  prepare: (variables: Environment) => Promise<unknown> = async () => undefined,
): Promise<0 | 1> {
  const { endTogether, openTunnel } = await import('./tunnel/tunnel.ts')
  try {
    const { variables, keepsPassword, tunnel } = await openTunnel(given, (text) => void process.stdout.write(text))
    try {
      await prepare(variables)
      const code = await serve(program, variables, keepsPassword)
      if (code === 0)
        endTogether(
          tunnel,
          (text) => void process.stderr.write(text),
          () => void process.kill(process.pid, 'SIGTERM'),
        )
      else tunnel.end()
      return code
    } catch (error) {
      tunnel.end()
      throw error
    }
  } catch (error) {
    const { NoTunnel } = await import('./tunnel/cloudflared.ts')
    if (error instanceof NoTunnel) return complain([error.message])
    throw error
  }
}

/** Starts one server in this process, or the configured number of workers. `undefined` if it failed and the reason was printed. */
async function startAll(
  config: Config,
  logger: NonNullable<FastifyServerOptions['logger']>,
  keepsPassword: boolean,
): Promise<{ settings: Config; log: FastifyBaseLogger } | undefined> {
  // Imported here, so that a missing package becomes a sentence, too.
  if (config.workers > 1 && cluster.isPrimary) return (await import('./workers.ts')).startWorkers(config, logger)
  const app = await (await import('./start.ts')).start(config, logger, keepsPassword)
  stopGracefully(app)
  return app
}

/** One sentence for each problem, and no stack trace. */
function complain(sentences: readonly string[]): 1 {
  for (const sentence of sentences) process.stderr.write(`${sentence}\n`)
  cluster.worker?.disconnect() // its channel would keep the process running
  return 1
}
