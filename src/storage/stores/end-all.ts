/** Ends everything that a user holds, in the unit of work of whatever ends it: sessions, apps, links and personal tokens. */
import { run, statement } from '../driver.ts'
import type { Unit } from '../driver.ts'
import { endLinksOf } from './end-links.ts'
import { endSessionsOf } from './end-session.ts'

export const END_PERSONAL_TOKENS = statement('delete from personal_tokens where user_id = $1')
export const END_GRANTS_OF = statement('update grants set revoked_at = $2 where user_id = $1 and revoked_at is null')

export function* endAllOf(userId: string, now: number): Unit<void> {
  yield* endSessionsOf(userId, now)
  yield* run(END_GRANTS_OF, userId, now)
  yield* endLinksOf(userId)
  yield* run(END_PERSONAL_TOKENS, userId)
}
