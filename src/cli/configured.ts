/** The configuration, the storage and the context of operations as commands need them, with problems as sentences. */
import type { Config } from '../config/config.ts'
import { newId, newPersonalToken, newRecordId, newSecret } from '../crypto/random.ts'
import { MACHINE_OWNER } from '../domain/user/role.ts'
import { isInMemory, sqlitePathOf } from '../domain/protocol/sqlite-path.ts'
import { plainText } from '../domain/protocol/text.ts'
import type { OperationContext } from '../operations/context.ts'
import type { TransferContext } from '../operations/export.ts'
import type { Outcome, ProblemKind } from '../operations/outcome.ts'
import { readEnvironment } from '../process/environment.ts'
import { findServer, settingsOf } from '../process/running-server.ts'
import type { RunningServer } from '../process/running-server.ts'
import { resolveSecret, secretPath } from '../process/secret-file.ts'
import { explainStartFailure } from '../process/start-failure.ts'
import { PROGRAM } from '../process/version.ts'
import { openStorage } from '../storage/open.ts'
import { CommandRefused } from './command.ts'
import type { Call } from './command.ts'

/** Longest value that a sentence shows, in characters. */
const MAX_SHOWN = 100

type Environs = Pick<Call, 'variables'> & Partial<Pick<Call, 'errors'>>

/**
 * What isn't set is as for the server that runs here: it may have been started with variables of its own.
 *
 * @throws {CommandRefused} with a sentence for each problem
 */
export function configured({ variables, errors }: Environs): Config {
  let running: RunningServer | undefined
  const config = readEnvironment(variables, '.env', ({ DATABASE_URL: databaseUrl }) => {
    running = findServer(databaseUrl?.trim() || undefined)
    return running === undefined ? {} : settingsOf(running)
  })
  if (!config.ok) throw new CommandRefused(config.error.join('\n'))
  if (running !== undefined) warnAboutServer(running, config.value, errors)
  return config.value
}

/** Another server's database, or another database than the server's, is easily taken by mistake. */
function warnAboutServer(
  { issuer, database }: RunningServer,
  { issuer: own, databaseUrl }: Config,
  errors: Call['errors'] | undefined,
): void {
  if (issuer !== own) errors?.write(`The server that runs on this database is ${issuer}, but ISSUER is ${own}.\n`)
  if (sqlitePathOf(database) === undefined && sqlitePathOf(databaseUrl) !== undefined)
    errors?.write(`The server that runs here uses ${database}, but DATABASE_URL isn't set: this is another database, ${databaseUrl}.\n`)
}

/**
 * Does `work` with the database that is configured, as a whole.
 *
 * @throws {CommandRefused} if the database can't be used
 */
export async function withDatabase<T>(call: Environs, work: (database: TransferContext, config: Config) => Promise<T>): Promise<T> {
  const config = configured(call)
  const { databaseUrl, secretPrevious, issuer } = config
  if (isInMemory(databaseUrl)) {
    throw new CommandRefused('DATABASE_URL is sqlite::memory:, which no other program can see: set it to a file.')
  }
  const path = sqlitePathOf(databaseUrl)
  const ownFiles = path === undefined ? [] : [path, secretPath(databaseUrl)]
  const secret = () => resolveSecret(config.secret, databaseUrl)
  try {
    return await work({ databaseUrl, ownFiles, secret, secretPrevious, issuer, now: Date.now }, config)
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
export function withOperations<T>(call: Environs, work: (context: OperationContext) => Promise<T>): Promise<T> {
  return withDatabase(call, async ({ databaseUrl, secret, now }, config) => {
    const storage = await openStorage(databaseUrl)
    const program = { ...PROGRAM, version: findServer(databaseUrl)?.version ?? PROGRAM.version }
    try {
      return await work({ actor: MACHINE_OWNER, storage, now, newId, newRecordId, newSecret, newPersonalToken, secret, program, config })
    } finally {
      await storage.close()
    }
  })
}

/**
 * The value of an outcome.
 *
 * @param hints what to do about a problem of a kind, in a sentence
 * @throws {CommandRefused} if it is a problem
 */
export function valueOf<T>({ options }: Pick<Call, 'options'>, outcome: Outcome<T>, hints: Partial<Record<ProblemKind, string>> = {}): T {
  if (outcome.ok) return outcome.value
  const { kind, message, argument } = outcome.error
  const typed = argument?.value === undefined ? '' : `, but is "${plainText(String(options[argument.name]), MAX_SHOWN)}"`
  const sentence = argument === undefined ? message : `${optionOf(argument.name)} ${argument.problem}${typed}.`
  throw new CommandRefused([sentence, hints[kind]].filter((part) => part !== undefined).join(' '))
}

/** `redirectHosts` is `--redirect-hosts`. A password is never an option. */
const optionOf = (name: string): string =>
  name === 'password' ? 'The password' : `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
