/** The embedded database as a file, and the version of any database. */
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

/** Puts a backup in place of the embedded database. Returns the file that holds the previous database, if there was one. */
export async function restoreDatabase(
  { databaseUrl }: DatabaseContext,
  { file }: { readonly file: string },
): Promise<Outcome<string | undefined>> {
  try {
    return ok(await restoreStorage(databaseUrl, file))
  } catch (error) {
    return fileProblem(error, `${file} can't be restored`)
  }
}
