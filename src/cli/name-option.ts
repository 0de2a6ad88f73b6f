/** A name that people read, given as an option. */
import { plainText } from '../domain/protocol/text.ts'
import { CommandRefused } from './command.ts'
import type { Call } from './command.ts'

/** Longest name, in characters. */
const MAX_NAME = 200

/** @throws {CommandRefused} if nothing of it can be seen */
export function readName({ options }: Call, option: string): string | undefined {
  const raw = options[option]
  if (typeof raw !== 'string') return undefined
  const name = plainText(raw, MAX_NAME)
  if (name === '') throw new CommandRefused(`--${option} is empty: leave it out.`)
  return name
}
