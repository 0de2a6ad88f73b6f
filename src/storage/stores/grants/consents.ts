/** The store of consents. */
import { single, statement } from '../../driver.ts'
import type { Driver } from '../../driver.ts'
import { json, text } from '../rows.ts'
import type { Consents } from '../../storage.ts'

const FIND = statement('select client_hash, scopes, resources from consents where user_id = $1 and client_id = $2 and receiver = $3')
const SAVE = statement(`
  insert into consents (user_id, client_id, receiver, client_hash, scopes, resources, created_at, updated_at)
  values ($1, $2, $3, $4, $5, $6, $7, $7)
  on conflict (user_id, client_id, receiver) do update
  set client_hash = excluded.client_hash, scopes = excluded.scopes, resources = excluded.resources, updated_at = excluded.updated_at`)

export function createConsents(driver: Driver): Consents {
  return {
    async find(userId, clientId, receiver) {
      const [row] = await driver.read(FIND, [userId, clientId, receiver])
      return (
        row && {
          userId,
          clientId,
          receiver,
          clientHash: text(row, 'client_hash'),
          scopes: json(row, 'scopes'),
          resources: json(row, 'resources'),
        }
      )
    },
    async save({ userId, clientId, receiver, clientHash, scopes, resources }, now) {
      await driver.write(single(SAVE, userId, clientId, receiver, clientHash, JSON.stringify(scopes), JSON.stringify(resources), now))
    },
  }
}
