/** From words to a command: owns parsing, help, exit codes and how problems are told. */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { CommandRefused } from './command.ts'
import type { Call, Command, Surroundings } from './command.ts'
import { COMMANDS } from './commands.ts'

/** What was typed is no command: how it goes is shown after the sentence, and the exit code is 2. */
const MISUSE = 2

/**
 * Runs what `words` ask for.
 *
 * @param words the arguments, without the program's own
 * @returns the exit code: 0, 1 if it couldn't be done, 2 if the words make no command
 */
export async function run(words: readonly string[], surroundings: Surroundings): Promise<number> {
  const { output, program } = surroundings
  if (words.some((word) => word === '--help' || word === '-h') || words[0] === 'help' || words.length === 0) {
    output.write(
      renderHelp(
        program,
        words.filter((word) => word !== 'help' && !word.startsWith('-')),
      ),
    )
    return words.length === 0 ? MISUSE : 0
  }
  if (words[0] === '--version') {
    output.write(`${readVersion()}\n`)
    return 0
  }
  const name = commandName(words)
  if (name === undefined) return misused(surroundings, `There is no command "${words.slice(0, 2).join(' ')}".`, words)
  const command = COMMANDS[name]!
  const parsed = parse(command, words.slice(name.split(' ').length))
  if (typeof parsed === 'string') return misused(surroundings, parsed, words)
  try {
    return (await command.run({ ...surroundings, ...parsed })) ?? 0
  } catch (error) {
    if (!(error instanceof CommandRefused)) throw error
    surroundings.errors.write(`${error.message}\n`)
    return error.exitCode
  }
}

/** The command that the words begin with. */
function commandName(words: readonly string[]): string | undefined {
  return [words.slice(0, 2).join(' '), words[0]!].find((name) => Object.hasOwn(COMMANDS, name))
}

/** Positionals and options, or a sentence on what is wrong with them. */
function parse(
  { options = {}, usage, words: [fewest, most] }: Command,
  args: readonly string[],
): Pick<Call, 'positionals' | 'options'> | string {
  try {
    const { positionals, values } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
    if (positionals.length < fewest) return `${usage.split(' ', 1)[0]} is missing.`
    if (positionals.length > most) return `"${positionals[most]}" is one word too many: put what holds blanks in quotation marks.`
    return { positionals, options: values }
  } catch (error) {
    // What Node adds after the first sentence is about arguments that begin with a dash.
    return `${(error as Error).message.split(/\.\s/, 1)[0]!.replace(/\.$/, '')}.`
  }
}

function misused({ errors, program }: Surroundings, sentence: string, words: readonly string[]): number {
  errors.write(`${sentence}\n\n${renderHelp(program, words)}`)
  return MISUSE
}

/** How the command goes that `words` begin with; else those that begin with the same word; else all. */
function renderHelp(program: string, words: readonly string[]): string {
  const all = Object.entries(COMMANDS)
  const named = all.filter(([name]) => `${words.join(' ')} `.startsWith(`${name} `))
  const begun = all.filter(([name]) => words.length > 0 && name.startsWith(`${words[0]} `))
  const shown = named.length > 0 ? named : begun.length > 0 ? begun : all
  const lines = shown.map(([name, { usage, summary }]) => `  ${program} ${`${name} ${usage}`.trim()}\n      ${summary}\n`)
  const more =
    shown.length < all.length
      ? `\nAll commands: ${program} help\n`
      : `\nThe configuration is read from the environment and from a file .env in this folder.\n`
  return `Usage:\n${lines.join('')}${more}`
}

function readVersion(): string {
  return (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version
}
