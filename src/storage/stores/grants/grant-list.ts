/** Lists grants for an operator, with the names of their users and clients. */
import type { Client } from '../../../domain/client/client.ts'
import { statement } from '../../driver.ts'
import type { Driver, Row, Statement } from '../../driver.ts'
import type { GrantQuery, ListedGrant } from '../../storage.ts'
import { GRANT_COLUMNS, toGrant } from './grant-row.ts'
import { FIRST, json, optionalInstant, optionalText, originOf, text } from '../rows.ts'

/** Grants with all that is listed of them; which, and in which order, the caller says twice: once to limit them, and once for the join. */
const listed = (which: string, order: string): Statement =>
  statement(`
  select ${GRANT_COLUMNS}, u.username as username, c.metadata as client_metadata, c.origin,
    (select max(t.created_at) from refresh_tokens t where t.grant_id = g.id) as refreshed_at,
    (select t.network from refresh_tokens t where t.grant_id = g.id order by t.created_at desc limit 1) as refreshed_from
  from (select * from grants g where ${which} and g.revoked_at is null and g.expires_at > $1 order by ${order} limit $2) g
    join users u on u.id = g.user_id and u.disabled_at is null join clients c on c.id = g.client_id
  order by ${order}`)

const NEWEST = 'g.created_at desc, g.id desc'
const BEHIND = '(g.created_at, g.id) < ($3, $4)'
const FIND = listed('g.id = $3', NEWEST)
const OF_USER = listed(`g.user_id = $5 and ${BEHIND}`, NEWEST)
const OF_CLIENT = listed(`g.client_id = $5 and ${BEHIND}`, NEWEST)
const OF_BOTH = listed(`g.user_id = $5 and g.client_id = $6 and ${BEHIND}`, NEWEST)
/** In the order of an index, which a list of all needs. */
const ALL = listed('(g.expires_at, g.id) < ($3, $4)', 'g.expires_at desc, g.id desc')

export async function findGrant(driver: Driver, id: string, now: number): Promise<ListedGrant | undefined> {
  const [row] = await driver.read(FIND, [now, 1, id])
  return row && toListedGrant(row)
}

export async function listGrants(driver: Driver, { userId, clientId, now, limit, after = FIRST }: GrantQuery): Promise<ListedGrant[]> {
  const of = [userId, clientId].filter((id) => id !== undefined)
  const one = userId === undefined ? OF_CLIENT : OF_USER
  const which = [ALL, one, OF_BOTH][of.length]!
  return (await driver.read(which, [now, limit, after.at, after.id, ...of])).map(toListedGrant)
}

const toListedGrant = (row: Row): ListedGrant => ({
  grant: toGrant(row),
  username: text(row, 'username'),
  client: { id: text(row, 'grant_client_id'), metadata: json(row, 'client_metadata'), origin: originOf(row) as Client['origin'] },
  refreshedAt: optionalInstant(row, 'refreshed_at'),
  refreshedFrom: optionalText(row, 'refreshed_from'),
})
