/**
 * Passwords as people type them, and the one rule for new ones (NIST SP 800-63B sections 3.1.1.1 and 3.1.1.2): at least 12 characters,
 * without rules on which, and none that names lead to. crypto/password-strength.ts says which others are guessed soon.
 */
import { err, ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'

export const MIN_PASSWORD_LENGTH = 12
/** The login form accepts no more, in UTF-16 code units. */
const MAX_LENGTH = 1024
/** How many characters there must be besides the names, and how short a name may be to count as one. */
const BESIDE_NAMES = 8
const SHORTEST_NAME = 3

/**
 * The same for every keyboard and system: composed or decomposed letters, full-width or plain ones (RFC 8265 section 4.2.2). It is what
 * is hashed.
 */
export const normalizePassword = (typed: string): string => typed.normalize('NFKC')

/** What counts when a password is typed: its normal form, then what an earlier version hashed, which is the text as it came. */
export const passwordCandidates = (typed: string): string[] => [...new Set([normalizePassword(typed), typed])]

/** Why a password is refused; each has a sentence on the pages. */
export const PASSWORD_PROBLEMS = ['short', 'long', 'lines', 'names', 'guessable'] as const
export type PasswordProblem = (typeof PASSWORD_PROBLEMS)[number]

/** @param names of the account, the service and its host, which are tried first */
export function findPasswordProblem(raw: string, names: readonly string[]): PasswordProblem | undefined {
  const password = normalizePassword(raw)
  if (lengthOf(password) < MIN_PASSWORD_LENGTH) return 'short'
  if (raw.length > MAX_LENGTH) return 'long'
  if (/[\r\n]/.test(raw)) return 'lines'
  return isMadeOf(password, names) ? 'names' : undefined
}

/** @returns the password in its normal form, or the rest of the sentence "The password must ..." */
export function parseNewPassword(raw: string, names: readonly string[] = []): Result<string, string> {
  const problem = findPasswordProblem(raw, names)
  return problem === undefined ? ok(normalizePassword(raw)) : err(describePasswordProblem(problem, raw))
}

/** The rest of the sentence "The password must ...", for an operator. */
export const describePasswordProblem = (problem: PasswordProblem, raw: string): string =>
  ({
    short: `have at least ${MIN_PASSWORD_LENGTH} characters; this one has ${lengthOf(normalizePassword(raw))}`,
    long: `have at most ${MAX_LENGTH} characters`,
    lines: 'be a single line',
    names: 'be more than the name of the account, the service or its host',
    guessable: 'be harder to guess: use several words that do not belong together',
  })[problem]

const lengthOf = (text: string): number => [...text].length

function isMadeOf(password: string, names: readonly string[]): boolean {
  const known = names.map(fold).filter((name) => [...name].length >= SHORTEST_NAME)
  const rest = known.sort((a, b) => b.length - a.length).reduce((text, name) => text.replaceAll(name, ''), fold(password))
  return known.length > 0 && rest !== fold(password) && [...rest].length < BESIDE_NAMES
}

/** Letters and digits only. */
const fold = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '')
