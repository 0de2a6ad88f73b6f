/** The store of personal access tokens. */
import type { PersonalToken } from '../../domain/token/personal-token.ts'
import { single, statement, unit } from '../driver.ts'
import type { Driver, Row } from '../driver.ts'
import type { PersonalTokens } from '../storage.ts'
import { groupsColumn, toGroups } from './access/groups.ts'
import { runWithEvent } from './audit-events.ts'
import { FIRST, instant, json, optionalInstant, text } from './rows.ts'
import { USER_COLUMNS, toUserProfile } from './users.ts'

const INSERT = statement(`
  insert into personal_tokens (token_hash, id, user_id, name, resource_id, scopes, created_at, expires_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8) returning id`)
const COLUMNS = 't.token_hash, t.id, t.user_id, t.name, t.resource_id, t.scopes, t.created_at, t.expires_at, t.last_used_at'
/** Whose user is enabled; a token of a disabled user that slipped in is dead. */
const FIND = statement(`
  select ${COLUMNS}, ${USER_COLUMNS}, ${groupsColumn('u.id')} from personal_tokens t join users u on u.id = t.user_id
  where t.token_hash = $1 and t.expires_at > $2 and u.disabled_at is null`)
const FIND_BY_ID = statement(`
  select ${COLUMNS}, ${USER_COLUMNS}, ${groupsColumn('u.id')} from personal_tokens t join users u on u.id = t.user_id
  where t.id = $1 and t.expires_at > $2 and u.disabled_at is null
    and not exists (select 1 from revoked_access_tokens r where r.jti = $3)`)
const LIST = statement(`
  select ${COLUMNS}, u.username from personal_tokens t join users u on u.id = t.user_id
  where t.expires_at > $1 and (t.expires_at, t.id) < ($3, $4) order by t.expires_at desc, t.id desc limit $2`)
const LIST_OF_USER = statement(`
  select ${COLUMNS}, u.username from personal_tokens t join users u on u.id = t.user_id
  where t.user_id = $5 and t.expires_at > $1 and (t.created_at, t.id) < ($3, $4) order by t.created_at desc, t.id desc limit $2`)
const TOUCH = statement('update personal_tokens set last_used_at = $2 where id = $1 and coalesce(last_used_at, 0) < $2')
const REVOKE = statement('delete from personal_tokens where id = $1 and user_id = $2 returning id')

export function createPersonalTokens(driver: Driver): PersonalTokens {
  return {
    async insert({ tokenHash, id, userId, name, resourceId, scopes, createdAt, expiresAt }, event) {
      const parameters = [tokenHash, id, userId, name, resourceId, JSON.stringify(scopes), createdAt, expiresAt]
      await driver.write(unit(() => runWithEvent({ statement: INSERT, parameters }, event)))
    },
    async find(tokenHash, now) {
      const [row] = await driver.read(FIND, [tokenHash, now])
      return row && toHeld(row)
    },
    async findById(id, jti, now) {
      const [row] = await driver.read(FIND_BY_ID, [id, now, jti])
      return row && toHeld(row)
    },
    async list({ userId, now, limit, after = FIRST }) {
      const [which, of] = userId === undefined ? [LIST, []] : [LIST_OF_USER, [userId]]
      return (await driver.read(which, [now, limit, after.at, after.id, ...of])).map((row) => ({
        token: toToken(row),
        username: text(row, 'username'),
      }))
    },
    async touch(id, now) {
      await driver.write(single(TOUCH, id, now))
    },
    revoke: (id, userId, event) => driver.write(unit(() => runWithEvent({ statement: REVOKE, parameters: [id, userId] }, event))),
  }
}

const toHeld = (row: Row) => ({ token: toToken(row), user: toUserProfile(row, 'user_'), groups: toGroups(row) })

const toToken = (row: Row): PersonalToken => ({
  tokenHash: text(row, 'token_hash'),
  id: text(row, 'id'),
  userId: text(row, 'user_id'),
  name: text(row, 'name'),
  resourceId: text(row, 'resource_id'),
  scopes: json(row, 'scopes'),
  createdAt: instant(row, 'created_at'),
  expiresAt: instant(row, 'expires_at'),
  lastUsedAt: optionalInstant(row, 'last_used_at'),
})
