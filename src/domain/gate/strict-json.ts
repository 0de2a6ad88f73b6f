/**
 * JSON that every parser reads alike, which rules about it presuppose: one that takes the first of two members, or the last, or either
 * spelling of a name, would see another tool than the gate (threat-model.md T22).
 */
import { err, ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'

/** Each level of objects costs memory here, and stack in other parsers. */
const MOST_NESTED = 200

/** @returns the value, or what is wrong with the text */
export function parseStrictJson(bytes: Uint8Array): Result<unknown, string> {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return err('the body is not valid UTF-8')
  }
  if (text.startsWith('\uFEFF')) return err('the body begins with a byte order mark')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return err('the body is not JSON')
  }
  const problem = ambiguityIn(text)
  return problem === undefined ? ok(value) : err(problem)
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g

/** Looks for repeated members in a text that is known to be JSON. */
function ambiguityIn(text: string): string | undefined {
  /** The names of each object around; `undefined` for an array. */
  const around: (Set<string> | undefined)[] = []
  let before = ''
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') {
      around.push(token === '{' ? new Set() : undefined)
      if (around.length > MOST_NESTED) return 'the body is nested too deeply'
    } else if (token === '}' || token === ']') around.pop()
    else if (token.startsWith('"') && (before === '{' || (before === ',' && around.at(-1) !== undefined))) {
      const names = around.at(-1)!
      const name = JSON.parse(token) as string
      if (names.has(name)) return 'the body has a member twice'
      names.add(name)
    }
    before = token
  }
  return undefined
}
