/** How many records one answer holds, and where the next one begins. */
import { ok } from '../domain/protocol/result.ts'
import type { ListKey } from '../storage/storage.ts'
import { invalidArgument } from './outcome.ts'
import type { Outcome } from './outcome.ts'

export interface Limits {
  readonly usual: number
  readonly max: number
}

export function parseLimit(limit: number | undefined, { usual, max }: Limits): Outcome<number> {
  if (limit === undefined) return ok(usual)
  return isWhole(limit, max) ? ok(limit) : invalidArgument('limit', `must be a whole number from 1 to ${max}`, limit)
}

/** Whether it is a whole number from 1 to `max`. */
export const isWhole = (value: number, max: number): boolean => Number.isInteger(value) && value >= 1 && value <= max

/** Whether others follow what was found, which then is one more than the limit, and where they begin. */
export function pageOf<T>(found: readonly T[], limit: number, keyOf: (record: T) => ListKey) {
  const more = found.length > limit
  return { items: found.slice(0, limit), more, next: more ? keyOf(found[limit - 1]!) : undefined }
}
