/**
 * How soon a password is guessed, by an estimator that works offline (zxcvbn): it knows lists of common passwords, words, names,
 * keyboards, dates and repetitions. Its dictionaries take some 50 MB, so it is loaded only where a password is set.
 */

import { err, ok } from '../domain/protocol/result.ts'
import type { Result } from '../domain/protocol/result.ts'
import { findPasswordProblem, normalizePassword } from '../domain/user/new-password.ts'
import type { PasswordProblem } from '../domain/user/new-password.ts'

/** The names of this service, which people put into passwords for it. */
const SERVICE_NAMES = ['Solar System OAuth Server', 'Solar System', 'OAuth', 'Server']

/** Guesses that somebody with the hashes can make in a day: a password of fewer is refused. */
const MIN_GUESSES = 1e8
/** What is longer is not guessed sooner, and takes the estimator long. */
const MAX_ESTIMATED = 64

type Estimator = import('@zxcvbn-ts/core').ZxcvbnFactory
let estimator: Promise<Estimator> | undefined

async function loadEstimator(): Promise<Estimator> {
  const [{ ZxcvbnFactory }, common, english] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
    import('@zxcvbn-ts/language-en'),
  ])
  return new ZxcvbnFactory({ dictionary: { ...common.dictionary, ...english.dictionary }, graphs: common.adjacencyGraphs })
}

/** The one rule for passwords that people choose, wherever they do. The password is in its normal form. */
export async function acceptNewPassword(raw: string, username: string, issuer: string): Promise<Result<string, PasswordProblem>> {
  const { hostname } = new URL(issuer)
  const names = [username, ...SERVICE_NAMES, hostname, ...hostname.split('.')]
  const problem = findPasswordProblem(raw, names)
  if (problem !== undefined) return err(problem)
  const password = normalizePassword(raw)
  return (await isGuessable(password, names)) ? err('guessable') : ok(password)
}

/** @param words of the account and the service, which are tried first */
export async function isGuessable(password: string, words: readonly string[]): Promise<boolean> {
  estimator ??= loadEstimator()
  return (await estimator).check(password.slice(0, MAX_ESTIMATED), [...words]).guesses < MIN_GUESSES
}

/** Whether a password is on the list of the 50,000 that are tried first, whatever its case. */
export async function isCommonPassword(password: string): Promise<boolean> {
  const { dictionary } = await import('@zxcvbn-ts/language-common')
  return dictionary['passwords-common'].includes(password.toLowerCase())
}
