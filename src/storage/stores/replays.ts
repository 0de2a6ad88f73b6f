/** The store of ids that may be used once: of client assertions, DPoP proofs and pushed requests (threat-model.md T7, T10). */
import { single, statement } from '../driver.ts'
import type { Driver } from '../driver.ts'
import type { Replays } from '../storage.ts'

/** Returns a row to the one who uses it. */
export const useOnce = (id: string, expiresAt: string): string =>
  `insert into replays (id, expires_at) values (${id}, ${expiresAt}) on conflict (id) do nothing returning id`
const USE = statement(useOnce('$1', '$2'))

export function createReplays(driver: Driver): Replays {
  return {
    async use(id, expiresAt) {
      return (await driver.write(single(USE, id, expiresAt))).length === 1
    },
  }
}
