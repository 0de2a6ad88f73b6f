/** What has to reach a receiver outside, also after a restart: rows that are due, and are due again later if delivering them fails. */
import { statement } from '../driver.ts'
import type { Statement } from '../driver.ts'

/** 1, 4, 9, 16 ... minutes after each attempt, in ms. */
const PAUSE = '60000 * (attempts + 1) * (attempts + 1)'

interface Outbox {
  readonly table: string
  /** Its primary key. */
  readonly key: string
  readonly returning: string
  /** Which of the due ones, as in `and expires_at > $1`. */
  readonly which?: string
  /** The longest pause between attempts, in ms; there is none if they stop by themselves. */
  readonly longestPause?: number
}

/**
 * Takes at most $2 rows that are due at $1, the longest due first. The next attempt is due after a pause, in case this one fails or its node
 * dies; until then nobody else gets them.
 */
export function claimDue({ table, key, returning, which = '', longestPause }: Outbox): Statement {
  const pause = longestPause === undefined ? PAUSE : `case when ${PAUSE} < ${longestPause} then ${PAUSE} else ${longestPause} end`
  return statement(`
  update ${table} set due_at = $1 + ${pause}, attempts = attempts + 1
  where due_at <= $1 and (${key}) in (
    select ${key} from ${table} where due_at <= $1 ${which} order by due_at limit $2)
  returning ${returning}`)
}
