/** An installation of this version, filled by the story. */
import type { Facts } from '#test/upgrade/facts.ts'
import { json, serveHosts } from '#test/support/network/tls-server.ts'
import { DOCUMENT } from './metadata.ts'
import { tellStory } from './story.ts'

/**
 * @param t ends what the story needs besides the database
 * @param databaseUrl an empty database that commands can open, too
 * @param folder for files
 */
export async function fillInstallation(
  t: Parameters<typeof serveHosts>[0],
  databaseUrl: string,
  folder: string,
  version: string,
): Promise<Facts> {
  const { testHosts, answers } = await serveHosts(t, [new URL(DOCUMENT.client_id).hostname])
  answers.set(DOCUMENT.client_id, json(DOCUMENT, { 'cache-control': 'max-age=3600' }))
  const end = Math.floor(Date.now() / 1000) * 1000
  return tellStory({ databaseUrl, folder, version, end, safeFetch: { testHosts, lookup: nowhere } })
}

/** No other host is ever looked up. */
export const nowhere = async (): Promise<[]> => []
