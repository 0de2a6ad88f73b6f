/** Two of our servers in one process, as they are built. Each gets its variables from `SERVERS`; the last one listens last. */
const built = (path: string) => import(new URL(`../../dist/${path}`, import.meta.url).href)
const { start } = (await built('process/start.js')) as typeof import('#src/process/start.ts')
const { loadConfig } = (await built('config/config.js')) as typeof import('#src/config/config.ts')
const { loggerOptions } = (await built('logging/logger.js')) as typeof import('#src/logging/logger.ts')

const started: { close(): Promise<unknown> }[] = []
for (const variables of JSON.parse(process.env['SERVERS']!) as Record<string, string>[]) {
  const config = loadConfig(variables)
  if (!config.ok) throw new Error(config.error.join(' '))
  started.push(await start(config.value, loggerOptions(config.value.logLevel, false)))
}
process.once('SIGTERM', () => void Promise.all(started.map((server) => server.close())).then(() => process.exit()))
