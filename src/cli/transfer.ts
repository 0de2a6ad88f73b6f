/** `export` and `import`: by a file, or by the streams that the command was given. */
import { plainText } from '../domain/protocol/text.ts'
import * as exporting from '../operations/export.ts'
import * as importing from '../operations/import.ts'
import { showProgress } from '../transfer/progress.ts'
import type { Call } from './command.ts'
import { valueOf, withDatabase } from './configured.ts'
import { EXISTS } from './database.ts'
import { isSet } from './read-options.ts'

/** Means standard output or standard input. */
const STREAM = '-'

export async function exportEverything(call: Call): Promise<void> {
  const [file = ''] = call.positionals
  const onProgress = showProgress(call.errors)
  await withDatabase(call, async (database) => {
    if (file === STREAM)
      valueOf(call, await exporting.exportToStream(database, { stream: call.output, name: 'Standard output', onProgress }))
    else valueOf(call, await exporting.exportToFile(database, { file, replace: isSet(call, 'force'), onProgress }), EXISTS)
    call.errors.write(
      'Everything is exported. With the file and SECRET, anyone can act as any user: keep it private, and delete it once it is imported.\n',
    )
  })
}

export async function importEverything(call: Call): Promise<void> {
  const [file = ''] = call.positionals
  const onProgress = showProgress(call.errors)
  await withDatabase(call, async (database) => {
    const imported =
      file === STREAM
        ? await importing.importFromStream(database, { stream: call.input, name: 'Standard input', onProgress })
        : await importing.importFromFile(database, { file, onProgress })
    const { records, issuer, sealed } = valueOf(call, imported, { 'not-found': 'Name one that export wrote.' })
    call.output.write(`${records.toLocaleString('en')} records are imported.\n`)
    if (!sealed)
      call.errors.write('An earlier version wrote the file, without a seal: only you can know that nobody has changed it since.\n')
    if (issuer === database.issuer) return
    call.errors.write(
      `The export comes from ${plainText(issuer, 200)}, but ISSUER is ${database.issuer}. Clients and tokens know the former: set ISSUER to it.\n`,
    )
  })
}
