/** Ends the links of a user that nobody used yet, in the unit of work of whatever ends them. */
import { run, statement } from '../driver.ts'
import type { Unit } from '../driver.ts'

const DELETE = statement('delete from links where user_id = $1 and used_at is null')
const DELETE_RESETS = statement("delete from links where user_id = $1 and used_at is null and kind = 'reset'")
const DELETE_OTHER_ADDRESSES = statement('delete from links where user_id = $1 and used_at is null and address <> $2')

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
