/** What starts the processes of commands: handed over, since only the process layer knows the environment. */
import type { Readable, Writable } from 'node:stream'
import type { ProcessRules, Words } from '../../../domain/gate/command/command.ts'

export interface StartedCommand {
  readonly pid: number
  readonly input: Writable
  readonly output: Readable
  readonly errors: Readable
  /** In words, once the process is gone and everything that it started. */
  readonly ended: Promise<string>
  /** Of the process and everything that it started. */
  signal(name: 'SIGTERM' | 'SIGKILL'): void
}

/** @throws {Error} with a sentence if it can't be started */
export type StartCommand = (words: Words, rules: ProcessRules) => Promise<StartedCommand>
