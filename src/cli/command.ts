/** What a command of the command line is. */
import type { Environment } from '../config/kinds.ts'
import type { OperationName } from '../operations/operations.ts'

/** The streams and the environment that a command sees: the process's, or a test's. */
export interface Surroundings {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean | undefined }
  readonly output: Terminal
  /** Questions, warnings and progress go here, so that `output` can be piped on. */
  readonly errors: Terminal
  readonly variables: Environment
  /** How people start this command line. */
  readonly program: string
  /** Opens a browser, if not the one of the system: for tests. */
  readonly openBrowser?: (url: string) => void
}

export type Terminal = NodeJS.WritableStream & { readonly isTTY?: boolean | undefined; readonly columns?: number | undefined }

/** A server that is managed from afar. */
export interface RemoteServer {
  /** Its issuer. */
  readonly issuer: string
  /** Whether a login happens in a browser of another machine (RFC 8628). */
  readonly byDevice: boolean
}

export interface Call extends Surroundings {
  readonly positionals: readonly string[]
  /** What came after `--`, for a command that takes another program's words there. */
  readonly after?: readonly string[] | undefined
  /** The server to manage, if it isn't the installation of this machine. */
  readonly server?: RemoteServer | undefined
  /** By their names in camelCase, as in `redirectUri`. An option that may be repeated is a list. */
  readonly options: Readonly<Record<string, string | boolean | readonly string[] | undefined>>
}

export interface CommandSpec {
  /** One line, as in `add a person who can log in`. */
  readonly summary: string
  /** What else there is to know, in whole sentences. */
  readonly details?: string
  readonly arguments?: readonly ArgumentSpec[]
  readonly options?: readonly OptionSpec[]
  /** The words of another program may follow, after `--`. */
  readonly takesCommand?: true
  /** It is for the machine itself, never over a network; of `operations`, then, some may be all the same. */
  readonly here?: true
  /** What it does, by the names of src/operations/operations.ts; none for what isn't an operation, such as `serve`. */
  readonly operations: readonly OperationName[]
  /** @returns the exit code; 0 when nothing is returned */
  run(call: Call): Promise<number | void>
}

export interface ArgumentSpec {
  /** `<name>`, or `[name]` if it may be left out. */
  readonly name: string
  readonly description: string
}

export interface OptionSpec {
  /** `--json`, or `--name <text>` if it takes a value. */
  readonly flags: string
  readonly description: string
  readonly repeatable?: true
  /** It is for the machine itself, never over a network. */
  readonly here?: true
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
