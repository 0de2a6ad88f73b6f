/** From words to a command: owns exit codes, and how problems are shown. */
import { CommanderError } from 'commander'
import { CommandRefused, Misuse } from './command.ts'
import type { Surroundings } from './command.ts'
import { COMMANDS, FORMER_WORDS, GROUPS } from './commands.ts'
import { buildProgram } from './program.ts'

/** What was typed is not a command. */
const MISUSE = 2

/**
 * Runs what `words` ask for.
 *
 * @param words the arguments, without the program's own
 * @returns the exit code: 0, 1 if it couldn't be done, 2 if the words make no command
 */
export async function run(words: readonly string[], surroundings: Surroundings): Promise<number> {
  const typed = withoutHelp(inPresentWords(words))
  let code = 0
  const program = buildProgram(surroundings, typed, async (spec, positionals, options) => {
    code = (await spec.run({ ...surroundings, positionals, options })) ?? 0
  })
  try {
    if (typed.length === 0) {
      program.outputHelp()
      return MISUSE
    }
    checkGroup(typed)
    await program.parseAsync([...typed], { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommandRefused) {
      surroundings.errors.write(`${error.message}\n`)
      return error.exitCode
    }
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    if (!(error instanceof CommanderError || error instanceof Misuse)) throw error
    surroundings.errors.write(`${sentence(error.message, `${surroundings.program} help ${place(typed)}`.trim())}\n`)
    return MISUSE
  }
}

/** Earlier words for what is called otherwise now, wherever a command begins. */
function inPresentWords(words: readonly string[]): string[] {
  const at = words[0] === 'help' ? 1 : 0
  return words.map((word, index) => (index === at && Object.hasOwn(FORMER_WORDS, word) ? FORMER_WORDS[word]! : word))
}

/** `help user add` is `user add --help`. What isn't a command stays as it is, so that the nearest match is found. */
function withoutHelp([first, ...topic]: readonly string[]): string[] {
  if (first === undefined) return []
  if (first !== 'help') return [first, ...topic]
  const known = place(topic)
  return known === topic.slice(0, 2).join(' ') || known in COMMANDS ? [...known.split(' ').filter((word) => word !== ''), '--help'] : topic
}

/** The command, or else the group of commands, that the words begin with. */
function place(words: readonly string[]): string {
  const names = [words.slice(0, 2).join(' '), words[0]!]
  return (
    names.find((name) => Object.hasOwn(COMMANDS, name)) ?? GROUPS.find(({ word }) => word !== undefined && word === words[0])?.word ?? ''
  )
}

/** @throws {Misuse} if only the word of a group was typed */
function checkGroup([word, ...rest]: readonly string[]): void {
  const group = GROUPS.find((group) => group.word !== undefined && group.word === word)
  if (group === undefined || rest.length > 0) return
  const names = Object.keys(group.commands).map((name) => name.split(' ').at(-1))
  throw new Misuse(`"${word}" needs one of these words after it: ${names.join(', ')}.`)
}

/** What commander says, as a sentence, with the nearest match or else with where to look. */
function sentence(message: string, help: string): string {
  const [, problem = message, matches] = /^error: (.*?)\.?(?:\n\(Did you mean (?:one of )?(.*)\?\))?$/s.exec(message) ?? []
  const said = `${problem[0]!.toUpperCase()}${problem.slice(1)}`.replace(/([^.])$/, '$1.')
  return matches === undefined ? `${said} See: ${help}` : `${said} Did you mean ${matches}?`
}
