/** The commands about MCP servers. */
import type { CommandSpec, OptionSpec } from '../command.ts'
import { JSON_OPTION, RESOURCE, YES } from './options.ts'

/** Where requests go, and which secrets go along, is never said over a network. */
function onMachine(options: readonly OptionSpec[]): readonly OptionSpec[] {
  return options.map((option) => ({ ...option, here: true }))
}

/** src/operations/resources/resource-members.ts parses what they say. */
export const MEMBERS: readonly OptionSpec[] = [
  { flags: '--name <text>', description: 'the name that users read; the host of its address if left out' },
  {
    flags: '--scope <scope=words>',
    description:
      "a scope, and what it allows in words that users read, as in 'tools:read=Read your tools'; 'tools:read#ko=...' has them in another language",
    repeatable: true,
  },
  { flags: '--token-ttl <duration>', description: "how long its access tokens are valid, such as 15m; default is the server's setting" },
  { flags: '--token-format <format>', description: "jwt or opaque; default is the server's setting" },
  { flags: '--alg <algorithm>', description: "ES256 or RS256, which signs its access tokens; default is the server's setting" },
  {
    flags: '--scope-kind <scope=kind>',
    description:
      "what a scope lets apps do: read, write or destroy, as in 'tools:read=read'; what its tools say if left out, or with 'tools:read='",
    repeatable: true,
  },
  { flags: '--required-scope <scope>', description: 'a scope that users cannot take away on the consent page', repeatable: true },
  { flags: '--scope-tool <scope=tool>', description: 'a tool that a scope unlocks', repeatable: true },
  { flags: '--groups-claim <on|off>', description: 'whether its tokens name the groups of their user; off if left out' },
  {
    flags: '--personal-tokens <on|off>',
    description: 'whether it accepts tokens that users make for themselves (PERSONAL_TOKENS); on if left out',
  },
]

/** src/operations/resources/gate-members.ts parses what they say. */
export const GATE_MEMBERS = onMachine([
  {
    flags: '--identity <how>',
    description: 'what the MCP server behind the gate learns of the user: none, headers or assertion; none if left out',
  },
  {
    flags: '--upstream-header <header>',
    description:
      "a header for the MCP server behind the gate, as in 'X-Api-Key: env:API_KEY' or 'Authorization: Bearer file:/run/secrets/key'",
    repeatable: true,
  },
  {
    flags: '--tool <tool=scope>',
    description: "the scope that a tool needs; '*=scope' is for all other tools, which are refused without it",
    repeatable: true,
  },
])
/** How a command behind the gate runs: the same function parses what they say. */
export const PROCESS_MEMBERS = onMachine([
  { flags: '--per <share>', description: 'whose a process of the command is: person or session; person if left out' },
  {
    flags: '--env <variable>',
    description: 'a variable that the command gets: NAME, NAME=env:VARIABLE or NAME=file:PATH; it gets no other of yours',
    repeatable: true,
  },
  { flags: '--user <account>', description: 'the account of this machine that the command runs as; only root can say so' },
  { flags: '--directory <path>', description: 'the folder in which the command runs; an empty one of its own if left out' },
])
const COMMAND: OptionSpec = {
  here: true,
  flags: '--command <line>',
  description: 'the command that is the MCP server instead (stdio), started without a shell; "" if none any more',
}
const UPSTREAM: OptionSpec = {
  here: true,
  flags: '--upstream <url>',
  description: 'where this server forwards its requests (docs/gate.md); "" if nowhere any more',
}

export const RESOURCE_COMMANDS: Readonly<Record<string, CommandSpec>> = {
  'resource add': {
    summary: 'register an MCP server with its scopes',
    details: 'Prints the id and the secret by which it may ask /introspect about its tokens. The secret is shown only once.',
    arguments: [{ name: '<url>', description: 'the address of the MCP server' }],
    options: [...MEMBERS, UPSTREAM, COMMAND, ...GATE_MEMBERS, ...PROCESS_MEMBERS, JSON_OPTION],
    operations: ['resource.add', 'resource.change-gate'],
    run: async (call) => (await import('../resources/resources.ts')).addResource(call),
  },
  'resource list': {
    summary: 'list the MCP servers',
    options: [JSON_OPTION],
    operations: ['resource.list'],
    run: async (call) => (await import('../resources/resources.ts')).listResources(call),
  },
  'resource show': {
    summary: 'show everything about an MCP server',
    arguments: [RESOURCE],
    options: [JSON_OPTION],
    operations: ['resource.find'],
    run: async (call) => (await import('../resources/resources.ts')).showResource(call),
  },
  'resource update': {
    summary: 'change an MCP server',
    details: 'Changes what you name. Scopes are replaced all together; --scope "" removes them. So are upstream headers and tools.',
    arguments: [RESOURCE],
    options: [...MEMBERS, UPSTREAM, COMMAND, ...GATE_MEMBERS, ...PROCESS_MEMBERS],
    operations: ['resource.find', 'resource.update', 'resource.change-gate'],
    run: async (call) => (await import('../resources/resources.ts')).updateResource(call),
  },
  'resource sync': {
    summary: 'show which scope covers which tool of an MCP server behind the gate',
    details:
      'Asks it for its tools, and keeps what it says about them for the consent page. With --write each of them gets a rule of its own, and every other tool is refused from then on.',
    arguments: [RESOURCE],
    options: [
      { flags: '--upstream <url>', description: 'the address of the MCP server, if it is not kept with the resource' },
      { flags: '--write', description: 'keep it as a rule for each tool' },
      JSON_OPTION,
    ],
    here: true,
    operations: ['resource.find', 'resource.keep-tools', 'resource.change-gate'],
    run: async (call) => (await import('../resources/sync-tools.ts')).syncTools(call),
  },
  'resource check': {
    summary: 'find out whether an MCP server behind another proxy refuses headers that lie',
    details:
      'Calls tools that it does not have, under the names of others. If it refuses that, headers of MCP 2026-07-28 may decide which tool a request calls.',
    arguments: [RESOURCE],
    options: [{ flags: '--upstream <url>', description: 'the address of the MCP server behind the proxy' }, JSON_OPTION],
    here: true,
    operations: ['resource.find', 'resource.change-gate'],
    run: async (call) => (await import('../resources/check-headers.ts')).checkHeaders(call),
  },
  'resource rotate-secret': {
    summary: 'give an MCP server a new secret for introspection',
    details: 'The previous secret is refused from then on. The new one is shown only once.',
    arguments: [RESOURCE],
    options: [JSON_OPTION],
    operations: ['resource.find', 'resource.rotate-secret'],
    run: async (call) => (await import('../resources/resources.ts')).rotateResourceSecret(call),
  },
  'resource delete': {
    summary: 'delete an MCP server and its opaque tokens',
    arguments: [RESOURCE],
    options: [YES],
    operations: ['resource.find', 'resource.delete'],
    run: async (call) => (await import('../resources/resources.ts')).deleteResource(call),
  },
}
