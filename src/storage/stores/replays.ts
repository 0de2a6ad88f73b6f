/** The store of names that count once: the `jti` of client assertions (threat-model.md T10), pushed requests that were used up. */
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
