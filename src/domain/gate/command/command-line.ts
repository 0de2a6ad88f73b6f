/** A command in one line of text. Quotation marks and backslashes as in a shell, and nothing else of one: no variables, no operators. */
import { err, ok } from '../../protocol/result.ts'
import type { Result } from '../../protocol/result.ts'
import { isCommand } from './command.ts'
import type { Upstream, Words } from './command.ts'

const PART = /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^\s'"\\]+)|(\s+)/gsy

/** @returns the words, or the rest of the sentence "it must ..." */
export function splitCommandLine(line: string): Result<Words, string> {
  const words: string[] = []
  let word: string | undefined
  let end = 0
  for (const { 0: all, 1: single, 2: double, 3: escaped, 4: plain, 5: space } of line.matchAll(PART)) {
    end += all.length
    if (space === undefined) word = (word ?? '') + (single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? plain!)
    else if (word !== undefined) {
      words.push(word)
      word = undefined
    }
  }
  if (end < line.length) return err('close every quotation mark that it opens')
  if (word !== undefined) words.push(word)
  return checkWords(words)
}

/** @returns the words, or the rest of the sentence "it must ..." */
export function checkWords(words: Words): Result<Words, string> {
  if (words.length === 0 || words[0] === '') return err('name a program, perhaps with arguments')
  return words.some((word) => word.includes('\0')) ? err('be text') : ok(words)
}

/** As `splitCommandLine` reads it. */
export const joinWords = (words: Words): string =>
  words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ')

/** An upstream as people read it. */
export const showUpstream = (upstream: Upstream): string => (isCommand(upstream) ? joinWords(upstream) : upstream)
