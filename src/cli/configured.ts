/** The configuration and the storage as commands need them, with problems told as sentences. */
import type { Config } from '../config/config.ts'
import { readEnvironment } from '../process/environment.ts'
import { explainStartFailure } from '../process/start-failure.ts'
import { openStorage } from '../storage/open.ts'
import type { Storage } from '../storage/storage.ts'
import { CommandRefused } from './command.ts'
import type { Call } from './command.ts'

/** @throws {CommandRefused} with a sentence for each problem */
export function configured({ variables }: Pick<Call, 'variables'>): Config {
  const config = readEnvironment(variables)
  if (!config.ok) throw new CommandRefused(config.error.join('\n'))
  return config.value
}

/**
 * Does `work` with what names the database. Problems with it are told in a sentence.
 *
 * @throws {CommandRefused} if the database can't be used
 */
export async function withDatabase<T>(call: Pick<Call, 'variables'>, work: (config: Config) => Promise<T>): Promise<T> {
  const config = configured(call)
  if (config.databaseUrl === 'sqlite::memory:') {
    throw new CommandRefused('DATABASE_URL is sqlite::memory:, which no other program can see: set it to a file.')
  }
  try {
    return await work(config)
  } catch (error) {
    const sentence = error instanceof CommandRefused ? undefined : explainStartFailure(error, config)
    throw sentence === undefined ? error : new CommandRefused(sentence)
  }
}

/**
 * Does `work` with the configured storage, which is closed after it. A server may be running on it.
 *
 * @throws {CommandRefused} if the storage can't be used
 */
export function withStorage<T>(call: Pick<Call, 'variables'>, work: (storage: Storage, config: Config) => Promise<T>): Promise<T> {
  return withDatabase(call, async (config) => {
    const storage = await openStorage(config.databaseUrl)
    try {
      return await work(storage, config)
    } finally {
      await storage.close()
    }
  })
}
