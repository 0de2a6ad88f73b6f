/** What a command of the command line is. */
import type { ParseArgsConfig } from 'node:util'
import type { Environment } from '../config/kinds.ts'

/** The streams and the environment that a command sees: the process's, or a test's. */
export interface Surroundings {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean | undefined }
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean | undefined }
  /** Questions, warnings and progress go here, so that `output` can be piped on. */
  readonly errors: NodeJS.WritableStream & { readonly isTTY?: boolean | undefined }
  readonly variables: Environment
  /** How people call this command line. */
  readonly program: string
}

export interface Call extends Surroundings {
  readonly positionals: readonly string[]
  /** An option that may be repeated is a list. */
  readonly options: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>
}

export interface Command {
  /** What follows the command's name, as in `NAME [--json]`. */
  readonly usage: string
  readonly summary: string
  readonly options?: NonNullable<ParseArgsConfig['options']>
  /** How few and how many words it takes. */
  readonly words: readonly [number, number]
  /** @returns the exit code; 0 when nothing is returned */
  run(call: Call): Promise<number | undefined | void>
}

/** The command can't do what was asked; `message` is a sentence for the person. */
export class CommandRefused extends Error {
  /** What the process ends with. */
  readonly exitCode: number

  constructor(message: string, exitCode = 1) {
    super(message)
    this.name = 'CommandRefused'
    this.exitCode = exitCode
  }
}
