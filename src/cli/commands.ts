/** Every command, in the order of the help. What a command needs is loaded when it runs, so that each starts fast. */
import type { Command } from './command.ts'

const person = {
  email: { type: 'string' },
  name: { type: 'string' },
  'given-name': { type: 'string' },
  'family-name': { type: 'string' },
} as const
const force = { force: { type: 'boolean' } } as const
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
  doctor: {
    usage: 'URL [--login] [--json]',
    summary: 'examines an MCP server or an authorization server as ChatGPT, Claude, Cursor and others would; --login goes on in your browser',
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
    options: { json: { type: 'boolean' } },
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
  'client list': {
    usage: '[--search TEXT] [--limit N] [--after ID] [--json]',
    summary: 'shows the clients, the newest first; those with a text in their id or in what they registered',
    options: { search: { type: 'string' }, limit: { type: 'string' }, after: { type: 'string' }, json: { type: 'boolean' } },
    words: [0, 0],
    run: async (call) => (await import('./look-at-clients.ts')).listClients(call),
  },
  'client show': {
    usage: 'ID [--json]',
    summary: 'shows all about a client',
    options: { json: { type: 'boolean' } },
    words: [1, 1],
    run: async (call) => (await import('./look-at-clients.ts')).showClient(call),
  },
  'client add': {
    usage: '--redirect-uri URI [--redirect-uri URI ...] [--name NAME] [--confidential] [--scope SCOPE] [--json]',
    summary: 'makes a client that is never swept; a confidential one has a secret, which is shown once',
    options: {
      'redirect-uri': { type: 'string', multiple: true },
      name: { type: 'string' },
      confidential: { type: 'boolean' },
      scope: { type: 'string' },
      json: { type: 'boolean' },
    },
    words: [0, 0],
    run: async (call) => (await import('./add-client.ts')).addClient(call),
  },
  'client disable': {
    usage: 'ID',
    summary: 'ends all that a client was allowed, and lets nobody use its id',
    words: [1, 1],
    run: async (call) => (await import('./change-client.ts')).disableClient(call),
  },
  'client enable': {
    usage: 'ID',
    summary: 'lets a disabled client be used again',
    words: [1, 1],
    run: async (call) => (await import('./change-client.ts')).enableClient(call),
  },
  'client delete': {
    usage: 'ID [--yes]',
    summary: 'deletes a client with all that people allowed it; asks first, unless --yes',
    options: { yes: { type: 'boolean' } },
    words: [1, 1],
    run: async (call) => (await import('./change-client.ts')).deleteClient(call),
  },
  'client rotate-secret': {
    usage: 'ID [--overlap DURATION]',
    summary: 'gives a client a new secret, shown once; the one before counts for a while',
    options: { overlap: { type: 'string' } },
    words: [1, 1],
    run: async (call) => (await import('./change-client.ts')).rotateSecret(call),
  },
  'registration-token create': {
    usage:
      'NAME [--expires 30d] [--uses N] [--redirect-hosts HOSTS] [--redirect-kinds KINDS] [--scopes SCOPES] [--auth-methods METHODS] [--grant-types TYPES]',
    summary: 'makes an initial access token for those who may register clients, and bounds what they register',
    options: {
      expires: { type: 'string' },
      uses: { type: 'string' },
      'redirect-hosts': { type: 'string' },
      'redirect-kinds': { type: 'string' },
      scopes: { type: 'string' },
      'auth-methods': { type: 'string' },
      'grant-types': { type: 'string' },
    },
    words: [1, 1],
    run: async (call) => (await import('./create-registration-token.ts')).createRegistrationToken(call),
  },
  'registration-token list': {
    usage: '[--json]',
    summary: 'shows the initial access tokens by name, without the tokens',
    options: { json: { type: 'boolean' } },
    words: [0, 0],
    run: async (call) => (await import('./registration-tokens.ts')).listRegistrationTokens(call),
  },
  'registration-token delete': {
    usage: 'NAME',
    summary: 'ends an initial access token; the clients that it registered stay',
    words: [1, 1],
    run: async (call) => (await import('./registration-tokens.ts')).deleteRegistrationToken(call),
  },
  'audit list': {
    usage: '[--client ID] [--since 7d] [--limit N] [--json]',
    summary: 'shows who registered, changed or deleted clients, and what was refused, the newest first',
    options: { client: { type: 'string' }, since: { type: 'string' }, limit: { type: 'string' }, json: { type: 'boolean' } },
    words: [0, 0],
    run: async (call) => (await import('./list-events.ts')).listEvents(call),
  },
}
