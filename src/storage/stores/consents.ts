/** The store of consents. */
import { single, statement } from '../driver.ts'
import type { Driver } from '../driver.ts'
import { json } from './rows.ts'
import type { Consents } from '../storage.ts'

const FIND = statement('select scopes, resources from consents where user_id = $1 and client_id = $2')
const SAVE = statement(`
  insert into consents (user_id, client_id, scopes, resources, created_at, updated_at) values ($1, $2, $3, $4, $5, $5)
  on conflict (user_id, client_id) do update
  set scopes = excluded.scopes, resources = excluded.resources, updated_at = excluded.updated_at`)

export function createConsents(driver: Driver): Consents {
  return {
    async find(userId, clientId) {
      const [row] = await driver.read(FIND, [userId, clientId])
      return row && { userId, clientId, scopes: json(row, 'scopes'), resources: json(row, 'resources') }
    },
    async save({ userId, clientId, scopes, resources }, now) {
      await driver.write(single(SAVE, userId, clientId, JSON.stringify(scopes), JSON.stringify(resources), now))
    },
  }
}
