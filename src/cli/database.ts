/** `migrate`, `backup` and `restore`. */
import { existsSync } from 'node:fs'
import type { Config } from '../config/config.ts'
import * as operations from '../operations/database.ts'
import { secretPath } from '../process/secret-file.ts'
import type { Call } from './command.ts'
import { valueOf, withDatabase } from './configured.ts'
import { isSet } from './read-options.ts'

export async function migrate(call: Call): Promise<void> {
  valueOf(call, await withDatabase(call, operations.migrateDatabase))
  call.output.write('The database is at the version of this program.\n')
}

export async function backUp(call: Call): Promise<void> {
  const [file = ''] = call.positionals
  await withDatabase(call, async (database, config) => {
    valueOf(call, await operations.backUpDatabase(database, { file, replace: isSet(call, 'force') }), EXISTS)
    call.output.write(`${file} is a complete copy of the database. It is of use only with ${secretOf(config)}: keep a copy of that, too.\n`)
  })
}

export async function restore(call: Call): Promise<void> {
  const [file = ''] = call.positionals
  await withDatabase(call, async (database, config) => {
    // No file is made for a secret that is still to be put in place.
    const isThere = config.secret !== undefined || existsSync(secretPath(config.databaseUrl))
    const secrets = [isThere ? database.secret() : undefined, config.secretPrevious].filter((each) => each !== undefined)
    const { previous, opens } = valueOf(call, await operations.restoreDatabase(database, { file, secrets }))
    call.output.write(`The database is now that of ${file}. It needs ${secretOf(config)} of that time.\n`)
    if (previous !== undefined) call.output.write(`The previous database is ${previous}: delete it once you no longer need it.\n`)
    if (!opens)
      call.errors.write(
        `What is there now as ${secretOf(config)} doesn't open its keys: put the right one in place before you start the server.\n`,
      )
  })
}

export const EXISTS = { conflict: 'Name another file, or add --force to replace it.' }

/** What decrypts the keys in the database. */
const secretOf = ({ secret, databaseUrl }: Config): string => (secret === undefined ? `the file ${secretPath(databaseUrl)}` : 'the SECRET')
