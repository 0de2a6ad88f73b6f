/**
 * The text of a file `.env`. Node's own parser gives up, without a word, at a line that it doesn't understand (or one
 * of blanks), and takes what follows a # in a password for a comment: a setting that silently doesn't count is worse
 * than none.
 */
import type { Environment } from './kinds.ts'
import { err, ok } from '../domain/protocol/result.ts'
import type { Result } from '../domain/protocol/result.ts'

/** A blank line, a comment or an assignment; quoted values may span lines, a comment after a bare one needs a blank before it. */
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
