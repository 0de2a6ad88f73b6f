/** Recovery codes: each logs somebody in once in place of a second factor that is lost. Only their hashes are kept. */
import { sha256 } from '../protocol/sha256.ts'

/** How many there are at first. */
export const RECOVERY_CODES = 10
/** No vowels, so that no words come about, and nothing that looks like something else. 78 bits, so a plain hash is enough. */
export const RECOVERY_CODE_LETTERS = 'bcdfghjkmnpqrstvwxyz23456789'
export const RECOVERY_CODE_LENGTH = 16
const GROUP = /.{4}(?=.)/g

export const formatRecoveryCode = (code: string): string => code.replaceAll(GROUP, '$&-')

/** The hash under which a code of a person is kept; undefined if what was typed can't be one. */
export function hashRecoveryCode(userId: string, typed: string): string | undefined {
  const code = typed.toLowerCase().replaceAll(/[\s-]/g, '')
  const isOne = code.length === RECOVERY_CODE_LENGTH && [...code].every((letter) => RECOVERY_CODE_LETTERS.includes(letter))
  return isOne ? sha256(`${userId} ${code}`) : undefined
}
