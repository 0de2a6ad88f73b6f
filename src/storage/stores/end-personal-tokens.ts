/** Ends the personal access tokens of a user, in the unit of work of whatever ends them. */
import { statement } from '../driver.ts'

export const END_PERSONAL_TOKENS = statement('delete from personal_tokens where user_id = $1')
