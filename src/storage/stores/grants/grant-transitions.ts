/**
 * The transitions of a grant after it was issued (grant-issue.ts): redeemed, rotated, revoked. Each first locks the row of the grant, which also has
 * the code, so transitions of one grant happen one after the other on every engine (threat-model.md T7, T8).
 */
import { CLIENT_USED_INTERVAL_MS } from '../../../domain/client/client.ts'
import type { AccessToken, RefreshToken } from '../../../domain/token/grant.ts'
import { run, short, statement } from '../../driver.ts'
import type { Call, Parameter, ShortWork, Unit } from '../../driver.ts'
import { EVENT, EVENT_DUE_AT, columnsOfEvent, insertEvent } from '../audit-events.ts'
import { BOUND_TO_SESSION } from '../end-session.ts'
import { instant, optionalInstant, optionalText } from '../rows.ts'
import type { Redemption, Renewal, Rotation } from '../../storage.ts'

const REFRESH_TOKEN =
  'refresh_tokens (token_hash, grant_id, generation, parent_hash, created_at, expires_at, dpop_jkt, network, successors)'
const ACCESS_TOKEN = 'access_tokens (grant_id, token_hash, jti, resource_id, claims, expires_at)'

/** Whether a grant is live at $2. Grants of a disabled user are dead, even one that was made while `disable` ended the others. */
const LIVE = `
  revoked_at is null and expires_at > $2
  and exists (select 1 from users u where u.id = grants.user_id and u.disabled_at is null)`
/** Whether the session that a grant ends with is there: a code may have been issued while somebody ended it. */
const IN_SESSION = `
  (sid is null or not (${BOUND_TO_SESSION})
   or exists (select 1 from sessions s where s.user_id = grants.user_id and coalesce(s.sid, s.id_hash) = grants.sid))`
/** Uses the code $1 of the grant $3 at $2, and sets the end of the grant to $4. */
const REDEEMED = `
  update grants set redeemed_at = $2, expires_at = $4
  where id = $3 and code_hash = $1 and redeemed_at is null and code_expires_at > $2 and ${LIVE} and ${IN_SESSION}
  returning id`
/** Uses the refresh token $1, if it is unused, at $2. */
const UNUSED = 'used_at is null and expires_at > $2'
const USED = 'set used_at = $2'
const SUCCESSOR_USED = 'set successor_used_at = coalesce(successor_used_at, $2)'
/** Locks a grant, if it is live. */
const taken = (id: '$1' | '$3'): string => `select id from grants where id = ${id} and ${LIVE} for no key update`

const TAKE_GRANT = statement(taken('$1'))
const REVOKE_GRANT = statement('update grants set revoked_at = $2 where id = $1 and revoked_at is null returning id')

/** Ends a grant; a row if it wasn't revoked yet. */
export const revoke = (grantId: string, now: number): Call => ({ statement: REVOKE_GRANT, parameters: [grantId, now] })

const REDEEM_CODE = statement(REDEEMED)
const FIND_REDEEMED = statement('select id from grants where id = $2 and code_hash = $1 and redeemed_at is not null')
const INSERT_REFRESH_TOKEN = statement(`insert into ${REFRESH_TOKEN} values ($1, $2, $3, $4, $5, $6, $7, $8, 0)`)
const INSERT_ACCESS_TOKEN = statement(`insert into ${ACCESS_TOKEN} values ($1, $2, $3, $4, $5, $6)`)
/**
 * The short form of redeeming. All parts of the statement see the database as it was when it began, and PostgreSQL runs them in the
 * order in which they read each other. So each condition is about the row that its part locks, where it is checked again after a
 * wait, and each part reads the previous one. This is true for `ROTATE`, too.
 */
const REDEEM = statement(`
  with redeemed as (${REDEEMED}),
  brought as (insert into ${REFRESH_TOKEN} select $5, id, $6, $7, $8, $9, $10, $11, 0 from redeemed where $5::text is not null),
  opened as (insert into ${ACCESS_TOKEN} select id, $12, $13, $14, $15, $16 from redeemed where $12::text is not null),
  noted as (insert into ${EVENT} select $17, $18::bigint, $19, $20, $21, $22, $23, $24, ${EVENT_DUE_AT('$18')} from redeemed where $17::text is not null)
  select id from redeemed`)

