/** The table of commands as a program of commander, which parses words, renders help and finds the nearest match of what was mistyped. */
import { readFileSync } from 'node:fs'
import { Command, Help, Option } from 'commander'
import type { Argument } from 'commander'
import type { CommandSpec, OptionSpec, Surroundings, Terminal } from './command.ts'
import { Misuse } from './command.ts'
import { GROUPS } from './commands.ts'

/** Width of the help where the stream has none of its own. */
const WIDTH = 100

/** Gets a command whose words fit, with what was given to it. */
export type OnCommand = (
  spec: CommandSpec,
  positionals: readonly string[],
  options: Record<string, string | string[] | true>,
) => Promise<void>

/**
 * @param words what was typed
 * @returns a program that throws a `CommanderError`, or a `Misuse`, instead of ending the process
 */
export function buildProgram({ output, errors, program }: Surroundings, words: readonly string[], onCommand: OnCommand): Command {
  const root: Command = new Command(program)
    .usage('<command> [arguments] [options]')
    .version(readVersion(), '--version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => output.write(text),
      outputError: () => undefined, // run.ts says it in a sentence
      getOutHelpWidth: () => width(output),
      getErrHelpWidth: () => width(errors),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .configureHelp({
      subcommandTerm: (command) => [command.parent!.name(), command.name(), ...command.registeredArguments.map(argumentTerm)].join(' '),
      formatHelp: (command, help): string =>
        command === root ? overview(root, help) : Help.prototype.formatHelp.call(help, command, help),
    })
  for (const { title, word, commands } of GROUPS) {
    const parent = word === undefined ? root : root.command(word).description(`${title}.`).usage('<command>').helpCommand(false)
    for (const [name, spec] of Object.entries(commands)) addCommand(parent, name, spec, words, onCommand)
  }
  return root
}

function addCommand(parent: Command, name: string, spec: CommandSpec, words: readonly string[], onCommand: OnCommand): void {
  const command = parent
    .command(name.split(' ').at(-1)!)
    .summary(spec.summary)
    .description(describe(spec))
    .helpCommand(false)
    .allowExcessArguments()
  for (const { name, description } of spec.arguments ?? []) command.argument(name, description)
  for (const option of spec.options ?? []) command.addOption(makeOption(option, words))
  command.action(async () => {
    const excess = command.args[command.registeredArguments.length]
    if (excess !== undefined) throw new Misuse(`Unexpected argument "${excess}". Quote values that contain spaces.`)
    await onCommand(spec, command.args, command.opts())
  })
}

/** What a command is for, in whole sentences. */
export const describe = ({ summary, details }: CommandSpec): string =>
  [`${summary[0]!.toUpperCase()}${summary.slice(1)}.`, details].filter((part) => part !== undefined).join(' ')

export const describeOption = ({ description, repeatable }: OptionSpec): string =>
  repeatable === true ? `${description} (may be repeated)` : description

function makeOption(spec: OptionSpec, words: readonly string[]): Option {
  const option = new Option(spec.flags, describeOption(spec))
  if (!option.required) return option
  return option.argParser((value: string, before: unknown) => {
    // A forgotten value, so that the next option is in its place. `--name=-x` says that it is meant.
    if (/^-./.test(value) && !words.includes(`${option.long}=${value}`))
      throw new Misuse(`${option.long} needs a value. If "${value}" is the value, write ${option.long}=${value}`)
    return spec.repeatable === true ? [...((before as string[] | undefined) ?? []), value] : value
  })
}

const argumentTerm = (argument: Argument): string => (argument.required ? `<${argument.name()}>` : `[${argument.name()}]`)

/** Every command in a line, since there are few enough to see them all. */
function overview(root: Command, help: Help): string {
  const lines = GROUPS.map(({ title, commands }) => ({
    title,
    items: Object.entries(commands).map(([name, spec]) => [term(name, spec), spec.summary] as const),
  }))
  const options = help.visibleOptions(root).map((option) => [help.optionTerm(option), help.optionDescription(option)] as const)
  const sections = [...lines, { title: 'Options', items: options }]
  const termWidth = Math.max(...sections.flatMap(({ items }) => items.map(([term]) => term.length)))
  const rendered = sections.map(
    ({ title, items }) => `${title}:\n${items.map((item) => `${help.formatItem(item[0], termWidth, item[1], help)}\n`).join('')}`,
  )
  return `Usage: ${help.commandUsage(root)}

${rendered.join('\n')}
Arguments and options of a command: ${root.name()} help <command>
The configuration is read from the environment and from the file .env in this folder.
`
}

const term = (name: string, spec: CommandSpec): string => [name, ...(spec.arguments ?? []).map((argument) => argument.name)].join(' ')
const width = ({ isTTY, columns }: Terminal): number => (isTTY === true && columns !== undefined ? columns : WIDTH)

function readVersion(): string {
  return (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version
}
