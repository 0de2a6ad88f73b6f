/** The store of consents. */
import type { Consent } from '../../../domain/authorization/consent.ts'
import type { Client } from '../../../domain/client/client.ts'
import { single, statement, unit } from '../../driver.ts'
import type { Driver, Row } from '../../driver.ts'
import { runWithEvent } from '../audit-events.ts'
import { instant, json, optionalJson, originOf, text } from '../rows.ts'
import type { Consents } from '../../storage.ts'

const FIND = statement('select * from consents where user_id = $1 and client_id = $2 and receiver = $3')
const SAVE = statement(`
  insert into consents (user_id, client_id, receiver, client_hash, scopes, resources, declined, created_at, updated_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $8)
  on conflict (user_id, client_id, receiver) do update
  set client_hash = excluded.client_hash, scopes = excluded.scopes, resources = excluded.resources, declined = excluded.declined,
    updated_at = excluded.updated_at`)

const LIST = statement(`
  select n.*, c.metadata as client_metadata, c.origin from (select * from consents n where n.user_id = $1 order by n.updated_at desc limit $2) n
    join clients c on c.id = n.client_id
  order by n.updated_at desc`)
export const FORGET_CONSENTS = statement('delete from consents where user_id = $1 and client_id = $2 returning client_id')

export function createConsents(driver: Driver): Consents {
  return {
    async find(userId, clientId, receiver) {
      const [row] = await driver.read(FIND, [userId, clientId, receiver])
      return row && toConsent(row)
    },
    async list(userId, limit) {
      return (await driver.read(LIST, [userId, limit])).map((row) => ({
        consent: toConsent(row),
        client: { id: text(row, 'client_id'), metadata: json(row, 'client_metadata'), origin: originOf(row) as Client['origin'] },
        updatedAt: instant(row, 'updated_at'),
      }))
    },
    forget: (userId, clientId, event) =>
      driver.write(unit(() => runWithEvent({ statement: FORGET_CONSENTS, parameters: [userId, clientId] }, event))),
    async save({ userId, clientId, receiver, clientHash, scopes, resources, declined }, now) {
      const lists = [JSON.stringify(scopes), JSON.stringify(resources), declined === undefined ? null : JSON.stringify(declined)]
      await driver.write(single(SAVE, userId, clientId, receiver, clientHash, ...lists, now))
    },
  }
}

/** The select list that `toConsent(row, 'consent_')` reads, for joins with `consents n`. */
export const CONSENT_COLUMNS = `
  n.user_id as consent_user_id, n.client_id as consent_client_id, n.receiver as consent_receiver, n.client_hash as consent_client_hash,
  n.scopes as consent_scopes, n.resources as consent_resources, n.declined as consent_declined`

/** @param prefix of the column names in a join */
export const toConsent = (row: Row, prefix = ''): Consent => ({
  userId: text(row, `${prefix}user_id`),
  clientId: text(row, `${prefix}client_id`),
  receiver: text(row, `${prefix}receiver`),
  clientHash: text(row, `${prefix}client_hash`),
  scopes: json(row, `${prefix}scopes`),
  resources: json(row, `${prefix}resources`),
  declined: optionalJson(row, `${prefix}declined`),
})