export function redeem({
  codeHash,
  grantId,
  now,
  grantExpiresAt,
  refreshToken,
  accessToken,
  event,
}: Redemption): ShortWork<'redeemed' | 'replayed' | 'expired'> {
  const brought = refreshToken === undefined ? [null, null, null, null, null, null, null] : columnsOf(refreshToken)
  return short(
    {
      statement: REDEEM,
      parameters: [codeHash, now, grantId, grantExpiresAt, ...brought, ...columnsOfAccess(accessToken), ...columnsOfEvent(event)],
    },
    'redeemed',
    function* () {
      const [redeemed] = yield* run(REDEEM_CODE, codeHash, now, grantId, grantExpiresAt)
      if (redeemed === undefined) {
        const [before] = yield* run(FIND_REDEEMED, codeHash, grantId)
        if (before === undefined) return 'expired'
        yield* run(REVOKE_GRANT, grantId, now)
        return 'replayed'
      }
      if (refreshToken !== undefined) yield* insertRefreshToken(refreshToken)
      if (accessToken !== undefined) yield* run(INSERT_ACCESS_TOKEN, grantId, ...columnsOfAccess(accessToken))
      if (event !== undefined) yield insertEvent(event)
      return 'redeemed'
    },
  )
}

const USE_REFRESH_TOKEN = statement(
  `update refresh_tokens ${USED} where token_hash = $1 and grant_id = $3 and ${UNUSED} returning parent_hash`,
)
const FIND_USED = statement(`
  select used_at, successor_used_at from refresh_tokens where token_hash = $1 and grant_id = $2 and used_at is not null`)
const FIND_SUCCESSOR = statement('select token_hash from refresh_tokens where token_hash = $1 and grant_id = $2')
const NOTE_SUCCESSOR_USED = statement(`update refresh_tokens ${SUCCESSOR_USED} where token_hash = $1 and grant_id = $3`)
const NOTE_CLIENT_USED = statement('update clients set last_used_at = $2 where id = $1 and last_used_at < $3')
const ROTATE = statement(`
  with taken as (${taken('$3')}),
  used as (update refresh_tokens ${USED} from taken where token_hash = $1 and grant_id = taken.id and ${UNUSED} returning refresh_tokens.grant_id, parent_hash),
  noted as (update refresh_tokens ${SUCCESSOR_USED} from used where token_hash = used.parent_hash and refresh_tokens.grant_id = used.grant_id),
  brought as (insert into ${REFRESH_TOKEN} select $4, grant_id, $5, $6, $7, $8, $9, $10, 0 from used),
  client as (update clients set last_used_at = $2 from used where id = $11 and last_used_at < $12),
  opened as (insert into ${ACCESS_TOKEN} select grant_id, $13, $14, $15, $16, $17 from used where $13::text is not null)
  select grant_id from used`)

type RotationOutcome = 'rotated' | 'repeated' | 'replayed' | 'expired'

export function rotate(rotation: Rotation): ShortWork<RotationOutcome> {
  const { tokenHash, clientId, now, successor, accessToken } = rotation
  const { grantId } = successor
  const use = [tokenHash, now, grantId]
  const usedBefore = now - CLIENT_USED_INTERVAL_MS
  return short<RotationOutcome>(
    { statement: ROTATE, parameters: [...use, ...columnsOf(successor), clientId, usedBefore, ...columnsOfAccess(accessToken)] },
    'rotated',
    function* () {
      const [live] = yield* run(TAKE_GRANT, grantId, now)
      if (live === undefined) return 'expired'
      const [used] = yield* run(USE_REFRESH_TOKEN, ...use)
      if (used === undefined) return yield* useAgain(rotation)
      const parentHash = optionalText(used, 'parent_hash')
      if (parentHash !== undefined) yield* run(NOTE_SUCCESSOR_USED, parentHash, now, grantId)
      yield* insertRefreshToken(successor)
      if (accessToken !== undefined) yield* run(INSERT_ACCESS_TOKEN, grantId, ...columnsOfAccess(accessToken))
      yield* run(NOTE_CLIENT_USED, clientId, now, usedBefore)
      return 'rotated'
    },
  )
}

