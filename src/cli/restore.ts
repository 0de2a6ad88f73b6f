/** `restore`: a backup becomes the embedded database. */
import { secretPath } from '../process/secret-file.ts'
import { restoreStorage } from '../storage/open.ts'
import type { Call } from './command.ts'
import { withDatabase } from './configured.ts'
import { explainFile } from './output-file.ts'

export async function restore(call: Call): Promise<void> {
  const file = call.positionals[0]!
  await withDatabase(call, async ({ databaseUrl, secret }) => {
    const aside = await restoreStorage(databaseUrl, file).catch((error: unknown) => {
      throw explainFile(error, `${file} can't be restored`)
    })
    const needed = secret === undefined ? `The file ${secretPath(databaseUrl)}` : 'SECRET'
    call.output.write(`The database is that of ${file} now. ${needed} has to be the one of that time.\n`)
    if (aside !== undefined) call.output.write(`The database of before is ${aside}: delete it once you don't need it any more.\n`)
  })
}
