/**
 * The store of grants, with the codes and refresh tokens that belong to them. Every transition of a family first takes
 * its grant's row by a guarded update, so that redeeming, rotating and revoking one family happen one after the other
 * on every engine (THREATS T7, T8).
 */
import type { AuthorizationCode, Grant, RefreshToken } from '../domain/records.ts'
import { run, single, statement } from './driver.ts'
import type { Driver, Row, Unit } from './driver.ts'
import { flag, instant, json, optionalInstant, optionalText, text } from './rows.ts'
import type { Grants, Redemption, Rotation } from './storage.ts'
import { USER_COLUMNS, toUser } from './users.ts'

const INSERT_GRANT = statement(`
  insert into grants (id, user_id, client_id, scopes, resources, nonce, auth_time, created_at, last_used_at, expires_at, sid)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10)`)
const INSERT_CODE = statement(`
  insert into authorization_codes
    (code_hash, grant_id, redirect_uri, redirect_uri_given, code_challenge, code_challenge_method, created_at, expires_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8)`)
const NOTE_AUTHORIZED = statement(`
  update clients set authorized_at = coalesce(authorized_at, $2), last_used_at = $2 where id = $1`)

const GRANT_COLUMNS = `
  g.id as grant_id, g.user_id as grant_user_id, g.client_id as grant_client_id, g.scopes as grant_scopes,
  g.resources as grant_resources, g.nonce as grant_nonce, g.auth_time as grant_auth_time,
  g.created_at as grant_created_at, g.expires_at as grant_expires_at,
  g.revoked_at as grant_revoked_at, g.sid as grant_sid`
const FIND_CODE = statement(`
  select c.*, ${GRANT_COLUMNS} from authorization_codes c join grants g on g.id = c.grant_id where c.code_hash = $1`)
const FIND_REFRESH_TOKEN = statement(`
  select t.*, ${GRANT_COLUMNS} from refresh_tokens t join grants g on g.id = t.grant_id where t.token_hash = $1`)
const FIND_LIVE = statement(`
  select ${GRANT_COLUMNS}, ${USER_COLUMNS} from grants g join users u on u.id = g.user_id
  where g.id = $1 and g.revoked_at is null and g.expires_at > $3 and u.disabled_at is null
    and not exists (select 1 from revoked_access_tokens r where r.jti = $2)`)

/** A disabled person's grants are dead even if one slipped in while `disable` ended the others. */
const TAKE_GRANT = statement(`
  update grants set last_used_at = $2
  where id = $1 and revoked_at is null and expires_at > $2
    and exists (select 1 from users u where u.id = grants.user_id and u.disabled_at is null)
  returning id`)
const EXTEND_GRANT = statement('update grants set expires_at = $2 where id = $1')
const REVOKE_GRANT = statement('update grants set revoked_at = $2 where id = $1 and revoked_at is null returning id')

const REDEEM_CODE = statement(`
  update authorization_codes set redeemed_at = $2
  where code_hash = $1 and grant_id = $3 and redeemed_at is null and expires_at > $2
  returning code_hash`)
const FIND_REDEEMED = statement('select code_hash from authorization_codes where code_hash = $1 and grant_id = $2 and redeemed_at is not null')

const INSERT_REFRESH_TOKEN = statement(`
  insert into refresh_tokens (token_hash, grant_id, generation, parent_hash, created_at, expires_at, successors)
  values ($1, $2, $3, $4, $5, $6, 0)`)
const USE_REFRESH_TOKEN = statement(`
  update refresh_tokens set used_at = coalesce(used_at, $2), successors = successors + 1
  where token_hash = $1 and grant_id = $5
    and ((used_at is null and expires_at > $2)
      or (used_at is not null and used_at > $3 and successors < $4 and successor_used_at is null))
  returning parent_hash`)
const FIND_USED = statement('select token_hash from refresh_tokens where token_hash = $1 and grant_id = $2 and used_at is not null')
const NOTE_SUCCESSOR_USED = statement('update refresh_tokens set successor_used_at = coalesce(successor_used_at, $2) where token_hash = $1')
/** At most one write a day and client: enough to tell who is idle. */
const NOTE_CLIENT_USED = statement('update clients set last_used_at = $2 where id = $1 and last_used_at < $3')
const CLIENT_USED_INTERVAL_MS = 86_400_000

const REVOKE_ACCESS_TOKEN = statement('insert into revoked_access_tokens (jti, expires_at) values ($1, $2) on conflict (jti) do nothing')

export function createGrants(driver: Driver): Grants {
  return {
    issue: (grant, code) => driver.write(() => issue(grant, code)),
    async findCode(codeHash) {
      const [row] = await driver.read(FIND_CODE, [codeHash])
      return row && { code: toCode(row), grant: toGrant(row) }
    },
    redeem: (redemption) => driver.write(() => redeem(redemption)),
    async findRefreshToken(tokenHash) {
      const [row] = await driver.read(FIND_REFRESH_TOKEN, [tokenHash])
      return row && { token: toRefreshToken(row), grant: toGrant(row) }
    },
    rotate: (rotation) => driver.write(() => rotate(rotation)),
    async revoke(grantId, now) {
      return (await driver.write(single(REVOKE_GRANT, grantId, now))).length === 1
    },
    async revokeAccessToken(jti, expiresAt) {
      await driver.write(single(REVOKE_ACCESS_TOKEN, jti, expiresAt))
    },
    async findLive(grantId, jti, now) {
      const [row] = await driver.read(FIND_LIVE, [grantId, jti, now])
      return row && { grant: toGrant(row), user: toUser(row, 'user_') }
    },
  }
}

