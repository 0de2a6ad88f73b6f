/** From words to a command that runs: owns former words, `help`, and the exit codes. */
import { CommanderError } from 'commander'
import { printableLines } from '../domain/protocol/printable.ts'
import { CommandRefused } from './command.ts'
import type { Surroundings } from './command.ts'
import { COMMANDS, FORMER_WORDS, GROUPS } from './commands.ts'
import { buildProgram } from './program.ts'
import { remoteServer } from './remote-server.ts'

/** What was typed is not a command. */
const MISUSE = 2

export interface Performed {
  /** The exit code, as `run` returns it. */
  readonly code: number
  /** Whether a sentence said why it couldn't be done. */
  readonly refused?: true
}

export async function perform(typed: readonly string[], surroundings: Surroundings): Promise<Performed> {
  const { own, after } = cutCommand(withoutHelp(inPresentWords(withSharedLast(typed))))
  const words = withIdsLast(own)
  let code = 0
  const program = buildProgram(surroundings, words, place(words), async (name, spec, positionals, options, shared) => {
    const server = remoteServer(name, spec, options, shared)
    code = (await spec.run({ ...surroundings, positionals, options, after, ...(server !== undefined && { server }) })) ?? 0
  })
  try {
    if (words.length > 0) await program.parseAsync([...words], { from: 'user' })
    else program.outputHelp()
    return { code: words.length > 0 ? code : MISUSE }
  } catch (error) {
    // commander has said what it stumbled over, or shown the help that was asked for.
    if (error instanceof CommanderError) return { code: error.exitCode === 0 ? 0 : MISUSE }
    if (!(error instanceof CommandRefused)) throw error
    surroundings.errors.write(`${printableLines(error.message)}\n`)
    return { code: error.exitCode, refused: true }
  }
}

/** `--server` and `--device` may come before the command, too. */
function withSharedLast(words: readonly string[]): readonly string[] {
  const ends = words.findIndex((word, at) => !/^--(server|device)(=|$)/.test(word) && words[at - 1] !== '--server')
  if (ends < 1) return words
  const rest = words.slice(ends)
  const cut = rest.includes('--') ? rest.indexOf('--') : rest.length
  return [...rest.slice(0, cut), ...words.slice(0, ends), ...rest.slice(cut)]
}

/** What follows `--` belongs to another program, where the command takes one. */
function cutCommand(words: readonly string[]): { readonly own: readonly string[]; readonly after?: readonly string[] } {
  const at = words.indexOf('--')
  if (at === -1 || COMMANDS[place(words)]?.takesCommand !== true) return { own: words }
  return { own: words.slice(0, at), after: words.slice(at + 1) }
}

/**
 * Ids are random, and one in 64 begins like an option. Behind `--` they are taken for what they are. A value that belongs to an option
 * needs an equals sign in any case (program.ts).
 */
function withIdsLast(words: readonly string[]): readonly string[] {
  const isId = (word: string): boolean => /^-(?:[\w-]{21}|[\w-]{42})$/.test(word)
  return words.includes('--') || !words.some(isId) ? words : [...words.filter((word) => !isId(word)), '--', ...words.filter(isId)]
}

/** A former word where a command begins becomes the present one. */
function inPresentWords(words: readonly string[]): string[] {
  const at = words[0] === 'help' ? 1 : 0
  return words.map((word, index) => (index === at && Object.hasOwn(FORMER_WORDS, word) ? FORMER_WORDS[word]! : word))
}

/** `help user add` is `user add --help`. What isn't a command stays as it is, so that the nearest match is found. */
function withoutHelp(words: readonly string[]): readonly string[] {
  if (words[0] !== 'help') return words
  const topic = words.slice(1)
  const known = place(topic)
  return known === topic.slice(0, 2).join(' ') || Object.hasOwn(COMMANDS, known) ? [...topic.slice(0, 2), '--help'] : topic
}

/** The command that the words begin with, or else the word of its group, or else nothing. */
function place([first = '', second = '']: readonly string[]): string {
  const command = [`${first} ${second}`, first].find((name) => Object.hasOwn(COMMANDS, name))
  return command ?? (GROUPS.some(({ word }) => word === first) ? first : '')
}
