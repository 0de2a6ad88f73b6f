/**
 * Ends sessions, in the unit of work of whatever ends them. Grants that are bound to the session end with it, and logout notices for
 * its clients become due.
 */
import { run, statement } from '../driver.ts'
import type { Unit } from '../driver.ts'

/** How long to retry notifying an unreachable client, in ms. */
const NOTICE_TTL_MS = 86_400_000

/**
 * OpenID Connect Back-Channel Logout section 2.7: an OpenID grant without `offline_access` ends with its session. A grant without
 * `openid` isn't part of a session. Scopes are a JSON array, and no scope contains a quotation mark.
 */
export const BOUND_TO_SESSION = `replace(scopes, '"openid"', '') <> scopes and replace(scopes, '"offline_access"', '') = scopes`

const DELETE_SESSION = statement('delete from sessions where id_hash = $1 returning coalesce(sid, id_hash) as sid')
const END_GRANTS = statement(`update grants set revoked_at = $2 where sid = $1 and revoked_at is null and ${BOUND_TO_SESSION}`)
const MAKE_NOTICES_DUE = statement('update logout_notices set due_at = $2, expires_at = $3 where sid = $1 and due_at is null')

/** All of a user, but for the one with the id $2, and what belongs to it by its sid. */
const KEPT = '(select coalesce(s.sid, s.id_hash) from sessions s where s.id_hash = $2 and s.user_id = $1)'
const DELETE_SESSIONS_OF = statement('delete from sessions where user_id = $1 and id_hash <> $2 returning id_hash')
const END_GRANTS_OF = statement(`
  update grants set revoked_at = $3
  where user_id = $1 and sid is not null and revoked_at is null and sid not in ${KEPT} and ${BOUND_TO_SESSION}`)
const MAKE_NOTICES_DUE_OF = statement(`
  update logout_notices set due_at = $3, expires_at = $4 where user_id = $1 and due_at is null and sid not in ${KEPT}`)

/** Ends a session; returns whether there was one. */
export function* endSession(idHash: string, now: number): Unit<boolean> {
  const [ended] = yield* run(DELETE_SESSION, idHash)
  if (ended === undefined) return false
  yield* run(END_GRANTS, ended['sid']!, now)
  yield* run(MAKE_NOTICES_DUE, ended['sid']!, now, now + NOTICE_TTL_MS)
  return true
}

/**
 * Ends all sessions of a user, also expired ones whose clients weren't notified yet; returns whether there were any.
 *
 * @param kept the id of one that goes on
 */
export function* endSessionsOf(userId: string, now: number, kept = ''): Unit<boolean> {
  const ended = yield* run(DELETE_SESSIONS_OF, userId, kept)
  yield* run(END_GRANTS_OF, userId, kept, now)
  yield* run(MAKE_NOTICES_DUE_OF, userId, kept, now, now + NOTICE_TTL_MS)
  return ended.length > 0
}
