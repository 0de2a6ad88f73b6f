/** The process: configuration, start, what a person needs to know, graceful close. */
import { existsSync } from 'node:fs'
import closeWithGrace from 'close-with-grace'
import { welcome } from './welcome.ts'
import { loadConfig } from './config.ts'
import { loggerOptions } from './logger.ts'
import { start } from './start.ts'
import { explainStartFailure } from './start-failure.ts'

/** How long requests under way may take once the process is told to stop. */
const CLOSE_DELAY_MS = 10_000

if (existsSync('.env')) process.loadEnvFile('.env')
const config = loadConfig(process.env)
if (!config.ok) fail(config.error)
else {
  try {
    const app = await start(config.value, loggerOptions(config.value.logLevel, process.stdout.isTTY))
    for (const warning of config.value.warnings) app.log.warn(warning)
    closeWithGrace({ delay: CLOSE_DELAY_MS, logger: false }, async ({ err, signal }) => {
      if (err !== undefined) app.log.fatal({ err }, 'unexpected error: closing')
      else app.log.info(`${signal ?? 'asked to stop'}: finishing requests under way`)
      await app.close()
    })
    process.stdout.write(welcome(config.value, app.addresses()))
  } catch (error) {
    const sentence = explainStartFailure(error, config.value)
    if (sentence === undefined) throw error
    fail([sentence])
  }
}

/** One sentence for each problem, and no stack trace. */
function fail(sentences: readonly string[]): void {
  for (const sentence of sentences) process.stderr.write(`${sentence}\n`)
  process.exitCode = 1
}
