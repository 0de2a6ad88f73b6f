/** An export becomes the content of an empty database. */
import { createReadStream, existsSync } from 'node:fs'
import { ok } from '../domain/protocol/result.ts'
import { newestVersion } from '../storage/migrate.ts'
import { transferStorage } from '../storage/open.ts'
import type { OnProgress } from '../transfer/export.ts'
import { Unreadable, createSeal, readSecretCheck } from '../transfer/format.ts'
import type { Header, Seal } from '../transfer/format.ts'
import { findOccupied, importRecords } from '../transfer/import.ts'
import { readLines } from '../transfer/lines.ts'
import type { TransferContext } from './export.ts'
import { conflict, invalid, notFound } from './outcome.ts'
import type { Outcome } from './outcome.ts'
import { fileProblem } from './output-file.ts'

export interface Imported {
  readonly records: number
  /** The issuer that the export comes from, which its clients and tokens know. */
  readonly issuer: string
  /** Whether a seal proves that nobody changed the export; those of earlier versions have none. */
  readonly sealed: boolean
}

export async function importFromFile(
  context: TransferContext,
  { file, onProgress }: { readonly file: string; readonly onProgress: OnProgress },
): Promise<Outcome<Imported>> {
  if (!existsSync(file)) return notFound(`There is no file ${file}.`)
  return importFrom(context, () => createReadStream(file), file, onProgress)
}

export function importFromStream(
  context: TransferContext,
  { stream, name, onProgress }: { readonly stream: NodeJS.ReadableStream; readonly name: string; readonly onProgress: OnProgress },
): Promise<Outcome<Imported>> {
  return importFrom(context, () => stream as AsyncIterable<Uint8Array>, name, onProgress)
}

/** @param open called once the database is known to be empty */
async function importFrom(
  { databaseUrl, secret, secretPrevious }: TransferContext,
  open: () => AsyncIterable<Uint8Array>,
  name: string,
  onProgress: OnProgress,
): Promise<Outcome<Imported>> {
  function accept({ secret_check: check }: Header): Seal | undefined {
    for (const known of [secret(), secretPrevious].filter((each) => each !== undefined)) {
      const found = readSecretCheck(check, known)
      if (found !== undefined) return found === 'sealed' ? createSeal(known) : undefined
    }
    throw new Unreadable(
      'SECRET differs from that of the export, so the signing keys in it could not be used: set SECRET to the same value (the content of the file secret beside the exported database).',
    )
  }
  try {
    return await transferStorage(databaseUrl, 'import', async (transfer) => {
      const occupied = await findOccupied(transfer)
      if (occupied !== undefined)
        return conflict(
          `The database isn't empty (${occupied}): import before a server starts with it for the first time, or name an empty one in DATABASE_URL.`,
        )
      const options = { newestSchema: newestVersion(), accept, onProgress }
      const { header, records, sealed } = await importRecords(readLines(open()), transfer, options)
      return ok({ records, issuer: String(header.issuer), sealed })
    })
  } catch (error) {
    if (error instanceof Unreadable) return invalid(`${name} can't be imported: ${error.message} Nothing was changed.`)
    return fileProblem(error, `${name} can't be read`)
  }
}
