/** The table of commands as a program of commander, which parses words, renders help and finds the nearest match of what was mistyped. */
import { Command, Help, Option } from 'commander'
import type { CommandSpec, OptionSpec, Surroundings, Terminal } from './command.ts'
import { GROUPS } from './commands.ts'

/** Width of the help where the stream has none of its own. */
const WIDTH = 100

/** Gets a command whose words fit, with what was given to it. */
export type OnCommand = (
  name: string,
  spec: CommandSpec,
  positionals: readonly string[],
  options: Record<string, string | string[] | true>,
  shared: SharedOptions,
) => Promise<void>

/** What every command takes. */
export interface SharedOptions {
  readonly server?: string
  readonly device?: true
}

export const SHARED_OPTIONS: readonly OptionSpec[] = [
  { flags: '--server <issuer>', description: 'manage the server with this address, from afar' },
  { flags: '--device', description: 'log in there with a browser of another machine' },
]

/**
 * @param words what was typed
 * @param place the part of it that is a command, or a group of them
 * @returns a program that throws a `CommanderError` instead of ending the process
 */
export function buildProgram(
  { output, errors, program }: Surroundings,
  words: readonly string[],
  place: string,
  onCommand: OnCommand,
): Command {
  const help = `${program} help ${place}`.trim()
  const root: Command = new Command(program)
    .usage('<command> [arguments] [options]')
    .option('--version', 'show the version') // run.ts does
    .addOption(new Option(SHARED_OPTIONS[0]!.flags, SHARED_OPTIONS[0]!.description))
    .addOption(new Option(SHARED_OPTIONS[1]!.flags, SHARED_OPTIONS[1]!.description))
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => output.write(text),
      writeErr: (text) => errors.write(text),
      outputError: (message, write) => write(`${sentence(message, help)}\n`),
      getOutHelpWidth: () => width(output),
      getOutHasColors: () => false,
    })
    .configureHelp({
      subcommandTerm: (command) => `${command.parent!.name()} ${command.name()} ${command.usage().replace('[options]', '').trim()}`.trim(),
      formatHelp: (command, help): string =>
        command === root ? overview(root, help) : Help.prototype.formatHelp.call(help, command, help),
    })
  for (const { title, word, commands } of GROUPS) {
    const parent = word === undefined ? root : root.command(word).description(`${title}.`).usage('<command>').helpCommand(false)
    for (const [name, spec] of Object.entries(commands))
      addCommand(parent, name, spec, words, (...given) => onCommand(name, spec, ...given, root.opts()))
    if (words.length === 1 && words[0] === word)
      parent.action(() => parent.error(`"${word}" needs one of these words after it: ${names(parent)}`))
  }
  return root
}

function addCommand(
  parent: Command,
  name: string,
  spec: CommandSpec,
  words: readonly string[],
  onCommand: (positionals: readonly string[], options: Record<string, string | string[] | true>) => Promise<void>,
): void {
  const command = parent
    .command(name.split(' ').at(-1)!)
    .summary(spec.summary)
    .description(describe(spec))
    .helpCommand(false)
    .allowExcessArguments()
  for (const { name, description } of spec.arguments ?? []) command.argument(name, description)
  for (const option of spec.options ?? []) command.addOption(makeOption(command, option, words))
  command.action(async () => {
    const excess = command.args[command.registeredArguments.length]
    if (excess !== undefined && command.registeredArguments.at(-1)?.variadic !== true)
      command.error(`Unexpected argument "${excess}". Quote values that contain spaces.`)
    await onCommand(command.args, command.opts())
  })
}

/** What a command is for, in whole sentences. */
export const describe = ({ summary, details }: CommandSpec): string =>
  [`${summary[0]!.toUpperCase()}${summary.slice(1)}.`, details].filter((part) => part !== undefined).join(' ')

export const describeOption = ({ description, repeatable }: OptionSpec): string =>
  repeatable === true ? `${description} (may be repeated)` : description

function makeOption(command: Command, spec: OptionSpec, words: readonly string[]): Option {
  const option = new Option(spec.flags, describeOption(spec))
  if (!option.required) return option
  return option.argParser((value: string, before: unknown) => {
    // A forgotten value, so that the next option is in its place. `--name=-x` says that it is meant.
    if (/^-./.test(value) && !words.includes(`${option.long}=${value}`))
      command.error(`${option.long} needs a value. If "${value}" is the value, write ${option.long}=${value}`)
    return spec.repeatable === true ? [...((before as string[] | undefined) ?? []), value] : value
  })
}

const names = ({ commands }: Command): string => commands.map((command) => command.name()).join(', ')

/** What is wrong with the words, with the nearest match or else with where to look. */
function sentence(message: string, help: string): string {
  const [problem, suggestion] = message
    .trim()
    .replace(/^error: /, '')
    .split('\n') as [string, string?]
  const matches = suggestion?.replace(/^\(Did you mean (?:one of )?|\?\)$/g, '')
  const said = `${problem.charAt(0).toUpperCase()}${problem.slice(1)}`.replace(/[^.]$/, '$&.')
  return matches === undefined ? `${said} See: ${help}` : `${said} Did you mean ${matches}?`
}

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
