/** Settings that are durations, or limits per duration. */
import { Type } from '@sinclair/typebox'
import { ok } from '../domain/protocol/result.ts'
import { setting } from './kinds.ts'
import type { Description } from './kinds.ts'

const UNITS: ReadonlyMap<string, number> = new Map([
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
])

/**
 * Reads `60s`, `15m`, `12h`, `30d`, or plain seconds.
 *
 * @returns seconds; `undefined` for any other text
 */
export function parseDuration(raw: string): number | undefined {
  const [, count, unit = 's'] = /^(\d+)([smhd])?$/.exec(raw) ?? []
  return count === undefined ? undefined : Number(count) * UNITS.get(unit)!
}

/** Writes seconds in the largest unit that divides them: 3600 is `1h`. */
export function renderDuration(seconds: number): string {
  const [unit, size] = [...UNITS].find(([, size]) => seconds > 0 && seconds % size === 0) ?? ['s', 1]
  return `${seconds / size}${unit}`
}

/** The default of an idle time: at most the whole lifetime, so that it is enough to shorten that. */
export function within(total: unknown, fallback: string): string | undefined {
  return typeof total === 'number' && total < parseDuration(fallback)! ? `${total}s` : undefined
}

/** A lifetime in seconds, written as a duration. */
export function duration(name: string, [shortest, longest]: readonly [string, string], description: Description) {
  return setting(Type.Integer({ minimum: parseDuration(shortest)!, maximum: parseDuration(longest)! }), {
    ...description,
    name,
    accepts: `a duration from ${shortest} to ${longest}`,
    read: (raw) => ok(parseDuration(raw)),
  })
}

/** A duration in seconds, or `off`. */
export function durationOrOff(name: string, [shortest, longest]: readonly [string, string], description: Description) {
  return setting(Type.Union([Type.Integer({ minimum: parseDuration(shortest)!, maximum: parseDuration(longest)! }), Type.Literal('off')]), {
    ...description,
    name,
    accepts: `a duration from ${shortest} to ${longest}, or \`off\``,
    read: (raw) => ok(raw.toLowerCase() === 'off' ? 'off' : parseDuration(raw)),
  })
}

const RateLimit = Type.Object({
  max: Type.Integer({ minimum: 1, maximum: 10_000_000 }),
  windowSeconds: Type.Integer({ minimum: 1, maximum: 86_400 }),
})

/** A number per duration, such as `10/15m`, or `off`. */
export function rateLimit(name: string, description: Description) {
  return setting(Type.Union([RateLimit, Type.Literal('off')]), {
    ...description,
    name,
    accepts: 'a number per duration, as in `10/15m` (at least 1, in 1s to 1d), or `off`',
    read: (raw) => {
      if (raw.toLowerCase() === 'off') return ok('off')
      const [, max, window = ''] = /^(\d+)\/(\w+)$/.exec(raw) ?? []
      return ok({ max: Number(max), windowSeconds: parseDuration(window) })
    },
  })
}
