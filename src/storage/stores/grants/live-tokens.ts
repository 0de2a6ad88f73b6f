/** What is behind an access token that is live, alone or beside the client or the resource that asks about it. */
import type { AccessToken } from '../../../domain/token/grant.ts'
import { statement } from '../../driver.ts'
import type { Driver, Parameter, Row, Statement } from '../../driver.ts'
import type { AccessTokenKey, Grants, LiveGrant, LiveToken } from '../../storage.ts'
import { groupsColumn, toGroups } from '../access/groups.ts'
import { toClient } from '../clients/client-row.ts'
import { toResource } from '../resources.ts'
import { instant, json, optionalJson, optionalText, text } from '../rows.ts'
import { USER_COLUMNS, toUserProfile } from '../users.ts'

const OWNER_COLUMNS = `g.claims as grant_claims, ${USER_COLUMNS}, ${groupsColumn('u.id')}`
const TOKEN_COLUMNS = `
  t.token_hash, t.grant_id as token_grant_id, t.resource_id as token_resource_id, t.claims as token_claims, t.expires_at as token_expires_at,
  ${OWNER_COLUMNS}`

// The conditions are the same whatever is found beside the token.
const isLive = (now: string): string => `g.revoked_at is null and g.expires_at > ${now}`
const isKept = (jti: string): string => `not exists (select 1 from revoked_access_tokens r where r.jti = ${jti})`
/** A token for a deleted resource is dead, so deleting a resource needn't search for its tokens. */
const isUsable = (now: string): string => `
  t.expires_at > ${now} and (t.resource_id is null or exists (select 1 from resources s where s.id = t.resource_id)) and ${isKept('t.jti')}`

const FIND_LIVE = statement(`
  select ${OWNER_COLUMNS} from grants g join users u on u.id = g.user_id
  where g.id = $1 and ${isLive('$3')} and u.disabled_at is null and ${isKept('$2')}`)
const FIND_ACCESS_TOKEN = statement(`
  select ${TOKEN_COLUMNS} from access_tokens t join grants g on g.id = t.grant_id join users u on u.id = g.user_id
  where t.token_hash = $1 and ${isUsable('$2')} and ${isLive('$2')} and u.disabled_at is null`)

/** The caller is found whatever the token is; without a live token, there is no user. */
interface Beside {
  readonly jwt: Statement
  readonly opaque: Statement
}

const findBeside = (table: 'clients' | 'resources'): Beside => ({
  jwt: statement(`
    select c.*, ${OWNER_COLUMNS} from ${table} c
      left join grants g on g.id = $2 and ${isLive('$4')} and ${isKept('$3')}
      left join users u on u.id = g.user_id and u.disabled_at is null
    where c.id = $1`),
  opaque: statement(`
    select c.*, ${TOKEN_COLUMNS} from ${table} c
      left join access_tokens t on t.token_hash = $2 and ${isUsable('$3')}
      left join grants g on g.id = t.grant_id and ${isLive('$3')}
      left join users u on u.id = g.user_id and u.disabled_at is null
    where c.id = $1`),
})
const BESIDE_CLIENT = findBeside('clients')
const BESIDE_RESOURCE = findBeside('resources')

type LiveTokens = Pick<Grants, 'findLive' | 'findAccessToken' | 'findForClient' | 'findForResource'>

export function createLiveTokens(driver: Driver): LiveTokens {
  /** The row of the caller, and what was found beside it. */
  async function find(id: string, { jwt, opaque }: Beside, key: AccessTokenKey, now: number): Promise<{ row?: Row; live?: LiveToken }> {
    const isOpaque = 'tokenHash' in key
    const of: Parameter[] = isOpaque ? [key.tokenHash] : [key.grantId, key.jti]
    const [row] = await driver.read(isOpaque ? opaque : jwt, [id, ...of, now])
    if (row === undefined) return {}
    if (row['user_id'] === null) return { row }
    return { row, live: { ...toLiveGrant(row), ...(isOpaque && { token: toAccessToken(row) }) } }
  }

  return {
    async findLive(grantId, jti, now) {
      const [row] = await driver.read(FIND_LIVE, [grantId, jti, now])
      return row && toLiveGrant(row)
    },
    async findAccessToken(tokenHash, now) {
      const [row] = await driver.read(FIND_ACCESS_TOKEN, [tokenHash, now])
      return row && { token: toAccessToken(row), ...toLiveGrant(row) }
    },
    async findForClient(clientId, token, now) {
      const { row, live } = await find(clientId, BESIDE_CLIENT, token, now)
      return { asker: row && toClient(row), live }
    },
    async findForResource(resourceId, token, now) {
      const { row, live } = await find(resourceId, BESIDE_RESOURCE, token, now)
      return { asker: row && toResource(row), live }
    },
  }
}

function toLiveGrant(row: Row): LiveGrant {
  return { user: toUserProfile(row, 'user_'), groups: toGroups(row), claims: optionalJson(row, 'grant_claims') }
}

function toAccessToken(row: Row): AccessToken {
  return {
    tokenHash: text(row, 'token_hash'),
    grantId: text(row, 'token_grant_id'),
    resourceId: optionalText(row, 'token_resource_id'),
    claims: json(row, 'token_claims'),
    expiresAt: instant(row, 'token_expires_at'),
  }
}
