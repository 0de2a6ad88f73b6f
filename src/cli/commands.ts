/** Every command, in the order of the help. What a command needs is loaded when it runs, so that each starts fast. */
import type { Command } from './command.ts'

const texts = (...names: string[]) => Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]))
const person = texts(
  ...['email', 'name', 'given-name', 'family-name', 'middle-name', 'nickname', 'profile', 'picture', 'website', 'gender', 'birthdate'],
  ...['zoneinfo', 'locale', 'phone', 'address', 'street', 'locality', 'region', 'postal-code', 'country'],
)
const PERSON_USAGE = `[--email ADDRESS] [--name FULL] [--given-name GIVEN] [--family-name FAMILY] [--middle-name MIDDLE] [--nickname NICKNAME]
      [--profile URL] [--picture URL] [--website URL] [--gender WORD] [--birthdate YYYY-MM-DD] [--zoneinfo Asia/Seoul]
      [--locale ko-KR] [--phone +8221234567] [--address WHOLE] [--street LINES] [--locality CITY] [--region REGION]
      [--postal-code CODE] [--country COUNTRY]`
const resource = {
  name: { type: 'string' },
  scope: { type: 'string', multiple: true },
  'token-ttl': { type: 'string' },
  'token-format': { type: 'string' },
  alg: { type: 'string' },
} as const
const RESOURCE_USAGE = "[--name NAME] [--scope 'SCOPE=WORDS' ...] [--token-ttl 15m] [--token-format jwt|opaque] [--alg ES256|RS256]"
const json = { json: { type: 'boolean' } } as const
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
    usage: `NAME [--password-stdin] ${PERSON_USAGE}`,
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
  'user update': {
    usage: `NAME ${PERSON_USAGE}`,
    summary: 'changes what is named, and ends the sessions of that person; an empty value takes away what is there',
    options: person,
    words: [1, 1],
    run: async (call) => (await import('./change-user.ts')).updateUser(call),
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
    usage: '[--redirect-uri URI ...] [--grant-type TYPE ...] [--name NAME] [--confidential] [--scope SCOPE] [--json]',
    summary: 'makes a client that is never swept; a confidential one has a secret, which is shown once',
    options: {
      'redirect-uri': { type: 'string', multiple: true },
      'grant-type': { type: 'string', multiple: true },
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
