/**
 * What goes with a session when it ends by somebody's word, in the unit of work that ends it: the grants that live no
 * longer than it does, and the clients that took part in it become due to be told.
 */
import { run, statement } from '../driver.ts'
import type { Unit } from '../driver.ts'

/** How long a client that can't be reached is told again, in ms. */
const NOTICE_TTL_MS = 86_400_000

/**
 * OpenID Connect Back-Channel Logout section 2.7: without `offline_access` an OpenID grant ends with its session. One
 * without `openid` never knew of a session. Scopes are a JSON array, in which no scope can hold a quotation mark.
 */
const BOUND_TO_SESSION = `replace(scopes, '"openid"', '') <> scopes and replace(scopes, '"offline_access"', '') = scopes`

const DELETE_SESSION = statement('delete from sessions where id_hash = $1 returning coalesce(sid, id_hash) as sid')
const END_GRANTS = statement(`update grants set revoked_at = $2 where sid = $1 and revoked_at is null and ${BOUND_TO_SESSION}`)
const MAKE_NOTICES_DUE = statement('update logout_notices set due_at = $2, expires_at = $3 where sid = $1 and due_at is null')

const DELETE_SESSIONS_OF = statement('delete from sessions where user_id = $1')
const END_GRANTS_OF = statement(`
  update grants set revoked_at = $2 where user_id = $1 and sid is not null and revoked_at is null and ${BOUND_TO_SESSION}`)
const MAKE_NOTICES_DUE_OF = statement('update logout_notices set due_at = $2, expires_at = $3 where user_id = $1 and due_at is null')

/** Ends one session; whether there was one. */
export function* endSession(idHash: string, now: number): Unit<boolean> {
  const [ended] = yield* run(DELETE_SESSION, idHash)
  if (ended === undefined) return false
  yield* run(END_GRANTS, ended['sid']!, now)
  yield* run(MAKE_NOTICES_DUE, ended['sid']!, now, now + NOTICE_TTL_MS)
  return true
}

/** Ends every session of a user, also those that ran out and were not told yet. */
export function* endSessionsOf(userId: string, now: number): Unit<void> {
  yield* run(DELETE_SESSIONS_OF, userId)
  yield* run(END_GRANTS_OF, userId, now)
  yield* run(MAKE_NOTICES_DUE_OF, userId, now, now + NOTICE_TTL_MS)
}