/** The use of a token that isn't unused, while its grant is locked. */
function* useAgain(rotation: Rotation): Unit<RotationOutcome> {
  const { tokenHash, now, successor, earlierSuccessors, accessToken, graceMs } = rotation
  const { grantId } = successor
  const [used] = yield* run(FIND_USED, tokenHash, grantId)
  if (used === undefined) return 'expired'
  if (optionalInstant(used, 'successor_used_at') !== undefined || instant(used, 'used_at') <= now - graceMs) {
    yield* run(REVOKE_GRANT, grantId, now)
    return 'replayed'
  }
  if (accessToken !== undefined) yield* run(INSERT_ACCESS_TOKEN, grantId, ...columnsOfAccess(accessToken))
  for (const hash of [successor.tokenHash, ...earlierSuccessors]) {
    const [same] = yield* run(FIND_SUCCESSOR, hash, grantId)
    if (same !== undefined) return 'repeated'
  }
  // An earlier version, or a secret that is gone, made the other successor, which can't be given again.
  yield* insertRefreshToken(successor)
  return 'rotated'
}

const EXTEND_REFRESH_TOKEN = statement(
  `update refresh_tokens set expires_at = $4 where token_hash = $1 and grant_id = $3 and ${UNUSED} returning grant_id`,
)
const RENEW = statement(`
  with taken as (${taken('$3')}),
  renewed as (update refresh_tokens set expires_at = $4 from taken where token_hash = $1 and grant_id = taken.id and ${UNUSED} returning refresh_tokens.grant_id),
  client as (update clients set last_used_at = $2 from renewed where id = $5 and last_used_at < $6),
  opened as (insert into ${ACCESS_TOKEN} select grant_id, $7, $8, $9, $10, $11 from renewed where $7::text is not null)
  select grant_id from renewed`)

export function renew({ tokenHash, grantId, clientId, now, expiresAt, accessToken }: Renewal): ShortWork<boolean> {
  const use = [tokenHash, now, grantId, expiresAt]
  const usedBefore = now - CLIENT_USED_INTERVAL_MS
  return short<boolean>(
    { statement: RENEW, parameters: [...use, clientId, usedBefore, ...columnsOfAccess(accessToken)] },
    true,
    function* () {
      const [live] = yield* run(TAKE_GRANT, grantId, now)
      if (live === undefined) return false
      const [renewed] = yield* run(EXTEND_REFRESH_TOKEN, ...use)
      if (renewed === undefined) return false
      if (accessToken !== undefined) yield* run(INSERT_ACCESS_TOKEN, grantId, ...columnsOfAccess(accessToken))
      yield* run(NOTE_CLIENT_USED, clientId, now, usedBefore)
      return true
    },
  )
}

function* insertRefreshToken(token: RefreshToken): Unit<void> {
  const [tokenHash, ...rest] = columnsOf(token)
  yield* run(INSERT_REFRESH_TOKEN, tokenHash, token.grantId, ...rest)
}

/** The columns of a refresh token, without its grant. */
function columnsOf({ tokenHash, generation, parentHash, createdAt, expiresAt, dpopJkt, network }: RefreshToken): [string, ...Parameter[]] {
  return [tokenHash, generation, parentHash ?? null, createdAt, expiresAt, dpopJkt ?? null, network ?? null]
}

/** The columns of an access token, without its grant. Without a token they are null, which inserts nothing. */
function columnsOfAccess(token: AccessToken | undefined): Parameter[] {
  if (token === undefined) return [null, null, null, null, null]
  const { tokenHash, claims, resourceId, expiresAt } = token
  return [tokenHash, claims.jti, resourceId ?? null, JSON.stringify(claims), expiresAt]
}
