/** `--limit N`: how many at most. */
import { CommandRefused } from './command.ts'
import type { Call } from './command.ts'

/** @throws {CommandRefused} if it is no whole number up to `max` */
export function parseLimit({ options: { limit } }: Call, { usual, max }: { usual: number; max: number }): number {
  if (typeof limit !== 'string') return usual
  if (/^[1-9]\d*$/.test(limit) && Number(limit) <= max) return Number(limit)
  throw new CommandRefused(`--limit must be a whole number from 1 to ${max}.`)
}
