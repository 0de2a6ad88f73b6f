/** The server as a process: configuration, start, what a person needs to know, graceful stop. */
import { readEnvironment } from './environment.ts'
import { loggerOptions } from './logger.ts'
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
    const { start } = await import('./start.ts') // here, so that what an installation lacks is told in a sentence, too
    const app = await start(config.value, loggerOptions(config.value.logLevel, terminal))
    stopGracefully(app)
    for (const warning of app.settings.warnings) app.log.warn(warning)
    // Whoever collects the log of a server parses it line by line.
    if (terminal) process.stdout.write(welcome(app.settings, program))
    else app.log.info(welcomeLine(app.settings))
    return 0
  } catch (error) {
    const sentence = explainStartFailure(error, config.value)
    /* c8 ignore next -- a defect is what no test foresees */
    if (sentence === undefined) throw error
    return complain([sentence])
  }
}

/** One sentence for each problem, and no stack trace. */
function complain(sentences: readonly string[]): 1 {
  for (const sentence of sentences) process.stderr.write(`${sentence}\n`)
  return 1
}
