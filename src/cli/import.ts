/** `import`: what export has written becomes all of an empty database. */
import { createReadStream, existsSync } from 'node:fs'
import { plainText } from '../domain/protocol/text.ts'
import { Unreadable, isSameSecret } from '../transfer/format.ts'
import type { Header } from '../transfer/format.ts'
import { findOccupied, importRecords } from '../transfer/import.ts'
import { readLines } from '../transfer/lines.ts'
import { showProgress } from '../transfer/progress.ts'
import { resolveSecret } from '../process/secret-file.ts'
import { newestVersion } from '../storage/migrate.ts'
import { transferStorage } from '../storage/open.ts'
import { CommandRefused } from './command.ts'
import type { Call } from './command.ts'
import { withDatabase } from './configured.ts'
import { explainFile } from './output-file.ts'

export async function importEverything(call: Call): Promise<void> {
  const file = call.positionals[0]!
  const name = file === '-' ? 'Standard input' : file
  if (file !== '-' && !existsSync(file)) throw new CommandRefused(`There is no file ${file}: name one that export has written.`)
  await withDatabase(call, async (config) => {
    const accept = ({ secret_check }: Header): void => {
      const secrets = [
        resolveSecret(config.secret, config.databaseUrl),
        ...(config.secretPrevious === undefined ? [] : [config.secretPrevious]),
      ]
      if (secrets.some((secret) => isSameSecret(secret_check, secret))) return
      throw new Unreadable(
        'SECRET differs from that of the export, so the signing keys in it could not be used: set SECRET to the same value (what the file secret beside the exported database holds).',
      )
    }
    const imported = transferStorage(config.databaseUrl, 'import', async (transfer) => {
      const occupied = await findOccupied(transfer)
      if (occupied !== undefined) {
        throw new CommandRefused(
          `The database isn't empty (${occupied}): import before a server starts with it for the first time, or name an empty one in DATABASE_URL.`,
        )
      }
      const input = file === '-' ? call.input : createReadStream(file)
      return importRecords(readLines(input as AsyncIterable<Uint8Array>), transfer, {
        newestSchema: newestVersion(),
        accept,
        onProgress: showProgress(call.errors),
      })
    })
    const { header, records } = await imported.catch((error: unknown) => {
      if (error instanceof Unreadable) throw new CommandRefused(`${name} can't be imported: ${error.message} Nothing was changed.`)
      throw explainFile(error, `${name} can't be read`)
    })
    call.output.write(`${records.toLocaleString('en')} records are imported.\n`)
    if (header.issuer !== config.issuer) {
      call.errors.write(
        `The export is of ${plainText(String(header.issuer), 200)}, and ISSUER is ${config.issuer}: clients and tokens know the former, so set ISSUER to it.\n`,
      )
    }
  })
}
