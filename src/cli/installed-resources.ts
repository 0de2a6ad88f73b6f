/** What the database of this machine knows about MCP servers, for the doctor. */
import { existsSync } from 'node:fs'
import type { InstalledResource } from '../doctor/steps/installed-tools-steps.ts'
import { sqlitePathOf } from '../domain/protocol/sqlite-path.ts'
import { oddTools } from '../domain/resource/tools.ts'
import type { Call } from './command.ts'
import { configured, withOperations } from './configured.ts'

/**
 * The MCP servers of an authorization server; undefined if it isn't the one that is configured here, or if its database can't be used.
 * No database is made for it.
 */
export async function readInstalledResources(call: Pick<Call, 'variables'>, issuer: string): Promise<InstalledResource[] | undefined> {
  try {
    const { issuer: own, databaseUrl } = configured({ variables: call.variables })
    if (own !== issuer) return undefined
    const path = sqlitePathOf(databaseUrl)
    if (path !== undefined && !existsSync(path)) return undefined
    return await withOperations({ variables: call.variables }, async ({ storage }) =>
      (await storage.resources.list()).map((resource) => ({ identifier: resource.identifier, ...oddTools(resource) })),
    )
  } catch {
    // The doctor is of use where nothing is configured, too. Other commands say what is wrong with a configuration.
    return undefined
  }
}
