/**
 * The store of checks: which identities are in use, so that their providers are asked about them, and what ends with one that fails. One
 * node at a time asks about an identity, because a refresh token that is used twice may end all of them.
 */
import { CHECK_AFTER_MS } from '../../../domain/provider/check-schedule.ts'
import { LEAVE_PROVIDED } from '../access/groups.ts'
import { insertEvent } from '../audit-events.ts'
import { endAllOf } from '../end-all.ts'
import { endSession } from '../end-session.ts'
import { run, single, statement, unit } from '../../driver.ts'
import type { Driver, Unit } from '../../driver.ts'
import { flag, text } from '../rows.ts'
import type { IdentityChecks, IdentityFailure, InUse } from '../../storage.ts'
import { wake } from './wake.ts'
import { END_GRANTS_BY, SESSIONS_BY, toIdentity } from './identities.ts'

/** When an identity that is being asked about, or whose provider did not answer, is due again, in ms. */
const AGAIN_MS = 60_000
/** A login this long before a failure wins, in ms: what failed was asked before it. */
const LOGIN_WINS_MS = 60_000

const CLAIM = statement(`
  update identities set check_due_at = $3
  where check_due_at <= $1 and id in (
    select id from identities where check_due_at is not null and check_due_at <= $1 order by check_due_at limit $2)
  returning *`)
/**
 * Used since the last check: a session that was seen, or a grant whose tokens may still be in use. $3 is how long a JWT lives that
 * nobody can take back, $4 how long a refresh token may stay unused, which tells when one that isn't rotated was used.
 */
const FIND_USE = statement(`
  select 1 as used from identities i where i.id = $1 and (
    exists (
      select 1 from sessions s
      where s.user_id = i.user_id and s.identity_id = i.id and s.last_seen_at > i.last_checked_at and s.expires_at > $2)
    or exists (
      select 1 from grants g
      where g.user_id = i.user_id and g.identity_id = i.id and g.revoked_at is null and g.expires_at > $2 and (
        g.created_at > i.last_checked_at - $3
        or exists (
          select 1 from refresh_tokens t
          where t.grant_id = g.id and (
            t.created_at > i.last_checked_at - $3 or (t.used_at is null and t.expires_at > i.last_checked_at - $3 + $4)))
        or exists (select 1 from access_tokens a where a.grant_id = g.id and a.expires_at > $2))))`)
const REST = statement('update identities set check_due_at = null where id = $1')
const WAKE = statement(wake('$1'))
const CONFIRM = statement(`
  update identities
  set claims = $3, refresh_token = $4, last_checked_at = $5, last_used_at = $5, unreachable_since = null, check_due_at = $6
  where id = $1 and coalesce(refresh_token, '') = $2 and failed_at is null
  returning id`)
const NOTE_UNREACHABLE = statement(`
  update identities set unreachable_since = coalesce(unreachable_since, $2) where id = $1 and failed_at is null returning unreachable_since`)
const FIND_TOKEN = statement('select refresh_token, last_login_at from identities where id = $1')
const FAIL = statement(`
  update identities set failed_at = $3, failure = $4, refresh_token = null, check_due_at = null
  where id = $1 and coalesce(refresh_token, '') = $2 and last_login_at <= $5 and failed_at is null
  returning user_id, provider_id, managed`)
/** The administrator of the configuration is never managed. */
const BAR = statement(`
  update users set disabled_at = $3, barred_by = $2, updated_at = $3 where id = $1 and disabled_at is null and origin <> 'environment'`)
const FIND_BY_SESSION = statement(`
  select i.* from sessions s join identities i on i.id = s.identity_id where s.provider_sid = $1 and i.provider_id = $2 limit 1`)
const SESSIONS_NAMED = statement('select id_hash from sessions where user_id = $1 and identity_id = $2 and provider_sid = $3')

export function createIdentityChecks(driver: Driver): IdentityChecks {
  return {
    claim: (now, limit, inUse) => driver.write(unit(() => claim(now, limit, inUse))),
    async touch(id, now) {
      await driver.write(single(WAKE, id, now))
    },
    async confirm({ id, encryptedRefreshToken }, said, now) {
      const { claims, encryptedRefreshToken: next = encryptedRefreshToken } = said
      const parameters = [id, encryptedRefreshToken ?? '', JSON.stringify(claims), next ?? null, now, now + CHECK_AFTER_MS]
      return (await driver.write(single(CONFIRM, ...parameters))).length === 1
    },
    async countUnreachable(id, now) {
      const [row] = await driver.write(single(NOTE_UNREACHABLE, id, now))
      return row && (row['unreachable_since'] as number)
    },
    async findToken(id) {
      const [row] = await driver.read(FIND_TOKEN, [id])
      return (
        row && { encryptedRefreshToken: (row['refresh_token'] as string | null) ?? undefined, lastLoginAt: row['last_login_at'] as number }
      )
    },
    end: (identity, failure) => driver.write(unit(() => end(identity, failure))),
    async findBySession(providerId, providerSid) {
      const [row] = await driver.read(FIND_BY_SESSION, [providerSid, providerId])
      return row && toIdentity(row)
    },
    endSessions: ({ id, userId }, providerSid, now, event) =>
      driver.write(
        unit(function* (): Unit<number> {
          const named = providerSid === undefined ? run(SESSIONS_BY, userId, id) : run(SESSIONS_NAMED, userId, id, providerSid)
          const sessions = yield* named
          for (const session of sessions) yield* endSession(text(session, 'id_hash'), now)
          if (sessions.length > 0) yield insertEvent(event)
          return sessions.length
        }),
      ),
  }
}

/** What nothing has used since its last check rests until it is used again. */
function* claim(now: number, limit: number, { tokenLifeMs, idleMs }: InUse) {
  const claimed = yield* run(CLAIM, now, limit, now + AGAIN_MS)
  const used = []
  for (const row of claimed) {
    const [use] = yield* run(FIND_USE, text(row, 'id'), now, tokenLifeMs, idleMs)
    if (use === undefined) yield* run(REST, text(row, 'id'))
    else used.push(toIdentity(row))
  }
  return { due: claimed.length, used }
}

/** Of a managed user everything ends, of another one what came of the identity. */
function* end(
  { id, encryptedRefreshToken }: { id: string; encryptedRefreshToken?: string | undefined },
  failure: IdentityFailure,
): Unit<boolean> {
  const { now, reason, event } = failure
  const [failed] = yield* run(FAIL, id, encryptedRefreshToken ?? '', now, reason, now - LOGIN_WINS_MS)
  if (failed === undefined) return false
  const userId = text(failed, 'user_id')
  yield* run(LEAVE_PROVIDED, userId, text(failed, 'provider_id'))
  if (flag(failed, 'managed')) {
    yield* run(BAR, userId, id, now)
    yield* endAllOf(userId, now)
  } else {
    for (const session of yield* run(SESSIONS_BY, userId, id)) yield* endSession(text(session, 'id_hash'), now)
    yield* run(END_GRANTS_BY, userId, id, now)
  }
  yield insertEvent(event)
  return true
}
