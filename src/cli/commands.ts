/** Every command, in the order of the help. What a command needs is loaded when it runs, so that each starts fast. */
import type { Command } from './command.ts'

const person = {
  email: { type: 'string' },
  name: { type: 'string' },
  'given-name': { type: 'string' },
  'family-name': { type: 'string' },
} as const
const resource = {
  name: { type: 'string' },
  scope: { type: 'string', multiple: true },
  'token-ttl': { type: 'string' },
  'token-format': { type: 'string' },
  alg: { type: 'string' },
} as const
const RESOURCE_USAGE = "[--name NAME] [--scope 'SCOPE=WORDS' ...] [--token-ttl 15m] [--token-format jwt|opaque] [--alg ES256|RS256]"
const json = { json: { type: 'boolean' } } as const
const password = { 'password-stdin': { type: 'boolean' } } as const

export const COMMANDS: Readonly<Record<string, Command>> = {
  serve: {
    usage: '',
    summary: 'starts the server',
    words: [0, 0],
    run: async ({ program }) => (await import('../serve.ts')).serve(program),
  },
  verify: {
    usage: '[URL]',
    summary: 'checks a running server, this one or any other, as an MCP client would',
    words: [0, 1],
    run: async (call) => (await import('./verify.ts')).verifyServer(call),
  },
  migrate: {
    usage: '',
    summary: 'brings the database to this version; the start does so, too',
    words: [0, 0],
    run: async (call) => (await import('./migrate.ts')).migrateDatabase(call),
  },
  'user add': {
    usage: 'NAME [--email ADDRESS] [--name FULL] [--given-name GIVEN] [--family-name FAMILY] [--password-stdin]',
    summary: 'adds a person who can log in; asks for the password, or reads it from standard input',
    options: { ...person, ...password },
    words: [1, 1],
    run: async (call) => (await import('./add-user.ts')).addUser(call),
  },
  'user list': {
    usage: '[--json]',
    summary: 'shows who can log in',
    options: json,
    words: [0, 0],
    run: async (call) => (await import('./list-users.ts')).listUsers(call),
  },
  'user passwd': {
    usage: 'NAME [--password-stdin]',
    summary: 'sets a new password and ends the sessions of that person',
    options: password,
    words: [1, 1],
    run: async (call) => (await import('./change-user.ts')).changePassword(call),
  },
  'user disable': {
    usage: 'NAME',
    summary: 'ends all access of a person, and keeps the account',
    words: [1, 1],
    run: async (call) => (await import('./change-user.ts')).disableUser(call),
  },
  'user enable': {
    usage: 'NAME',
    summary: 'lets a disabled person log in again',
    words: [1, 1],
    run: async (call) => (await import('./change-user.ts')).enableUser(call),
  },
  'user delete': {
    usage: 'NAME [--yes]',
    summary: 'deletes a person with all that apps were allowed; asks first, unless --yes',
    options: { yes: { type: 'boolean' } },
    words: [1, 1],
    run: async (call) => (await import('./change-user.ts')).deleteUser(call),
  },
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
