/** docs/cli.md, from the table of commands: whatever `help` says is there too. */
import { SHARED_OPTIONS, describe, describeOption } from '../src/cli/program.ts'
import type { CommandSpec } from '../src/cli/command.ts'
import { GROUPS } from '../src/cli/commands.ts'

/** Where more is said about a group of commands, or about a command. */
const MORE: Readonly<Record<string, string>> = {
  doctor: 'More in [doctor.md](doctor.md). In a checkout, `npm run doctor -- URL` does the same.',
  verify: 'In a checkout, `npm run verify -- URL` does the same.',
  backup: 'More in [operations.md](operations.md#backup-and-restore).',
  export: 'More in [databases.md](databases.md#moving-to-postgresql-and-back).',
  resource: 'See [resources.md](resources.md).',
  client: 'See [managing clients](clients/managing-clients.md).',
  'initial-access-token': 'See [who may register](clients/who-may-register.md#initial-access-tokens).',
  keys: 'See [operations.md](operations.md#signing-keys).',
  audit: 'See [operations.md](operations.md#audit).',
  login: 'See [the management API](management-api.md#the-command-line-from-afar).',
}

export function renderCliPage(): string {
  const groups = GROUPS.map(({ title, word = '', commands }) =>
    [`## ${title}`, MORE[word], ...Object.entries(commands).map(renderCommand)].filter((part) => part !== undefined).join('\n\n'),
  )
  return `# Command line

<!-- Written by \`npm run docs\`: change src/cli/commands/ or scripts/cli-docs.ts instead. -->

In a checkout you type \`npm run cli -- COMMAND\`; in a container, \`node dist/cli.js COMMAND\`; with a packed tarball,
\`npx ./TARBALL COMMAND\`. \`help\` lists all commands, \`help COMMAND\` shows one. The command line reads the same settings as
the server, from the environment and from a file \`.env\` in the working directory. You can use it while the server runs,
except for \`restore\` and \`import\`.

An argument in \`<angle brackets>\` is required, one in \`[square brackets]\` may be left out. Commands that delete something
ask first, unless you add \`--yes\`. With \`--json\` a command prints JSON, whose members stay as they are from version to version.

With \`--server ISSUER\`, before or after the words of a command, it manages a server from afar, by its
[management API](management-api.md#the-command-line-from-afar); with \`--device\` besides, the login happens in a browser of another
machine. What is marked as *here only* is for the machine itself, and refused with \`--server\`.

| Option of every command | What it is |
| --- | --- |
${SHARED_OPTIONS.map(({ flags, description }) => `| \`${flags}\` | ${description} |`).join('\n')}

| Exit code | Meaning |
| --- | --- |
| 0 | done |
| 1 | it couldn't be done; a sentence says why |
| 2 | there is no such command, argument or option; for \`doctor\`, nothing could be checked |
| 130 | ended by Ctrl-C |

${groups.join('\n\n')}
`
}

function renderCommand([name, spec]: [string, CommandSpec]): string {
  const words = [name, ...(spec.arguments ?? []).map((argument) => argument.name), ...(spec.options === undefined ? [] : ['[options]'])]
  const rows = [
    ...(spec.arguments ?? []).map(({ name, description }) => [name, description] as const),
    ...(spec.options ?? []).map(
      (option) => [option.flags, `${describeOption(option)}${option.here === true && spec.here !== true ? '; *here only*' : ''}`] as const,
    ),
  ]
  const table = rows.map(([term, description]) => `| \`${term}\` | ${description.replaceAll('|', '\\|')} |`)
  return [
    `### ${name}`,
    `\`${words.join(' ')}\``,
    [describe(spec), spec.here === true ? '*Here only.*' : undefined, MORE[name]].filter((part) => part !== undefined).join(' '),
    ...(rows.length === 0 ? [] : [['| Argument or option | What it is |', '| --- | --- |', ...table].join('\n')]),
  ].join('\n\n')
}
