/** An identity that rested is due for a check as soon as something that came of it is used; one that was checked just now, a while later. */
import { CHECK_AFTER_MS } from '../../../domain/provider/check-schedule.ts'

/** @param identity the SQL of its id; $2 is the time */
export const wake = (identity: string): string => `
  update identities
  set check_due_at = case when last_checked_at + ${CHECK_AFTER_MS} > $2 then last_checked_at + ${CHECK_AFTER_MS} else $2 end
  where id = ${identity} and check_due_at is null and failed_at is null`
