/** `export`: everything in a file, or on standard output, for another database. */
import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { Config } from '../config/config.ts'
import { createVault } from '../crypto/vault.ts'
import { exportRecords } from '../transfer/export.ts'
import { FORMAT, FORMAT_VERSION, makeSecretCheck } from '../transfer/format.ts'
import type { Header } from '../transfer/format.ts'
import { showProgress } from '../transfer/progress.ts'
import { resolveSecret } from '../process/secret-file.ts'
import { newestVersion } from '../storage/migrate.ts'
import { transferStorage } from '../storage/open.ts'
import type { Transfer } from '../storage/transfer.ts'
import { CommandRefused } from './command.ts'
import type { Call } from './command.ts'
import { withDatabase } from './configured.ts'
import { explainFile, writeFile } from './output-file.ts'

export async function exportEverything(call: Call): Promise<void> {
  const file = call.positionals[0]!
  await withDatabase(call, async (config) => {
    if (file === '-') {
      await exportTo(call, config, () => call.output).catch((error: unknown) => {
        throw explainFile(error, 'Standard output ended early')
      })
    } else {
      await writeFile(call, file, config, (partial) => exportTo(call, config, () => createWriteStream(partial, { flags: 'r+' })))
    }
    call.errors.write(
      `Everything is exported. Whoever has the file and SECRET can act for everybody: keep it to yourself, and delete it once it is imported.\n`,
    )
  })
}

/** @param open makes what is written to, once something is */
function exportTo(call: Call, config: Config, open: () => NodeJS.WritableStream): Promise<void> {
  return transferStorage(config.databaseUrl, 'export', async (transfer) => {
    const header = await makeHeader(transfer, config)
    const destination = open()
    await pipeline(exportRecords(transfer, header, showProgress(call.errors)), destination, { end: destination !== call.output })
  })
}

async function makeHeader(transfer: Transfer, { databaseUrl, secret: configured, secretPrevious, issuer }: Config): Promise<Header> {
  const secret = resolveSecret(configured, databaseUrl)
  const vault = createVault(secret, secretPrevious)
  for await (const keys of transfer.read('signing_keys', ['private_jwk'])) {
    for (const sealed of keys.map(([key]) => String(key)).filter((key) => key !== '')) {
      vault.decrypt(sealed)
      if (vault.isStale(sealed))
        throw new CommandRefused(
          'The signing keys are encrypted with SECRET_PREVIOUS still: start the server, which encrypts them anew, then export again.',
        )
    }
  }
  return {
    format: FORMAT,
    version: FORMAT_VERSION,
    schema: newestVersion(),
    engine: databaseUrl.startsWith('sqlite:') ? 'sqlite' : 'postgres',
    issuer,
    exported_at: new Date().toISOString(),
    secret_check: makeSecretCheck(secret),
  }
}
