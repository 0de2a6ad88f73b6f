/** The store of ids that may be used once: of client assertions, DPoP proofs and pushed requests (threat-model.md T7, T10). */
import { single, statement } from '../driver.ts'
import type { Driver } from '../driver.ts'
import type { Replays } from '../storage.ts'

export const USE = statement('insert into replays (id, expires_at) values ($1, $2) on conflict (id) do nothing returning id')

export function createReplays(driver: Driver): Replays {
  return {
    async use(id, expiresAt) {
      return (await driver.write(single(USE, id, expiresAt))).length === 1
    },
  }
}
