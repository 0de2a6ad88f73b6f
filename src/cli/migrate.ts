/** `migrate`: for those who want the database ready before the server starts. */
import type { Call } from './command.ts'
import { withStorage } from './configured.ts'

export async function migrateDatabase(call: Call): Promise<void> {
  await withStorage(call, async (storage) => storage.ping())
  call.output.write('The database is of this version.\n')
}
