/** Every command, in the order of the help. What a command needs is loaded when it runs, so that each starts fast. */
import type { Command } from './command.ts'
import { CLIENT_COMMANDS } from './client-commands.ts'
import { RESOURCE_COMMANDS } from './resource-commands.ts'
import { USER_COMMANDS } from './user-commands.ts'

const force = { force: { type: 'boolean' } } as const

export const COMMANDS: Readonly<Record<string, Command>> = {
  serve: {
    usage: '',
    summary: 'starts the server',
    words: [0, 0],
    run: async ({ program }) => (await import('../process/serve.ts')).serve(program),
  },
  verify: {
    usage: '[URL]',
    summary: 'checks a running server, this one or any other, as an MCP client would',
    words: [0, 1],
    run: async (call) => (await import('./verify.ts')).verifyServer(call),
  },
  doctor: {
    usage: 'URL [--login] [--json]',
    summary:
      'examines an MCP server or an authorization server as ChatGPT, Claude, Cursor and others would; --login goes on in your browser',
    options: { login: { type: 'boolean' }, json: { type: 'boolean' } },
    words: [1, 1],
    run: async (call) => (await import('./doctor.ts')).runDoctor(call),
  },
  migrate: {
    usage: '',
    summary: 'brings the database to this version; the start does so, too',
    words: [0, 0],
    run: async (call) => (await import('./migrate.ts')).migrateDatabase(call),
  },
  backup: {
    usage: 'FILE [--force]',
    summary: 'copies the embedded database to FILE, while the server runs',
    options: force,
    words: [1, 1],
    run: async (call) => (await import('./backup.ts')).backUp(call),
  },
  restore: {
    usage: 'FILE',
    summary: 'puts what backup has written in the place of the embedded database, and keeps the earlier one beside',
    words: [1, 1],
    run: async (call) => (await import('./restore.ts')).restore(call),
  },
  export: {
    usage: 'FILE|- [--force]',
    summary: 'writes everything to FILE, or to standard output, while the server runs: to move to another database',
    options: force,
    words: [1, 1],
    run: async (call) => (await import('./export.ts')).exportEverything(call),
  },
  import: {
    usage: 'FILE|-',
    summary: 'reads what export has written, from FILE or standard input, into an empty database',
    words: [1, 1],
    run: async (call) => (await import('./import.ts')).importEverything(call),
  },
  ...USER_COMMANDS,
  ...RESOURCE_COMMANDS,
  ...CLIENT_COMMANDS,
  'keys list': {
    usage: '[--json]',
    summary: 'shows the signing keys, and which of them sign',
    options: { json: { type: 'boolean' } },
    words: [0, 0],
    run: async (call) => (await import('./list-keys.ts')).listKeys(call),
  },
  'keys rotate': {
    usage: '',
    summary: 'makes the next signing keys, which are published first and sign an hour later',
    words: [0, 0],
    run: async (call) => (await import('./change-keys.ts')).rotateKeys(call),
  },
  'keys revoke': {
    usage: 'KID [--yes]',
    summary: 'ends a signing key at once, with all that it signed; asks first, unless --yes',
    options: { yes: { type: 'boolean' } },
    words: [1, 1],
    run: async (call) => (await import('./change-keys.ts')).revokeKey(call),
  },
  'audit list': {
    usage: '[--client ID] [--since 7d] [--limit N] [--json]',
    summary: 'shows who registered, changed or deleted clients and resources, and what was refused, the newest first',
    options: { client: { type: 'string' }, since: { type: 'string' }, limit: { type: 'string' }, json: { type: 'boolean' } },
    words: [0, 0],
    run: async (call) => (await import('./list-events.ts')).listEvents(call),
  },
}
