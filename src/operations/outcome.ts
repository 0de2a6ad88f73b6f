/** What comes of an operation: a value, or a problem that every surface (command line, API, page) can show in its own way. */
import { err } from '../domain/protocol/result.ts'
import type { Result } from '../domain/protocol/result.ts'
import { plainText } from '../domain/protocol/text.ts'
import type { MemberProblem } from '../domain/user/user-members.ts'

/**
 * `not-found`: no such record. `conflict`: the record's present state forbids it. `invalid`: an argument can't be accepted. `forbidden`:
 * it takes a higher role.
 */
export type ProblemKind = 'not-found' | 'conflict' | 'invalid' | 'forbidden'

export interface Problem {
  readonly kind: ProblemKind
  /** A whole sentence. */
  readonly message: string
  /** For a surface that calls the argument at fault by another name, or was given its value in another form. */
  readonly argument?: {
    readonly name: string
    /** The rest of the sentence that begins with the name, as in `must be a whole number`. */
    readonly problem: string
    /** What it is, if that is worth showing. */
    readonly value?: string
  }
}

export type Outcome<T> = Result<T, Problem>

/** Longest value that a sentence shows, in characters. */
const MAX_SHOWN = 100

type Failure = { readonly ok: false; readonly error: Problem }

export const notFound = (message: string): Failure => err({ kind: 'not-found', message })
export const conflict = (message: string): Failure => err({ kind: 'conflict', message })
export const invalid = (message: string): Failure => err({ kind: 'invalid', message })

export const forbidden = (message: string): Failure => err({ kind: 'forbidden', message })

export function invalidArgument(name: string, problem: string, given?: string | number): Failure {
  const value = given === undefined ? undefined : plainText(String(given), MAX_SHOWN)
  const message = `${name} ${problem}${value === undefined ? '' : `, but is "${value}"`}.`
  return err({ kind: 'invalid', message, argument: { name, problem, ...(value !== undefined && { value }) } })
}

/** A member of a user that can't be accepted. */
export const memberProblem = ({ name, problem, given }: MemberProblem): Failure => invalidArgument(name, problem, given)

/** The record went, or another state came, between the moment it was read and this change. */
export const changedMeanwhile = (name: string): Failure => conflict(`Someone else changed or deleted ${name} in the meantime.`)
