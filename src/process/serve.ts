/** The server as a process: configuration, start, what a person needs to know, graceful stop. */
import cluster from 'node:cluster'
import type { FastifyBaseLogger, FastifyServerOptions } from 'fastify'
import type { Config } from '../config/config.ts'
import { readEnvironment } from './environment.ts'
import { loggerOptions } from '../logging/logger.ts'
import { explainStartFailure } from './start-failure.ts'
import { stopGracefully } from './stop.ts'
import { welcome, welcomeLine } from './welcome.ts'

/**
 * Starts the server and leaves it running. What a person can mend is said in a sentence each on standard error.
 *
 * @param program how people call the command line of this installation
 * @returns the exit code: 0 if it runs, and then the process ends by a signal only
 */
export async function serve(program: string): Promise<0 | 1> {
  const config = readEnvironment()
  if (!config.ok) return complain(config.error)
  const terminal = process.stdout.isTTY === true
  try {
    const running = await startAll(config.value, loggerOptions(config.value.logLevel, terminal))
    if (running === undefined) return 1
    if (cluster.isWorker) return 0 // the process that started it says the rest, once for all
    const { settings, log } = running
    for (const warning of settings.warnings) log.warn(warning)
    // Whoever collects the log of a server parses it line by line.
    if (terminal) process.stdout.write(welcome(settings, program))
    else log.info(welcomeLine(settings))
    return 0
  } catch (error) {
    const sentence = explainStartFailure(error, config.value)
    /* c8 ignore next -- a defect is what no test foresees */
    if (sentence === undefined) throw error
    return complain([sentence])
  }
}

/** One server in this process, or as many workers as are wanted. `undefined` if it has been said already why not. */
async function startAll(
  config: Config,
  logger: NonNullable<FastifyServerOptions['logger']>,
): Promise<{ settings: Config; log: FastifyBaseLogger } | undefined> {
  // Loaded here, so that what an installation lacks is told in a sentence, too.
  if (config.workers > 1 && cluster.isPrimary) return (await import('./workers.ts')).startWorkers(config, logger)
  const app = await (await import('./start.ts')).start(config, logger)
  stopGracefully(app)
  return app
}

/** One sentence for each problem, and no stack trace. */
function complain(sentences: readonly string[]): 1 {
  for (const sentence of sentences) process.stderr.write(`${sentence}\n`)
  cluster.worker?.disconnect() // else its channel would keep it running
  return 1
}
