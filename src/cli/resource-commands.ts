/** The commands about MCP servers. */
import type { Command } from './command.ts'

const resource = {
  name: { type: 'string' },
  scope: { type: 'string', multiple: true },
  'token-ttl': { type: 'string' },
  'token-format': { type: 'string' },
  alg: { type: 'string' },
} as const
const RESOURCE_USAGE = "[--name NAME] [--scope 'SCOPE=WORDS' ...] [--token-ttl 15m] [--token-format jwt|opaque] [--alg ES256|RS256]"
const json = { json: { type: 'boolean' } } as const

export const RESOURCE_COMMANDS: Readonly<Record<string, Command>> = {
  'resource add': {
    usage: `URI ${RESOURCE_USAGE} [--json]`,
    summary: 'registers an MCP server, with its scopes in the words that people read; prints its secret for introspection',
    options: { ...resource, ...json },
    words: [1, 1],
    run: async (call) => (await import('./add-resource.ts')).addResource(call),
  },
  'resource list': {
    usage: '[--json]',
    summary: 'shows which MCP servers are registered',
    options: json,
    words: [0, 0],
    run: async (call) => (await import('./change-resource.ts')).listResources(call),
  },
  'resource show': {
    usage: 'URI [--json]',
    summary: 'shows all of one',
    options: json,
    words: [1, 1],
    run: async (call) => (await import('./change-resource.ts')).showResource(call),
  },
  'resource update': {
    usage: `URI ${RESOURCE_USAGE}`,
    summary: 'changes what is named; scopes are replaced together, and default lets the setting hold again',
    options: resource,
    words: [1, 1],
    run: async (call) => (await import('./change-resource.ts')).updateResource(call),
  },
  'resource rotate-secret': {
    usage: 'URI [--json]',
    summary: 'prints a new secret for introspection; the earlier one is refused from then on',
    options: json,
    words: [1, 1],
    run: async (call) => (await import('./change-resource.ts')).rotateResourceSecret(call),
  },
  'resource delete': {
    usage: 'URI [--yes]',
    summary: 'deletes an MCP server and its opaque tokens; asks first, unless --yes',
    options: { yes: { type: 'boolean' } },
    words: [1, 1],
    run: async (call) => (await import('./change-resource.ts')).deleteResource(call),
  },
}
