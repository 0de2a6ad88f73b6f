/** The command line, as a function of words and surroundings. */
import { readFileSync } from 'node:fs'
import type { Surroundings } from './command.ts'

/**
 * Runs what `words` ask for.
 *
 * @param words the arguments, without the program's own
 * @returns the exit code: 0, 1 if it couldn't be done, 2 if the words make no command
 */
export async function run(words: readonly string[], surroundings: Surroundings): Promise<number> {
  // Scripts ask for the version, and only for that: nothing else is loaded for it.
  if (words[0] !== '--version') return (await import('./perform.ts')).perform(words, surroundings)
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
  surroundings.output.write(`${version}\n`)
  return 0
}
