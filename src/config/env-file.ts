/**
 * Reads the text of a `.env` file. Node's own parser silently stops at a line that it doesn't understand (or a blank one that
 * holds spaces), and takes the rest of a password after a # for a comment. A setting that is silently ignored is worse than none.
 */
import type { Environment } from './kinds.ts'
import { err, ok } from '../domain/protocol/result.ts'
import type { Result } from '../domain/protocol/result.ts'

/** A blank line, a comment or an assignment. Quoted values may span lines; a comment after an unquoted value needs a space before it. */
const ENTRY =
  /^[^\S\n]*(?:(?:export[^\S\n]+)?(?<name>[A-Za-z_][\w.-]*)[^\S\n]*=[^\S\n]*(?:"(?<double>[^"]*)"|'(?<single>[^']*)'|`(?<back>[^`]*)`|(?<bare>(?!["'`#])\S[^\n]*?)?)(?=\s|$))?[^\S\n]*(?:#[^\n]*)?(?:\n|$)/

/** @returns the variables, or the number of the first line that is none of these */
export function parseEnvFile(text: string): Result<Environment, number> {
  const variables: Record<string, string> = {}
  let rest = text.replaceAll('\r\n', '\n')
  for (let line = 1; rest !== '';) {
    const entry = ENTRY.exec(rest)
    if (entry === null) return err(line)
    const { name, double, single, back, bare } = entry.groups!
    if (name !== undefined) variables[name] = double?.replaceAll('\\n', '\n') ?? single ?? back ?? bare ?? ''
    line += entry[0].split('\n').length - 1
    rest = rest.slice(entry[0].length)
  }
  return ok(variables)
}
