/**
 * Deletes the records of a client or a user in steps, before it is deleted itself: the cascade would delete them all in one
 * transaction, for which every request waits with SQLite (threat-model.md T18).
 */
import { single, statement } from '../driver.ts'
import type { Driver, Statement } from '../driver.ts'

/** Records per step: a step takes milliseconds. */
const STEP = 500

/** The oldest grants; their tokens go before them, so that no grant takes more rows along than a step may delete. */
const grantsOf = (owner: Owner): string => `(select id from grants where ${owner} = $1 order by created_at limit $2) g`
const tokensOf = (owner: Owner, table: 'refresh_tokens' | 'access_tokens', key: string): Statement =>
  statement(`
  delete from ${table} where (${key}) in (
    select ${key.replaceAll(/\w+/g, 't.$&')} from ${grantsOf(owner)} join ${table} t on t.grant_id = g.id limit $2)
  returning 1 as gone`)
const bareGrantsOf = (owner: Owner): Statement =>
  statement(`
  delete from grants where id in (
    select g.id from ${grantsOf(owner)}
    where not exists (select 1 from refresh_tokens t where t.grant_id = g.id) and not exists (select 1 from access_tokens a where a.grant_id = g.id))
  returning 1 as gone`)
const recordsOf = (owner: Owner, table: string, key: string): Statement =>
  statement(`delete from ${table} where (${key}) in (select ${key} from ${table} where ${owner} = $1 limit $2) returning 1 as gone`)

type Owner = 'client_id' | 'user_id'

const ofBoth = (owner: Owner): readonly Statement[] => [
  tokensOf(owner, 'refresh_tokens', 'grant_id, token_hash'),
  tokensOf(owner, 'access_tokens', 'token_hash'),
  bareGrantsOf(owner),
  recordsOf(owner, 'consents', 'user_id, client_id'),
]
const OF_CLIENT: readonly Statement[] = [
  ...ofBoth('client_id'),
  recordsOf('client_id', 'client_tokens', 'token_hash'),
  recordsOf('client_id', 'device_authorizations', 'device_code_hash'),
  recordsOf('client_id', 'pushed_requests', 'request_uri_hash'),
  recordsOf('client_id', 'logout_notices', 'sid, client_id'),
]
const OF_USER: readonly Statement[] = [...ofBoth('user_id'), recordsOf('user_id', 'identities', 'id')]

export const deleteRecordsOfClient = (driver: Driver, id: string): Promise<void> => deleteAll(driver, OF_CLIENT, id)
export const deleteRecordsOfUser = (driver: Driver, id: string): Promise<void> => deleteAll(driver, OF_USER, id)

/** What comes meanwhile may stay: what is left fits into one step. */
async function deleteAll(driver: Driver, statements: readonly Statement[], id: string): Promise<void> {
  let full = true
  while (full) {
    full = false
    for (const each of statements) if ((await driver.write(single(each, id, STEP))).length === STEP) full = true
  }
}
