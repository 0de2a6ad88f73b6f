/** The options of a call as values. Text that can't be one becomes `NaN`, which no operation accepts. */
import { parseDuration } from '../config/durations.ts'
import { parts } from '../config/kinds.ts'
import type { Call } from './command.ts'

export function readText({ options }: Call, name: string): string | undefined {
  const value = options[name]
  return typeof value === 'string' ? value : undefined
}

/** An option that may be repeated. */
export function readTexts({ options }: Call, name: string): readonly string[] | undefined {
  const value = options[name]
  return Array.isArray(value) ? (value as readonly string[]) : undefined
}

export const isSet = ({ options }: Call, name: string): boolean => options[name] === true

/** A list separated by commas. */
export function readList(call: Call, name: string): string[] | undefined {
  const text = readText(call, name)
  return text === undefined ? undefined : parts(text)
}

export function readNumber(call: Call, name: string): number | undefined {
  const text = readText(call, name)
  return text === undefined ? undefined : /^\d+$/.test(text) ? Number(text) : NaN
}

/** In seconds. */
export function readDuration(call: Call, name: string): number | undefined {
  const text = readText(call, name)
  return text === undefined ? undefined : (parseDuration(text) ?? NaN)
}
