/** Uses one-use links, or ends those of a user that nobody used yet, in the unit of work of what they do or of whatever ends them. */
import type { LinkKind } from '../../domain/link/link.ts'
import { run, statement } from '../driver.ts'
import type { Row, Unit } from '../driver.ts'

const USE = statement(`
  update links set used_at = $3 where token_hash = $1 and kind = $2 and used_at is null and expires_at > $3
  returning token_hash, user_id, address, data`)
const UNUSE = statement('update links set used_at = null where token_hash = $1')

const DELETE = statement('delete from links where user_id = $1 and used_at is null')
const DELETE_RESETS = statement("delete from links where user_id = $1 and used_at is null and kind = 'reset'")
const DELETE_OTHER_ADDRESSES = statement('delete from links where user_id = $1 and used_at is null and address <> $2')

/** At most one caller, on any node, gets the row. */
export function* useLink(tokenHash: string, kind: LinkKind, now: number): Unit<Row | undefined> {
  const [used] = yield* run(USE, tokenHash, kind, now)
  return used
}

/** After what it was for didn't happen. */
export function* unuseLink(tokenHash: string): Unit<void> {
  yield* run(UNUSE, tokenHash)
}

export function* endLinksOf(userId: string): Unit<void> {
  yield* run(DELETE, userId)
}

/** Those that set a password. */
export function* endResetsOf(userId: string): Unit<void> {
  yield* run(DELETE_RESETS, userId)
}

/** Those that went to an address which the user no longer has. */
export function* endLinksToOthers(userId: string, address: string | undefined): Unit<void> {
  yield* run(DELETE_OTHER_ADDRESSES, userId, address ?? '')
}
