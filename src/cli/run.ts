/** The command line, as a function of words and surroundings. */
import { readFileSync } from 'node:fs'
import type { Surroundings, Terminal } from './command.ts'
import type { Performed } from './perform.ts'
import { watchOutput } from './terminal/watch-output.ts'

/**
 * Runs what `words` ask for.
 *
 * @param words the arguments, without the program's own
 * @returns the exit code: 0, 1 if it couldn't be done, 2 if the words make no command
 */
export async function run(words: readonly string[], surroundings: Surroundings): Promise<number> {
  const { output, errors } = surroundings
  const findLoss = watchOutput(output)
  errors.on('error', () => undefined)
  // Scripts ask for the version, and only for that: nothing else is loaded for it.
  const { code, refused = false } = ['--version', 'version'].includes(String(words[0]))
    ? showVersion(output)
    : await (await import('./perform.ts')).perform(words, surroundings)
  const loss = await findLoss()
  // A command that was refused has said why.
  if (loss === undefined || refused) return code
  errors.write(`${loss}\n`)
  return code === 0 ? 1 : code
}

function showVersion(output: Terminal): Performed {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
  output.write(`${version}\n`)
  return { code: 0 }
}
