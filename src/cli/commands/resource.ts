/** The commands about MCP servers. */
import type { CommandSpec, OptionSpec } from '../command.ts'
import { JSON_OPTION, RESOURCE, YES } from './options.ts'

/** src/operations/resource-members.ts parses what they say. */
const MEMBERS: readonly OptionSpec[] = [
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
]

export const RESOURCE_COMMANDS: Readonly<Record<string, CommandSpec>> = {
  'resource add': {
    summary: 'register an MCP server with its scopes',
    details: 'Prints the id and the secret by which it may ask /introspect about its tokens. The secret is shown only once.',
    arguments: [{ name: '<url>', description: 'the address of the MCP server' }],
    options: [...MEMBERS, JSON_OPTION],
    operations: ['resource.add'],
    run: async (call) => (await import('../resources.ts')).addResource(call),
  },
  'resource list': {
    summary: 'list the MCP servers',
    options: [JSON_OPTION],
    operations: ['resource.list'],
    run: async (call) => (await import('../resources.ts')).listResources(call),
  },
  'resource show': {
    summary: 'show everything about an MCP server',
    arguments: [RESOURCE],
    options: [JSON_OPTION],
    operations: ['resource.find'],
    run: async (call) => (await import('../resources.ts')).showResource(call),
  },
  'resource update': {
    summary: 'change an MCP server',
    details: 'Changes what you name. Scopes are replaced all together; --scope "" removes them.',
    arguments: [RESOURCE],
    options: MEMBERS,
    operations: ['resource.find', 'resource.update'],
    run: async (call) => (await import('../resources.ts')).updateResource(call),
  },
  'resource rotate-secret': {
    summary: 'give an MCP server a new secret for introspection',
    details: 'The previous secret is refused from then on. The new one is shown only once.',
    arguments: [RESOURCE],
    options: [JSON_OPTION],
    operations: ['resource.find', 'resource.rotate-secret'],
    run: async (call) => (await import('../resources.ts')).rotateResourceSecret(call),
  },
  'resource delete': {
    summary: 'delete an MCP server and its opaque tokens',
    arguments: [RESOURCE],
    options: [YES],
    operations: ['resource.find', 'resource.delete'],
    run: async (call) => (await import('../resources.ts')).deleteResource(call),
  },
}