function* issue(grant: Grant, code: AuthorizationCode): Unit<void> {
  yield* run(
    INSERT_GRANT,
    grant.id,
    grant.userId,
    grant.clientId,
    JSON.stringify(grant.scopes),
    JSON.stringify(grant.resources),
    grant.nonce ?? null,
    grant.authTime,
    grant.createdAt,
    grant.expiresAt,
    grant.sid ?? null,
  )
  yield* run(
    INSERT_CODE,
    code.codeHash,
    code.grantId,
    code.redirectUri,
    code.redirectUriGiven ? 1 : 0,
    code.codeChallenge?.value ?? null,
    code.codeChallenge?.method ?? null,
    code.createdAt,
    code.expiresAt,
  )
  yield* run(NOTE_AUTHORIZED, grant.clientId, grant.createdAt)
}

function* redeem({ codeHash, grantId, now, grantExpiresAt, refreshToken }: Redemption): Unit<'redeemed' | 'replayed' | 'expired'> {
  const [live] = yield* run(TAKE_GRANT, grantId, now)
  const [redeemed] = live === undefined ? [] : yield* run(REDEEM_CODE, codeHash, now, grantId)
  if (redeemed === undefined) {
    const [before] = yield* run(FIND_REDEEMED, codeHash, grantId)
    if (before === undefined) return 'expired'
    yield* run(REVOKE_GRANT, grantId, now)
    return 'replayed'
  }
  yield* run(EXTEND_GRANT, grantId, grantExpiresAt)
  if (refreshToken !== undefined) yield* insertRefreshToken(refreshToken)
  return 'redeemed'
}

function* rotate({ tokenHash, clientId, now, successor, grace }: Rotation): Unit<'rotated' | 'replayed' | 'expired'> {
  const [live] = yield* run(TAKE_GRANT, successor.grantId, now)
  if (live === undefined) return 'expired'
  const [used] = yield* run(USE_REFRESH_TOKEN, tokenHash, now, now - grace.milliseconds, grace.siblings, successor.grantId)
  if (used === undefined) {
    const [before] = yield* run(FIND_USED, tokenHash, successor.grantId)
    if (before === undefined) return 'expired'
    yield* run(REVOKE_GRANT, successor.grantId, now)
    return 'replayed'
  }
  const parentHash = optionalText(used, 'parent_hash')
  if (parentHash !== undefined) yield* run(NOTE_SUCCESSOR_USED, parentHash, now)
  yield* insertRefreshToken(successor)
  yield* run(NOTE_CLIENT_USED, clientId, now, now - CLIENT_USED_INTERVAL_MS)
  return 'rotated'
}

function* insertRefreshToken(token: RefreshToken): Unit<void> {
  const { tokenHash, grantId, generation, parentHash, createdAt, expiresAt } = token
  yield* run(INSERT_REFRESH_TOKEN, tokenHash, grantId, generation, parentHash ?? null, createdAt, expiresAt)
}

function toGrant(row: Row): Grant {
  return {
    id: text(row, 'grant_id'),
    userId: text(row, 'grant_user_id'),
    clientId: text(row, 'grant_client_id'),
    sid: optionalText(row, 'grant_sid'),
    scopes: json(row, 'grant_scopes'),
    resources: json(row, 'grant_resources'),
    nonce: optionalText(row, 'grant_nonce'),
    authTime: instant(row, 'grant_auth_time'),
    createdAt: instant(row, 'grant_created_at'),
    expiresAt: instant(row, 'grant_expires_at'),
    revokedAt: optionalInstant(row, 'grant_revoked_at'),
  }
}

function toCode(row: Row): AuthorizationCode {
  const value = optionalText(row, 'code_challenge')
  return {
    codeHash: text(row, 'code_hash'),
    grantId: text(row, 'grant_id'),
    redirectUri: text(row, 'redirect_uri'),
    redirectUriGiven: flag(row, 'redirect_uri_given'),
    codeChallenge: value === undefined ? undefined : { value, method: row['code_challenge_method'] as 'S256' | 'plain' },
    createdAt: instant(row, 'created_at'),
    expiresAt: instant(row, 'expires_at'),
  }
}

function toRefreshToken(row: Row): RefreshToken {
  return {
    tokenHash: text(row, 'token_hash'),
    grantId: text(row, 'grant_id'),
    generation: instant(row, 'generation'),
    parentHash: optionalText(row, 'parent_hash'),
    createdAt: instant(row, 'created_at'),
    expiresAt: instant(row, 'expires_at'),
    usedAt: optionalInstant(row, 'used_at'),
  }
}
