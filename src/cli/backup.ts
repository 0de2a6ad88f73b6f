/** `backup`: a copy of the embedded database, made while the server runs. */
import { secretPath } from '../process/secret-file.ts'
import { backUpStorage } from '../storage/open.ts'
import type { Call } from './command.ts'
import { withDatabase } from './configured.ts'
import { writeFile } from './output-file.ts'

export async function backUp(call: Call): Promise<void> {
  const file = call.positionals[0]!
  await withDatabase(call, async (config) => {
    await writeFile(call, file, config, (partial) => backUpStorage(config.databaseUrl, partial))
    const secret = config.secret === undefined ? `the file ${secretPath(config.databaseUrl)}` : 'SECRET'
    call.output.write(
      `${file} is a whole and sound copy of the database. It can only be used together with ${secret}: keep a copy of that, too.\n`,
    )
  })
}
