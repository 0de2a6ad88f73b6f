/** The embedded database as a file, and the version of any database. */
import { createVault } from '../crypto/vault.ts'
import { ok } from '../domain/protocol/result.ts'
import { backUpStorage, openStorage, restoreStorage } from '../storage/open.ts'
import { checkOutputFile, fileProblem, writeOutputFile } from './output-file.ts'
import type { Outcome } from './outcome.ts'

/** Which database, and what belongs to it. */
export interface DatabaseContext {
  readonly databaseUrl: string
  /** The files that the server runs with: no operation writes over them. */
  readonly ownFiles: readonly string[]
}

/**
 * Brings the database to the version of this program.
 *
 * @throws {StorageRefused} if the database can't be used; so do the others
 */
export async function migrateDatabase({ databaseUrl }: DatabaseContext): Promise<Outcome<void>> {
  const storage = await openStorage(databaseUrl)
  await storage.close()
  return ok(undefined)
}

/** Copies the embedded database as it is at one instant, while servers use it. */
export async function backUpDatabase(
  { databaseUrl, ownFiles }: DatabaseContext,
  { file, replace = false }: { readonly file: string; readonly replace?: boolean },
): Promise<Outcome<void>> {
  const clear = checkOutputFile({ file, replace, ownFiles })
  return clear.ok ? writeOutputFile(file, async (partial) => ok(await backUpStorage(databaseUrl, partial))) : clear
}

export interface RestoredDatabase {
  /** The file that holds the previous database, if there was one. */
  readonly previous: string | undefined
  /** Whether the secret opens the keys that are there now: only then the server starts. */
  readonly opens: boolean
}

/**
 * Puts a backup in place of the embedded database.
 *
 * @param secrets those that there are now
 */
export async function restoreDatabase(
  { databaseUrl }: DatabaseContext,
  { file, secrets }: { readonly file: string; readonly secrets: readonly string[] },
): Promise<Outcome<RestoredDatabase>> {
  try {
    const { previous, sealed } = await restoreStorage(databaseUrl, file)
    const vaults = secrets.map((secret) => createVault(secret, undefined))
    return ok({ previous, opens: sealed.every((each) => vaults.some((vault) => vault.opens(each))) })
  } catch (error) {
    return fileProblem(error, `${file} can't be restored`)
  }
}
