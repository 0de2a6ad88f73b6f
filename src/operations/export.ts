/** All records of a database as one file, for another database (src/transfer/format.ts). */
import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createVault } from '../crypto/vault.ts'
import { ok } from '../domain/protocol/result.ts'
import { sqlitePathOf } from '../domain/protocol/sqlite-path.ts'
import { newestVersion } from '../storage/migrate.ts'
import { transferStorage } from '../storage/open.ts'
import type { Transfer } from '../storage/transfer.ts'
import { exportRecords } from '../transfer/export.ts'
import type { OnProgress } from '../transfer/export.ts'
import { FORMAT, FORMAT_VERSION, createSeal, makeSecretCheck } from '../transfer/format.ts'
import type { Header } from '../transfer/format.ts'
import type { DatabaseContext } from './database.ts'
import { conflict } from './outcome.ts'
import type { Outcome } from './outcome.ts'
import { checkOutputFile, fileProblem, writeOutputFile } from './output-file.ts'

/** What an export carries, or is recognised by. */
export interface TransferContext extends DatabaseContext {
  readonly secret: () => string
  readonly secretPrevious: string | undefined
  readonly issuer: string
  /** The time in ms. */
  readonly now: () => number
}

/** Writes everything, as it is at one instant, while servers use the database. */
export async function exportToFile(
  context: TransferContext,
  { file, replace = false, onProgress }: { readonly file: string; readonly replace?: boolean; readonly onProgress: OnProgress },
): Promise<Outcome<void>> {
  const clear = checkOutputFile({ file, replace, ownFiles: context.ownFiles })
  if (!clear.ok) return clear
  return writeOutputFile(file, (partial) =>
    withRecords(context, onProgress, async (records) => ok(await pipeline(records, createWriteStream(partial, { flags: 'r+' })))),
  )
}

/** The same, to a stream that stays open. */
export function exportToStream(
  context: TransferContext,
  { stream, name, onProgress }: { readonly stream: NodeJS.WritableStream; readonly name: string; readonly onProgress: OnProgress },
): Promise<Outcome<void>> {
  return withRecords(context, onProgress, async (records) => {
    try {
      return ok(await pipeline(records, stream, { end: false }))
    } catch (error) {
      return fileProblem(error, `${name} ended early`)
    }
  })
}

/** Lets `write` have the text of the export, unless it would be of no use. */
function withRecords(
  context: TransferContext,
  onProgress: OnProgress,
  write: (records: AsyncIterable<string>) => Promise<Outcome<void>>,
): Promise<Outcome<void>> {
  return transferStorage(context.databaseUrl, 'export', async (transfer) => {
    const header = await makeHeader(transfer, context)
    return header.ok ? write(exportRecords(transfer, header.value, createSeal(context.secret()), onProgress)) : header
  })
}

async function makeHeader(transfer: Transfer, context: TransferContext): Promise<Outcome<Header>> {
  const secret = context.secret()
  const vault = createVault(secret, context.secretPrevious)
  for await (const keys of transfer.read('signing_keys', ['private_jwk'])) {
    for (const encrypted of keys.map(([key]) => String(key)).filter((key) => key !== '')) {
      vault.decrypt(encrypted)
      if (vault.isStale(encrypted))
        return conflict(
          'The signing keys are still encrypted with SECRET_PREVIOUS: start the server, which encrypts them again, then export.',
        )
    }
  }
  return ok({
    format: FORMAT,
    version: FORMAT_VERSION,
    schema: newestVersion(),
    engine: sqlitePathOf(context.databaseUrl) === undefined ? 'postgres' : 'sqlite',
    issuer: context.issuer,
    exported_at: new Date(context.now()).toISOString(),
    secret_check: makeSecretCheck(secret),
  })
}
