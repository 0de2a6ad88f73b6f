/** Checks new passwords (NIST SP 800-63B section 5.1.1.2): at least 8 characters, without rules on which. */
import { err, ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'

export const MIN_PASSWORD_LENGTH = 8
/** The login form accepts no more, in UTF-16 code units. */
const MAX_LENGTH = 1024

/** @returns the password, or the rest of the sentence "The password must ..." */
export function parseNewPassword(raw: string): Result<string, string> {
  const { length } = [...raw]
  if (length < MIN_PASSWORD_LENGTH) return err(`have at least ${MIN_PASSWORD_LENGTH} characters; this one has ${length}`)
  if (raw.length > MAX_LENGTH) return err(`have at most ${MAX_LENGTH} characters`)
  if (/[\r\n]/.test(raw)) return err('be a single line')
  return ok(raw)
}
